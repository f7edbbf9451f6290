# SPDX-License-Identifier: Apache-2.0
"""Taking the four phases of a 2x2 grid out of a map, all or some, and putting them back where they were.

A step is a tuple with an entry for each of equally many channels, and each entry names the phases that these channels
give in that step: ``((0, 1),)`` takes the phases 0 and 1 of all channels, ``((0,), (1,))`` phase 0 of the first half of
them and phase 1 of the second. The trap: zeros stand where nothing is known, and a zero may also be a true value.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))  # (row, column) in the 2x2 cell, in coding order
ANCHORS, OTHERS = ((0, 1),), ((2, 3),)  # the two colours of a checkerboard

Step = tuple[tuple[int, ...], ...]


def take(x: Tensor, step: Step) -> Tensor:
    """(B, C, H, W) -> (B, C * phases, H/2, W/2)."""
    groups = zip(x.chunk(len(step), 1), step, strict=True)
    cells = [group[:, :, PHASES[p][0] :: 2, PHASES[p][1] :: 2] for group, phases in groups for p in phases]
    return torch.cat(cells, 1)


def put(part: Tensor, step: Step) -> Tensor:
    """The way back: (B, C, H, W), zero in the other phases."""
    taken = sum(len(phases) for phases in step)
    b, c, h, w = part.shape
    size = c // taken
    cells = iter(part.split(size, 1))
    x = part.new_zeros(b, size * len(step), 2 * h, 2 * w)
    for group, phases in enumerate(step):
        for p in phases:
            x[:, group * size : (group + 1) * size, PHASES[p][0] :: 2, PHASES[p][1] :: 2] = next(cells)
    return x


def split_phases(x: Tensor) -> list[Tensor]:
    """(B, C, H, W) -> four (B, C, H/2, W/2), in coding order."""
    return [x[:, :, i::2, j::2] for i, j in PHASES]


def merge_phases(phases: list[Tensor]) -> Tensor:
    """The inverse of `split_phases`."""
    order = sorted(range(4), key=lambda k: PHASES[k])
    stacked = torch.stack([phases[k] for k in order], 2)  # (B, C, 4, H/2, W/2)
    return F.pixel_shuffle(stacked.flatten(1, 2), 2)
