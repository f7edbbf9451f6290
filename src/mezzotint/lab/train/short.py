# SPDX-License-Identifier: Apache-2.0
"""A short run on one device, for comparisons: AdamW with warm-up, hold and decay, and nothing to resume.

Which crops and qualities come at a step depends on the step alone, so that all that are compared see the same in the
same order; a seed changes the noise (and the initial weights, which the caller draws). Nothing is tuned for anyone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import nn
from tqdm import tqdm

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.train import optim
from mezzotint.lab.train.recipe import Schedule
from mezzotint.lab.train.update import update

RATE = 2e-3  # for 200 steps or so; the boards name theirs
SKIPPED_MOST = 0.1  # share of the steps that may be left out as not finite


@dataclass(frozen=True)
class Short:
    """What a run was."""

    skipped: int  # steps
    seconds: float


def schedule(crops: Crops, steps: int, lr: float = RATE) -> Schedule:
    """Warm-up for a tenth of the steps, 50 at most."""
    return Schedule(
        steps=steps, batch=crops.batch, crop=crops.size, warmup=max(1, min(50, steps // 10)), lr=lr
    )


def short_run(model: nn.Module, crops: Crops, steps: int, seed: int, lr: float = RATE) -> Short:
    """Train ``model``, of (x, quality) -> Output, for as many batches, and leave it in evaluation.

    Weights are laid out channels last meanwhile and plainly again at the end: a copy that loads them must compute what
    they do, to the last digit. ValueError when more than a tenth of the steps had to be skipped as not finite.
    """
    plan, device = schedule(crops, steps, lr), crops.photos[0].device
    model.train()
    for p in model.parameters():
        if p.ndim == 4:  # some mixers have five axes, which `Module.to` would refuse to lay out so
            p.data = p.data.contiguous(memory_format=torch.channels_last)
    optimisers = optim.build(model, plan.lr, None)
    begun, skipped = time.monotonic(), 0
    for step in tqdm(range(steps), desc=f"training, seed {seed}", unit="step", leave=False):
        quality = torch.randint(0, 4096, (plan.batch,), generator=torch.Generator().manual_seed(step))
        torch.manual_seed(seed * 1_000_003 + step)  # of the noise
        skipped += not update(model, optimisers, crops.at(step), quality.to(device), plan, step).taken
        if skipped > SKIPPED_MOST * steps:
            raise ValueError(f"training did not stay finite: {skipped} of {step + 1} steps had to be skipped")
    for p in model.parameters():
        p.data = p.data.contiguous()
    model.eval()
    return Short(skipped, time.monotonic() - begun)
