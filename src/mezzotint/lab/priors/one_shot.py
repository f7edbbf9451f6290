# SPDX-License-Identifier: Apache-2.0
"""The codec's own way: scale indices in one shot from z by an integer map, so that no float chooses a table.

    z_hat --- ScaleMapTwin (integers) --- table index of every y          y symbol = round(y - mean)
      |
      +------ h_s (floats) -------------- mean of every y

docs/format.md, sections 8 and 9, and the design's exactness rule: means may differ from machine to machine, which moves
a pixel a little; a table that differed would lose the stream. So the index may depend on z alone, never on a decoded y.
In evaluation it is computed by the codec half's integers. The traps: z is held to -127..127 without an escape, since
the map's proof needs the bound; and the table of index 0 knows one symbol only, so there every symbol must be 0.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mezzotint.entropy import Table, TableSet
from mezzotint.intnet import ScaleMap
from mezzotint.lab.priors import PRIORS, coding, logistic
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.factorized import REACH, Factorized
from mezzotint.lab.priors.scale_map import ScaleMapTwin
from mezzotint.lab.priors.side import Analysis, Synthesis, check_width
from mezzotint.lab.priors.tables import y_tables, z_tables
from mezzotint.lab.registry import Source

SOURCE = Source(
    "one-shot",
    "prior",
    "Integer Networks for Data Compression with Latent-Variable Models",
    2019,
    "one integer layer for the scales alone, as in the format; means from z, without the codec's four steps",
)

START = 4.0  # scale at the start, in symbols


@PRIORS.register("one_shot", SOURCE)
class OneShot(EntropyModel):
    """``one_shot(width=64)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)), in two chunks: z and y.

    ``width``, the channels of z and of the side path, is C where it is left out.
    """

    def __init__(self, channels: int, width: int | None = None) -> None:
        super().__init__(channels)
        width = check_width(width, channels)
        self.analysis = Analysis(channels, width)
        self.synthesis = Synthesis(width, 2 * channels)
        self.mean = nn.Conv2d(2 * channels, channels, 1)
        start = logistic.index_of(torch.tensor(START)).item()
        self.scale_map = ScaleMapTwin(width, channels, torch.full((2, channels), start))
        self.factorized = Factorized(width, 1)

    def walk(self, code: coding.Code) -> Tensor:
        batch, height, width = code.size
        shape = (batch, self.scale_map.weight.shape[1], height // coding.CELL, width // coding.CELL)
        z_hat = code(self.analysis, Bounded(self.factorized, torch.Size(shape)))
        mean = self.mean(self.synthesis(0.25 * z_hat))
        return code(coding.whole, Logistic(mean, self.index(z_hat)))

    def index(self, z_hat: Tensor) -> Tensor:
        """(B, width, h/4, w/4) -> (B, C, h, w): the twin's in training, the codec's integers in evaluation."""
        if self.training:
            return self.scale_map(z_hat, z_hat.new_zeros(len(z_hat)))
        weight, bias, offset = (part.detach().cpu().numpy() for part in self.scale_map.integers())
        exact = ScaleMap(weight.astype(np.int8), bias.astype(np.int32), offset.astype(np.int32))
        whole = z_hat.detach().cpu().numpy().astype(np.int32)
        found = np.stack([exact(part, 0) for part in whole])
        return torch.from_numpy(found).to(z_hat.device, torch.float32)


@dataclass(frozen=True, eq=False)
class Bounded(coding.Uncentred):
    """A density (see coding.py) of whole numbers in -127..127, one table a channel."""

    prior: Factorized
    shape: torch.Size

    def rounded(self, residual: Tensor) -> Tensor:
        return residual.round().clamp(-REACH, REACH)

    def bits(self, residual: Tensor) -> Tensor:
        bank = torch.zeros(len(residual), dtype=torch.long, device=residual.device)
        return self.prior.bits(residual, bank)

    def runs(self) -> Iterator[coding.Run]:
        _, channels, height, width = self.shape
        tables = TableSet(tuple(Table(-REACH, row) for row in z_tables(self.prior)[0]))
        yield coding.Run(tables, np.repeat(np.arange(channels, dtype=np.uint16), height * width))


@dataclass(frozen=True, eq=False)
class Logistic(coding.Centred):
    """A density (see coding.py): the codec's tables, round a mean that only moves the value."""

    mean: Tensor
    index: Tensor

    def rounded(self, residual: Tensor) -> Tensor:
        return torch.where(self.index < 0.5, 0.0, residual.round())

    def bits(self, residual: Tensor) -> Tensor:
        return logistic.bits(residual, self.index)

    def runs(self) -> Iterator[coding.Run]:
        yield coding.Run(_tables(), self.index.flatten().cpu().numpy().astype(np.uint16))


@functools.cache
def _tables() -> TableSet:
    made = y_tables()
    return TableSet.from_arrays(made.frequencies, made.lengths, made.minima, escape=True)
