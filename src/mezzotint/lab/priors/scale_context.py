# SPDX-License-Identifier: Apache-2.0
"""Torch twin of `mezzotint.intnet.ScaleContext`: what symbols of earlier groups add to the scale indices of later ones.

Where the low frequencies of y turned out larger than z_hat could tell, so will the high ones. Symbols are the same
integers on both sides, so this is as exact as the map from z_hat. Units follow docs/format.md, "Scale context"; weights
are rounded in every forward pass as in `priors.scale_map`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.intnet.context import OCTAVES
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import straight_through

WEIGHT_UNIT = 32  # weights count in 1/32 of an index step for a doubling of 1 + |symbol|
OCTAVE = 32  # of OCTAVES in a doubling
PACE = 8.0  # as in priors.scale_map


class ScaleContextTwin(nn.Module):
    """Whole symbols (B, M, h, w) -> what is added to their indices, in steps, (B, M, h, w); 0 in the first group.

    A row of the weight sees the symbols themselves, then their [1 2 1] x [1 2 1] neighbourhood, of earlier groups only.
    """

    def __init__(self, groups: list[int]) -> None:
        super().__init__()
        self.first, self.low = groups[0], sum(groups[:-1])
        self.weight = nn.Parameter(torch.zeros(sum(groups[1:]), 2 * self.low))
        number = torch.repeat_interleave(torch.arange(len(groups)), torch.tensor(groups))
        mask = (number[None, : self.low] < number[self.first :, None]).float()
        self.register_buffer("mask", torch.cat([mask, mask], 1), persistent=False)
        self.register_buffer("octaves", torch.tensor(OCTAVES, dtype=torch.float32), persistent=False)

    def integers(self) -> Tensor:
        """weight (M - first group, 2 (M - last group)) in [-127, 127]: the integers of the bundle, as floats."""
        return (PACE * self.weight * self.mask * WEIGHT_UNIT).round().clamp(-127, 127)

    @in_float32
    def forward(self, symbols: Tensor) -> Tensor:
        weight = straight_through(PACE * self.weight * self.mask, self.integers() / WEIGHT_UNIT)
        size = symbols[:, : self.low].abs().clamp(max=len(OCTAVES) - 1).long()
        octaves = self.octaves[size] / OCTAVE  # (B, low, h, w)
        known = torch.cat([octaves, _window(octaves)], 1)
        return F.pad(F.conv2d(known, weight[:, :, None, None]), (0, 0, 0, 0, self.first, 0))


def _window(x: Tensor) -> Tensor:
    """The weighted mean of each 3x3 neighbourhood; the border repeats."""
    p = F.pad(x, (1, 1, 1, 1), mode="replicate")
    rows = (p[:, :, :-2] + 2 * p[:, :, 1:-1] + p[:, :, 2:]) / 4
    return (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 4
