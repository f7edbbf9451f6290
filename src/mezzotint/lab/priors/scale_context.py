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

OCTAVE = 32  # of OCTAVES in a doubling of 1 + |symbol|
INNER_UNIT = 64  # inner weights count in 1/64 of a feature for a doubling
OUTER_UNIT = 64  # outer ones in 1/64 of an index step for a feature
PACE = 8.0  # as in priors.scale_map, for the outer ones


class ScaleContextTwin(nn.Module):
    """Whole symbols (B, M, h, w) -> what is added to their indices, in steps, (B, M, h, w); 0 in the first group.

    Each later group has ``rank`` features: sums over the symbols of earlier groups themselves, and over their
    [1 2 1] x [1 2 1] neighbourhoods.
    """

    def __init__(self, groups: list[int], rank: int) -> None:
        super().__init__()
        self.groups = groups
        low = sum(groups[:-1])
        self.inner = nn.Parameter(torch.randn(len(groups) - 1, rank, 2, low) * low**-0.5)
        self.outer = nn.Parameter(torch.zeros(sum(groups[1:]), rank))
        earlier = torch.arange(low) < torch.tensor(groups[:-1]).cumsum(0)[:, None]  # (G - 1, low)
        self.register_buffer("read", earlier[:, None, None].float(), persistent=False)
        self.register_buffer("octaves", torch.tensor(OCTAVES, dtype=torch.float32), persistent=False)

    def integers(self) -> tuple[Tensor, Tensor]:
        """inner (G - 1, rank, 2, M - last group), outer (M - first group, rank) in [-127, 127], as floats."""
        inner = (self.inner * self.read * INNER_UNIT).round().clamp(-127, 127)
        return inner, (PACE * self.outer * OUTER_UNIT).round().clamp(-127, 127)

    @in_float32
    def forward(self, symbols: Tensor) -> Tensor:
        whole = self.integers()
        inner = straight_through(self.inner, whole[0] / INNER_UNIT)
        outer = straight_through(PACE * self.outer, whole[1] / OUTER_UNIT)
        size = symbols[:, : inner.shape[3]].abs().clamp(max=len(OCTAVES) - 1).long()
        octaves = self.octaves[size] / OCTAVE
        added, low = [torch.zeros_like(symbols[:, : self.groups[0]])], self.groups[0]
        for weights, rows in zip(inner, outer.split(self.groups[1:]), strict=True):
            known = octaves[:, :low]
            near = _window(F.conv2d(known, weights[:, 1, :low, None, None]))
            features = F.conv2d(known, weights[:, 0, :low, None, None]) + near  # (B, rank, h, w)
            added.append(F.conv2d(features, rows[:, :, None, None]))
            low += len(rows)
        return torch.cat(added, 1)


def _window(x: Tensor) -> Tensor:
    """The weighted mean of each 3x3 neighbourhood; the border repeats."""
    p = F.pad(x, (1, 1, 1, 1), mode="replicate")
    rows = (p[:, :, :-2] + 2 * p[:, :, 1:-1] + p[:, :, 2:]) / 4
    return (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 4
