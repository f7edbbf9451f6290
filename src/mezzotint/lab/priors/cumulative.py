# SPDX-License-Identifier: Apache-2.0
"""A density a channel, of any shape: a small monotone network is its cumulative function.

"Variational Image Compression with a Scale Hyperprior" (Balle et al., ICLR 2018), section 6.1. Weights pass through
softplus and gates through tanh, so that the network rises everywhere. The trap: far to the right both ends of an
interval are so near to one that their difference is lost; there the two are mirrored.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.entropy import Table, TableSet
from mezzotint.lab.priors.coding import Run, Uncentred
from mezzotint.lab.priors.tables import quantise

WIDTHS = (1, 3, 3, 3, 1)
START = 10.0  # scale at the start, in symbols
SEARCH = 2000  # tables may reach from -SEARCH to SEARCH
ESCAPE = 2.0**-18  # mass left to escapes on either side
FLOOR = 2.0**-24


class Cumulative(nn.Module):
    """Values (B, C, h, w) -> bits, elementwise."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.weights, self.biases, self.gates = nn.ParameterList(), nn.ParameterList(), nn.ParameterList()
        step = START ** (1 / (len(WIDTHS) - 1))
        for inputs, outputs in itertools.pairwise(WIDTHS):
            start = math.log(math.expm1(1 / step / outputs))
            self.weights.append(nn.Parameter(torch.full((channels, outputs, inputs), start)))
            self.biases.append(nn.Parameter(torch.rand(channels, outputs, 1) - 0.5))
            if outputs > 1:
                self.gates.append(nn.Parameter(torch.zeros(channels, outputs, 1)))

    def logit(self, x: Tensor) -> Tensor:
        """(C, 1, N) -> the logit of the cumulative function there."""
        for weight, bias, gate in zip(self.weights[:-1], self.biases[:-1], self.gates, strict=True):
            x = F.softplus(weight) @ x + bias
            x = x + torch.tanh(gate) * torch.tanh(x)
        return F.softplus(self.weights[-1]) @ x + self.biases[-1]

    def mass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(C, 1, N) -> the mass on [x - 1/2, x + 1/2], and the logit of the end nearer to the middle, mirrored."""
        low, high = self.logit(x - 0.5), self.logit(x + 0.5)
        mirror = -torch.sign(low + high).detach()
        low, high = mirror * low, mirror * high
        return (torch.sigmoid(high) - torch.sigmoid(low)).abs(), torch.maximum(low, high)

    def bits(self, value: Tensor) -> Tensor:
        """(B, C, h, w) -> the same shape."""
        found, near = self.mass(value.transpose(0, 1).reshape(self.channels, 1, -1))
        far = F.softplus(-near) / math.log(2)  # the whole tail's mass: its gradient never vanishes
        bits = torch.where(found > FLOOR, -torch.log2(found.clamp_min(FLOOR)), far)
        return bits.view(self.channels, value.shape[0], *value.shape[2:]).transpose(0, 1)

    @torch.no_grad()
    def tables(self) -> TableSet:
        """One a channel, with an escape."""
        values = torch.arange(-SEARCH, SEARCH + 1, dtype=torch.float32, device=self.biases[0].device)
        masses = self.mass(values.expand(self.channels, 1, -1))[0][:, 0].double().cpu().numpy()
        return TableSet(tuple(_table(row) for row in masses))

    def density(self, size: tuple[int, int, int]) -> PerChannel:
        """Of values shaped (batch, C, height, width)."""
        batch, height, width = size
        return PerChannel(self, torch.Size((batch, self.channels, height, width)))


def _table(masses: np.ndarray) -> Table:
    below, above = np.cumsum(masses), np.cumsum(masses[::-1])
    first = min(int(np.searchsorted(below, ESCAPE)), SEARCH)
    last = max(2 * SEARCH - int(np.searchsorted(above, ESCAPE)), SEARCH)
    inside = masses[first : last + 1]
    return Table(first - SEARCH, quantise(np.append(inside, max(1 - inside.sum(), 2.0**-20))), escape=True)


@dataclass(frozen=True, eq=False)
class PerChannel(Uncentred):
    """A density (see coding.py): whole numbers, one table a channel."""

    prior: Cumulative
    shape: torch.Size

    def bits(self, residual: Tensor) -> Tensor:
        return self.prior.bits(residual)

    def runs(self) -> Iterator[Run]:
        _, channels, height, width = self.shape
        yield Run(self.prior.tables(), np.repeat(np.arange(channels, dtype=np.uint16), height * width))
