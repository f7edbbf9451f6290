# SPDX-License-Identifier: Apache-2.0
"""A clip as a network: the index of a frame in, the frame out; the weights are the clip.

    t --- sines --- MLP --- (C, H/32, W/32) --- five blocks, each doubling the sides --- 3x3 --- + 1/2 --- frame
             \\                                        |
              `--- MLP --- what blocks know of t -------'

"NeRV: Neural Representations for Videos" (Chen et al., NeurIPS 2021), with any `UPSAMPLERS` for its blocks. Frames are
made in sides of multiples of 32 and cut. The trap: all sizes follow from the clip's shape and the width, so both sides
build the same network without a word in the stream.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import mezzotint.lab.layers.conditional_up
import mezzotint.lab.layers.separable_up  # noqa: F401  (registers its block)
from mezzotint.lab.layers.upsample import UPSAMPLERS

WIDTHS = (2.0, 2.0, 1.5, 1.0, 1.0, 0.75)  # of the maps, coarse to fine, in widths
DOUBLINGS = len(WIDTHS) - 1
CELL = 2**DOUBLINGS  # pixels of the first map's cells
WAVES = 6  # sines, and as many cosines, that describe an index
HIDDEN, CONDITION = 12, 6  # of the stem, and numbers that blocks know of a frame


@dataclass(frozen=True)
class NervConfig:
    """``width`` channels halfway, twice as many at first; ``block`` is a spec; ``frames`` of rows x columns pixels."""

    block: str
    width: int
    frames: int
    rows: int
    columns: int


class Nerv(nn.Module):
    """Indices (B,) int64 -> (B, 3, rows, columns) about 0..1, not clipped."""

    waves: Tensor

    def __init__(self, config: NervConfig) -> None:
        super().__init__()
        self.config = config
        channels = [round(config.width * share) for share in WIDTHS]
        self.cells = (-(-config.rows // CELL), -(-config.columns // CELL))
        self.register_buffer("waves", math.pi * 1.4 ** torch.arange(WAVES), persistent=False)
        self.stem = nn.Linear(2 * WAVES, HIDDEN)
        self.spread = nn.Linear(HIDDEN, channels[0] * self.cells[0] * self.cells[1])
        self.describe = nn.Linear(2 * WAVES, CONDITION)
        self.blocks = nn.ModuleList(
            UPSAMPLERS.build(config.block, inputs, outputs, CONDITION)
            for inputs, outputs in itertools.pairwise(channels)
        )
        self.head = nn.Conv2d(channels[-1], 3, 3, padding=1)

    def forward(self, index: Tensor) -> Tensor:
        phase = (2 * index.float() + 1)[:, None] / (2 * self.config.frames) * self.waves
        described = torch.cat([phase.sin(), phase.cos()], 1)  # (B, 2 WAVES)
        condition = torch.tanh(self.describe(described))
        x = self.spread(F.gelu(self.stem(described))).unflatten(1, (-1, *self.cells))
        for block in self.blocks:
            x = block(x, condition)
        return self.head(x)[:, :, : self.config.rows, : self.config.columns] + 0.5
