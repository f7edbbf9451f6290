# SPDX-License-Identifier: Apache-2.0
"""The state of a run, all that training changes, and how it is saved: proved to work first, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from mezzotint.lab.models.codec import Codec
from mezzotint.lab.train import checkpoint, optim
from mezzotint.lab.train.health import Diverged, all_finite, works
from mezzotint.lab.train.recipe import Recipe

FULL, SMALL = "last.safetensors", "weights.safetensors"


@dataclass
class Run:
    """A model, the average of its weights and its optimisers after ``step`` steps; they live in the folder ``out``."""

    recipe: Recipe
    out: Path
    model: Codec
    average: AveragedModel
    optimisers: list[torch.optim.Optimizer]
    step: int
    saved: int  # steps that the checkpoint holds; 0 without one

    @property
    def averaged(self) -> Codec:
        """The model with averaged weights, which is what is kept in the end."""
        model = self.average.module
        assert isinstance(model, Codec)
        return model


def begin(recipe: Recipe, out: Path, model: Codec, step: int, device: str) -> Run:
    """A run of this model, with the average and the optimisers of the checkpoint in ``out`` if there is one."""
    s = recipe.schedule
    model = _placed(model, device)
    average = AveragedModel(model, multi_avg_fn=_ema(s.ema), use_buffers=False)
    optimisers = optim.build(model, s.lr, s.muon_lr)
    if (out / FULL).exists():
        tensors, _ = checkpoint.load(out / FULL, recipe.config)
        average.module.load_state_dict(checkpoint.take_prefix("ema", tensors))
        average.n_averaged.fill_(step)
        checkpoint.restore_optimisers(optimisers, checkpoint.take_prefix("optimiser", tensors))
    return Run(recipe, out, model, average, optimisers, step, step)


def save(run: Run, proof: Tensor) -> None:
    """Both checkpoints; `Diverged` leaves the last ones where ``proof`` (1, 3, H, W) shows these to be of no use.

    The small one is fp16, whose range is small: weights beyond it are no good either.
    """
    weights, ema = run.model.state_dict(), run.averaged.state_dict()
    full = checkpoint.with_prefix("model", weights) | checkpoint.with_prefix("ema", ema)
    full |= checkpoint.with_prefix("optimiser", checkpoint.optimiser_tensors(run.optimisers))
    small = {k: v.half() for k, v in checkpoint.with_prefix("ema", ema).items()}
    if not (all_finite(full) and all_finite(small) and works(run.model, proof)):
        raise Diverged(f"after step {run.step} the weights no longer give finite values")
    facts = {"step": run.step, "recipe": run.recipe.name}
    checkpoint.save(run.out / FULL, full, run.recipe.config, **facts)
    checkpoint.save(run.out / SMALL, small, run.recipe.config, **facts)
    run.saved = run.step


def remedy(run: Run) -> str:
    """What to do about a run that diverged."""
    slower = f"lower the recipe's learning rate ({run.recipe.schedule.lr:g})"
    if run.saved:
        return (
            f"{slower} and go on from step {run.saved}, the last good checkpoint, which is kept in {run.out}"
        )
    return f"{slower} and start again; no checkpoint was made"


def _placed(model: Codec, device: str) -> Codec:
    """The model on a device, with channels last wherever a tensor has four axes."""
    model = model.to(device)
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.ndim == 4:  # some mixers have five, which `Module.to` would refuse to lay out so
            tensor.data = tensor.data.to(memory_format=torch.channels_last)
    return model


def _ema(decay: float):  # type: ignore[no-untyped-def]
    def update(averaged: list[Tensor], current: list[Tensor], count: Tensor) -> None:
        n = float(count)
        torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + n) / (10 + n)))

    return update
