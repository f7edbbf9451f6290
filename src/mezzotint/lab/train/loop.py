# SPDX-License-Identifier: Apache-2.0
"""The training loop: one process, CPU or GPU, in slices that resume where the last one stopped."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from mezzotint.lab.data import photos
from mezzotint.lab.data.basis import strongest_rows
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.precision import bf16_pays
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.train import checkpoint, optim
from mezzotint.lab.train.grow import grow
from mezzotint.lab.train.loss import rate_distortion
from mezzotint.lab.train.recipe import Recipe, Schedule

FULL, SMALL, LOG = "last.safetensors", "weights.safetensors", "log.csv"
VALIDATION_QUALITIES = (500, 1500, 2500, 3500)
COLUMNS = ("step", "seconds", "loss", "y_bpp", "z_bpp", "mse", "val_loss")


@dataclass(frozen=True)
class Slice:
    """How far one call goes: until ``minutes`` are over or the schedule ends."""

    minutes: float = math.inf
    save_every: float = 120.0  # seconds
    validate_every: int = 500  # steps


def train(
    recipe: Recipe, folder: Path, out: Path, device: str, part: Slice, start_from: Path | None = None
) -> Path:
    """Train or resume ``recipe`` in ``out``; returns the fp16 weights. ValueError says what a person can mend."""
    s = recipe.schedule
    pictures = [(name, p.to(device)) for name, p in photos.load(folder)]
    train_set, held_out = photos.split(pictures, min(s.held_out, len(pictures) // 4))
    crops = Crops(train_set, s.crop, s.batch, s.seed)
    model, step = _model(recipe, train_set, out, start_from)
    model = model.to(device, memory_format=torch.channels_last)
    average = AveragedModel(model, multi_avg_fn=_ema(s.ema), use_buffers=False)
    optimisers = optim.build(model, s.lr, s.muon_lr)
    if (out / FULL).exists():
        tensors, _ = checkpoint.load(out / FULL, recipe.config)
        average.module.load_state_dict(checkpoint.take_prefix("ema", tensors))
        average.n_averaged.fill_(step)
        checkpoint.restore_optimisers(optimisers, checkpoint.take_prefix("optimiser", tensors))
    _rewind_log(out, step)
    begun, saved = time.monotonic(), time.monotonic()
    recent: list[tuple[float, float, float, float]] = []
    bar = tqdm(range(step, s.steps), initial=step, total=s.steps, desc=recipe.name, unit="step")
    for step in bar:
        row = _step(model, optimisers, crops, s, step)
        if row is not None:
            average.update_parameters(model)
            recent.append(row)
        if (step + 1) % 50 == 0 and recent:
            mean = [sum(c) / len(c) for c in zip(*recent, strict=True)]
            bar.set_postfix_str(f"loss {mean[0]:.3f} bpp {mean[1] + mean[2]:.3f} mse {mean[3]:.1f}")
            due = (step + 1) % part.validate_every == 0 or step + 1 == s.steps
            val = f"{validate(average.module, held_out, s.crop):.5f}" if due else ""
            _log(out, step + 1, time.monotonic() - begun, mean, val)
            recent = []
        over = time.monotonic() - begun > 60 * part.minutes
        if over or step + 1 == s.steps or time.monotonic() - saved > part.save_every:
            _save(recipe, out, model, average, optimisers, step + 1)
            saved = time.monotonic()
        if over:
            break
    return out / SMALL


def _step(
    model: Codec, optimisers: list[torch.optim.Optimizer], crops: Crops, s: Schedule, step: int
) -> tuple[float, ...] | None:
    """One update; None when the loss or its gradient was not finite and the step was skipped."""
    x = crops.at(step)
    torch.manual_seed(s.seed * 1_000_003 + step)  # quality and noise of a step depend on the step alone
    quality = torch.randint(0, 4096, (s.batch,)).to(x.device)
    with torch.autocast(x.device.type, torch.bfloat16, enabled=bf16_pays(x.device.type)):
        output = model(x, quality)
    loss = rate_distortion(x, output, quality)
    for optimiser in optimisers:
        optimiser.zero_grad()
    loss.total.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), s.clip)
    if not torch.isfinite(norm):
        return None
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["initial_lr"] * s.rate(step)
        optimiser.step()
    return tuple(v.mean().item() for v in loss)


@torch.no_grad()
def validate(model: Codec, pictures: list[Tensor], crop: int) -> float:
    """Mean loss over the middle crops of held-out photos at fixed qualities, symbols rounded as they are coded."""
    model.eval()
    total, count = 0.0, 0
    usable = [p for p in pictures if min(p.shape[1:]) >= crop]
    for batch in _batches(usable, crop):
        for q in VALIDATION_QUALITIES:
            quality = torch.full((len(batch),), q, device=batch.device)
            loss = rate_distortion(batch, model(batch, quality), quality)
            total, count = total + loss.total.item() * len(batch), count + len(batch)
    return total / max(1, count)


def _batches(pictures: list[Tensor], crop: int) -> Iterator[Tensor]:
    middles = []
    for p in pictures:
        top, left = (p.shape[1] - crop) // 2, (p.shape[2] - crop) // 2
        middles.append(p[:, top : top + crop, left : left + crop].float() / 255 - 0.5)
    for i in range(0, len(middles), 8):
        yield torch.stack(middles[i : i + 8]).contiguous(memory_format=torch.channels_last)


def _ema(decay: float):  # type: ignore[no-untyped-def]
    def update(averaged: list[Tensor], current: list[Tensor], count: Tensor) -> None:
        n = float(count)
        torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + n) / (10 + n)))

    return update


def _model(recipe: Recipe, train_set: list[Tensor], out: Path, start_from: Path | None) -> tuple[Codec, int]:
    if (out / FULL).exists():
        tensors, facts = checkpoint.load(out / FULL, recipe.config)
        return checkpoint.model_from(recipe.config, checkpoint.take_prefix("model", tensors)), int(
            facts["step"]
        )
    torch.manual_seed(recipe.schedule.seed)
    small = None
    if start_from is not None:
        tensors, _, config = checkpoint.load_any(start_from)
        small = checkpoint.take_prefix("ema", tensors)
        if config == recipe.config:
            return checkpoint.model_from(recipe.config, small), 0
    rows, spread = strongest_rows(train_set, recipe.config.channels, size=recipe.schedule.crop)
    model = Codec(recipe.config, rows, spread)
    if small is not None:
        grow(small, config, model)
    return model, 0


def _save(
    recipe: Recipe,
    out: Path,
    model: Codec,
    average: AveragedModel,
    optimisers: list[torch.optim.Optimizer],
    step: int,
) -> None:
    weights, ema = model.state_dict(), average.module.state_dict()
    full = checkpoint.with_prefix("model", weights) | checkpoint.with_prefix("ema", ema)
    full |= checkpoint.with_prefix("optimiser", checkpoint.optimiser_tensors(optimisers))
    checkpoint.save(out / FULL, full, recipe.config, step=step, recipe=recipe.name)
    small = {k: v.half() for k, v in checkpoint.with_prefix("ema", ema).items()}
    checkpoint.save(out / SMALL, small, recipe.config, step=step, recipe=recipe.name)


def _log(out: Path, step: int, seconds: float, mean: list[float], val: str) -> None:
    path = out / LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(COLUMNS)
        writer.writerow([step, f"{seconds:.0f}", *(f"{v:.5f}" for v in mean), val])


def _rewind_log(out: Path, step: int) -> None:
    """Drop rows past the checkpoint: they come again."""
    path = out / LOG
    if path.exists():
        rows = list(csv.reader(path.open(newline="")))
        kept = rows[:1] + [r for r in rows[1:] if int(r[0]) <= step]
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(kept)


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """The same recipe on a schedule of another length."""
    return replace(recipe, schedule=replace(recipe.schedule, steps=steps))
