# SPDX-License-Identifier: Apache-2.0
"""Four steps on a 2x2 grid: in each, every place is coded for a quarter of the channels, another quarter each time.

    step    1    2    3    4        the phase (0 at the top left, 1 across from it, 2 to its right, 3 below)
    first quarter of channels     0    1    2    3
    second                        1    0    3    2
    third                         2    3    0    1
    fourth                        3    2    1    0

"Neural Video Compression with Diverse Contexts" (DCVC-DC, CVPR 2023), its quadtree partition. After the first step each
place is known for one quarter of the channels, so that the rest sees neighbours in space and across channels at once.
The trap: with the same phase for all channels in a step, the first would leave three places in four without context.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.phases import put, take
from mezzotint.lab.priors import PRIORS, coding
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.normal import NormalHead
from mezzotint.lab.priors.side import Side
from mezzotint.lab.registry import Source

SOURCE = Source(
    "DCVC-DC",
    "prior",
    "Neural Video Compression with Diverse Contexts",
    2023,
    "no context from other frames; one 3x3 layer a step in place of depthwise blocks",
)

STEPS = tuple(tuple((k ^ group,) for group in range(4)) for k in range(4))  # the phase of each quarter


@PRIORS.register("four_step", SOURCE)
class FourStep(EntropyModel):
    """``four_step(width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)), in five chunks: z and four.

    C is a multiple of 4. ``width``, the channels of z and of the side path, is C where it is left out.
    """

    def __init__(self, channels: int, width: int | None = None) -> None:
        super().__init__(channels)
        if channels % 4:
            raise ValueError(f"{channels} channels cannot be shared by four phases: choose a multiple of 4")
        self.side = Side(channels, width)
        self.first = NormalHead(2 * channels, channels)
        self.later = nn.ModuleList(_step(channels) for _ in STEPS[1:])

    def walk(self, code: coding.Code) -> Tensor:
        features = self.side(code)  # (B, 2C, h, w)
        known: Tensor | None = None
        for step, head in zip(STEPS, [self.first, *self.later], strict=True):
            seen = features if known is None else torch.cat([features, known], 1)
            pick = partial(take, step=step)
            part = put(code(pick, head(seen).at(pick)), step)  # (B, C, h, w), zeros elsewhere
            known = part if known is None else known + part
        return known


def _step(channels: int) -> nn.Sequential:
    """Features and what is known (B, 3C, h, w) -> the Normal of all elements."""
    near = nn.Conv2d(3 * channels, 2 * channels, 3, padding=1)
    return nn.Sequential(near, nn.LeakyReLU(), NormalHead(2 * channels, channels))
