# SPDX-License-Identifier: Apache-2.0
"""The short run for codecs of a few levels of rate: which comes at a step is chance, and all count alike.

As short.py otherwise: which crops and which level come at a step depends on the step alone. The trap: codebooks and
counted tables follow in the forward pass, so that a step that is skipped still moves them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from tqdm import tqdm

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.codec import Output
from mezzotint.lab.train import optim
from mezzotint.lab.train.short import RATE, SKIPPED_MOST, schedule
from mezzotint.lab.train.update import update

WEIGHT = 2048.0  # the quality at whose slope the distortion counts, where bits do not


class _AtLevel(nn.Module):
    """A model of (x, level) as one of (x, quality), which is what a step of training calls."""

    def __init__(self, model: nn.Module, level: int) -> None:
        super().__init__()
        self.model, self.level = model, level

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        output: Output = self.model(x, self.level)
        return output


def even_run(
    model: nn.Module,
    crops: Crops,
    steps: int,
    seed: int,
    levels: Sequence[int] = (0,),
    first: int = 0,
    slopes: Sequence[float] = (),
) -> None:
    """Train ``model``, of (x, level) -> Output, on batches ``first`` and on, and leave it in evaluation.

    ``slopes``, if given, are the qualities (models/codec.py) at whose slopes the levels' distortions count, where bits
    count too.

    ValueError when more than a tenth of the steps had to be skipped as not finite.
    """
    plan, skipped = schedule(crops, steps), 0
    model.train()
    optimisers = optim.build(model, RATE, None)
    for step in tqdm(range(steps), desc=f"training, seed {seed}", unit="step", leave=False):
        level = random.Random(f"level {first + step}").choice(levels)
        torch.manual_seed(seed * 1_000_003 + first + step)
        x = crops.at(first + step)
        quality = x.new_full((len(x),), slopes[level] if slopes else WEIGHT)
        skipped += not update(_AtLevel(model, level), optimisers, x, quality, plan, step).taken
        if skipped > SKIPPED_MOST * steps:
            raise ValueError(f"training did not stay finite: {skipped} of {step + 1} steps had to be skipped")
    model.eval()
