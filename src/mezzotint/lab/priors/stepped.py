# SPDX-License-Identifier: Apache-2.0
"""A factorized density in the latents' own units, whatever the step: one prior for a whole dial of qualities.

Every channel has a mixture of logistics round its mean; a symbol's mass is the mixture's on a bin as wide as the
step. "End-to-end Optimized Image Compression" (ICLR 2017), section 3, has one density for one step; a prior of the
dial that saw symbols only would have to be a mean over all steps. The traps: steps are given, to both sides alike,
and never learned here; and far out a mixture of logistics falls like its widest part, so what lies beyond a table
escapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mezzotint.entropy import Table, TableSet
from mezzotint.lab.priors import coding
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.tables import quantise

COMPONENTS = (0.05, 0.25, 1.0)  # their first scales, in the unit of the channel
FLOOR = 2.0**-20  # mass of a symbol, in training; beyond it bits grow with the distance
REACH = 12.0  # of a table, in the widest scale
REACH_MAX = 2000  # symbols to each side


class Stepped(EntropyModel):
    """y (B, C, h, w) in steps, and the steps (B, C, 1, 1) in the units of ``spread`` -> as every prior, in one chunk.

    ``spread`` (C,): the standard deviation that channels have about at the start.
    """

    def __init__(self, spread: Tensor) -> None:
        super().__init__(len(spread))
        scales = torch.tensor(COMPONENTS)[:, None, None, None].expand(-1, len(spread), 1, 1)
        self.log_scale = nn.Parameter(scales.log())  # (K, C, 1, 1), in the unit of the channel
        self.logit = nn.Parameter(torch.zeros(len(COMPONENTS), len(spread), 1, 1))
        self.mean = nn.Parameter(torch.zeros(len(spread), 1, 1))  # in the unit of the channel
        self.register_buffer("unit", spread.view(-1, 1, 1).clone())

    @torch.no_grad()
    def rescale(self, spread: Tensor) -> None:
        """Another standard deviation (C,) to start from."""
        self.unit.copy_(spread.view(-1, 1, 1))

    def walk(self, code: coding.Code, *given: Tensor) -> Tensor:
        if len(given) != 1 or given[0].shape != (code.size[0], self.channels, 1, 1):
            raise ValueError(f"give the steps ({code.size[0]}, {self.channels}, 1, 1) beside the latents")
        bins = Bins(
            self.logit.softmax(0)[:, None],
            self.log_scale.exp()[:, None] * self.unit / given[0],
            self.mean * self.unit / given[0],
            torch.Size((code.size[0], self.channels, *code.size[1:])),
        )
        return code(coding.whole, bins)


@dataclass(frozen=True, eq=False)
class Bins(coding.Uncentred):
    """A density (see coding.py); weight (K, 1, C, 1, 1), scale (K, B, C, 1, 1), mean (B, C, 1, 1), in symbols."""

    weight: Tensor
    scale: Tensor
    mean: Tensor
    shape: torch.Size

    def mass(self, value: Tensor) -> Tensor:
        """On [value - 1/2, value + 1/2], elementwise; the left flank, where the difference keeps its digits."""
        v = (value - self.mean).abs()
        inside = torch.sigmoid((0.5 - v) / self.scale) - torch.sigmoid((-0.5 - v) / self.scale)
        return (self.weight * inside).sum(0)

    def bits(self, residual: Tensor) -> Tensor:
        found = self.mass(residual)
        far = -np.log2(FLOOR) + torch.log2(1 + (residual - self.mean).abs() / self.scale.amax(0))
        return torch.where(found > FLOOR, -torch.log2(found.clamp_min(FLOOR)), far)

    def runs(self) -> Iterator[coding.Run]:
        """One table a channel, from its mean to as far as its widest part reaches."""
        _, channels, height, width = self.shape
        middle = self.mean[0, :, 0, 0].round().clamp(-(2.0**20), 2.0**20).long()
        reach = (REACH * self.scale.amax((0, 1))[:, 0, 0]).ceil().clamp(1, REACH_MAX).long()
        tables = tuple(
            self._table(k, m, r) for k, (m, r) in enumerate(zip(middle.tolist(), reach.tolist(), strict=True))
        )
        yield coding.Run(TableSet(tables), np.repeat(np.arange(channels, dtype=np.uint16), height * width))

    def _table(self, channel: int, middle: int, reach: int) -> Table:
        own = Bins(
            self.weight[:, :, channel, 0].double(),
            self.scale[:, :1, channel, 0].double(),
            self.mean[:1, channel, 0].double(),
            self.shape,
        )
        values = torch.arange(middle - reach, middle + reach + 1, dtype=torch.float64)
        inside = own.mass(values[None])[0].numpy()
        return Table(
            middle - reach, quantise(np.append(inside, max(1 - inside.sum(), 2.0**-20))), escape=True
        )
