# SPDX-License-Identifier: Apache-2.0
"""The training loop: CPU or GPU, one process or several, in slices that resume where the last one stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from mezzotint.lab.data import photos
from mezzotint.lab.data.basis import strongest_rows
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.graphics import made
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.train import checkpoint, interrupt, log, shape
from mezzotint.lab.train.grow import grow
from mezzotint.lab.train.health import Diverged, Health
from mezzotint.lab.train.recipe import Recipe
from mezzotint.lab.train.run import FULL, SMALL, Run, begin, remedy, save
from mezzotint.lab.train.team import ALONE, Team
from mezzotint.lab.train.update import Step, update
from mezzotint.lab.train.validation import validate

LOG = log.NAME
LOG_EVERY = 50  # steps

Sizes = dict[tuple[int, int], Crops]  # by side and number, as `Schedule.sizes` gives them


@dataclass(frozen=True)
class Slice:
    """How far one call goes: until ``minutes`` are over or the schedule ends."""

    minutes: float = math.inf
    save_every: float = 120.0  # seconds
    validate_every: int = 500  # steps


@dataclass(frozen=True)
class Outcome:
    """Where a slice stopped: the fp16 weights and the log it left, and after how many of all steps."""

    weights: Path
    log: Path
    step: int
    steps: int
    interrupted: bool


def train(
    recipe: Recipe,
    folder: Path,
    out: Path,
    device: str,
    part: Slice,
    start_from: Path | None = None,
    team: Team = ALONE,
) -> Outcome:
    """Train or resume ``recipe`` in ``out``. ValueError says what a person can mend; the last checkpoint stays.

    Ctrl-C ends the slice after the step at work, with a checkpoint. Every process of a team calls this with the same
    arguments but its own device.
    """
    s = recipe.schedule
    for step in (0, s.steps):
        team.share(s.sizes(step)[1])
    shape.check(recipe.name, recipe.config)
    if (out / FULL).exists():
        checkpoint.check(out / FULL, recipe)  # refused before the photos are read
    elif start_from is not None:
        checkpoint.look(start_from)
    out.mkdir(parents=True, exist_ok=True)
    pictures = [(name, p.to(device)) for name, p in photos.load(folder, progress=team.leads)]
    train_set, held_out = photos.split(pictures, min(s.held_out, len(pictures) // 4))
    Crops(
        train_set, *s.sizes(s.steps)
    )  # refused where all photos are too small, whatever is made beside them
    graphics = [p.to(device) for p in made(s.made, s.sizes(s.steps)[0])]
    crops = {
        size: Crops(train_set + graphics, *size, s.seed, grey=s.grey)
        for size in {s.sizes(0), s.sizes(s.steps)}
    }
    model, step = _model(recipe, train_set, out, start_from)
    run = begin(recipe, out, model, step, device)
    team.agree(run.step, device)
    with interrupt.deferred(loud=team.leads) as pressed:
        try:
            interrupted = _go(run, crops, held_out, part, team, pressed)
        except Diverged as error:
            raise Diverged(f"{error}: {remedy(run)}") from error
    return Outcome(out / SMALL, out / LOG, run.step, s.steps, interrupted and run.step < s.steps)


def _go(
    run: Run, crops: Sizes, held_out: list[Tensor], part: Slice, team: Team, pressed: Callable[[], bool]
) -> bool:
    """Steps until the slice or the schedule ends, the last of them saved; True when Ctrl-C ended it."""
    s, health = run.recipe.schedule, Health()
    rows = log.Log(run.out, run.step) if team.leads else None
    begun = saved = time.monotonic()
    steps = range(run.step, s.steps)
    with tqdm(steps, run.recipe.name, s.steps, initial=run.step, unit="step", disable=not team.leads) as bar:
        for step in bar:
            over = time.monotonic() - begun >= 60 * part.minutes
            took = _step(run, crops, step, team, over or pressed())
            health.saw(took.taken)
            if rows is not None:
                _report(run, rows, took, bar, time.monotonic() - begun, held_out, part)
                late = time.monotonic() - saved > part.save_every
                if took.stop or late or run.step == s.steps:
                    save(run, crops[s.sizes(0)].at(0, slice(1)))
                    saved = time.monotonic()
            if took.stop:
                return pressed() or not over
    return False


def _step(run: Run, crops: Sizes, step: int, team: Team, stop: bool) -> Step:
    """Draw our share of a batch, and update weights and their average from all of it."""
    s = run.recipe.schedule
    drawn = crops[s.sizes(step)]
    share = team.share(drawn.batch)
    x = drawn.at(step, share)
    seed = s.seed * 1_000_003 + step  # quality and noise of a step depend on the step alone
    torch.manual_seed(seed)
    quality = torch.randint(0, 4096, (drawn.batch,))[share].to(x.device)
    if team.size > 1:
        torch.manual_seed(team.noise_seed(seed))
    took = update(run.model, run.optimisers, x, quality, s, step, team, stop)
    if took.taken:
        run.average.update_parameters(run.model)
    run.step = step + 1
    return took


def _report(
    run: Run, rows: log.Log, took: Step, bar: tqdm, seconds: float, held_out: list[Tensor], part: Slice
) -> None:
    """Every LOG_EVERY steps a row, and sometimes with it the validation loss of the averaged weights."""
    if took.taken:
        rows.saw(took)
    if run.step % LOG_EVERY or not rows.means():
        return
    s, (loss, y_bpp, z_bpp, mse) = run.recipe.schedule, rows.means()
    bar.set_postfix_str(f"loss {loss:.3f} bpp {y_bpp + z_bpp:.3f} mse {mse:.1f}")
    due = run.step % part.validate_every == 0 or run.step == s.steps
    rows.write(run.step, seconds, validate(run.averaged, held_out, s.crop) if due else None)


def _model(recipe: Recipe, train_set: list[Tensor], out: Path, start_from: Path | None) -> tuple[Codec, int]:
    if (out / FULL).exists():
        tensors, facts = checkpoint.load(out / FULL, recipe.config)
        model = checkpoint.model_from(recipe.config, checkpoint.take_prefix("model", tensors))
        return model, int(facts["step"])
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


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """The same recipe on a schedule of another length."""
    return replace(recipe, schedule=replace(recipe.schedule, steps=steps))
