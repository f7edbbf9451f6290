# SPDX-License-Identifier: Apache-2.0
"""Whole numbers from 0 to L - 1 under a bell cut to that range: the density of digits that a quantizer bounds.

Rounding keeps to the grid, unlike that of a centred density: a digit is what it is, whatever mean is predicted for it.
Its tables are few, for means an eighth apart and the scales of normal.py, and have no escape, as nothing lies outside.
The trap: training takes any mean and scale, coding only a table's, so evaluation counts bits at the rounded ones.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mezzotint.entropy import Table, TableSet
from mezzotint.lab.priors import normal
from mezzotint.lab.priors.coding import Run, Uncentred
from mezzotint.lab.priors.token_tables import frequencies, table_set

EIGHTHS = 8  # means of a table in a step of the grid
MOST_LEVELS = 16  # 64 tables for each mean: so many kinds of digits at most fit uint16 numbers


def mass(value: Tensor, mean: Tensor, scale: Tensor, levels: Tensor) -> Tensor:
    """On [value - 1/2, value + 1/2], of a Gaussian cut to [-1/2, levels - 1/2]; the mean lies inside."""
    wide = math.sqrt(2) * scale
    whole = 0.5 * (
        torch.special.erfc((-0.5 - mean) / wide) - torch.special.erfc((levels - 0.5 - mean) / wide)
    )
    return normal.mass(value - mean, scale) / whole


@functools.cache
def tables(levels: tuple[int, ...]) -> TableSet:
    """Of each number of levels in turn: table number mean * 64 + scale, of means 0, 1/8 ... L - 1, indices 0..63."""
    return TableSet(tuple(table for n in levels for table in _tables(n)))


def first_of(levels: tuple[int, ...]) -> tuple[int, ...]:
    """The number of the first table of each in `tables`."""
    counts = [normal.INDEX_COUNT * _means(n) for n in levels]
    return tuple(sum(counts[:i]) for i in range(len(counts)))


def _means(levels: int) -> int:
    return EIGHTHS * (levels - 1) + 1


def _tables(levels: int) -> tuple[Table, ...]:
    mean = torch.arange(_means(levels), dtype=torch.float64)[:, None, None] / EIGHTHS
    index = torch.arange(normal.INDEX_COUNT, dtype=torch.float64)[None, :, None]
    value = torch.arange(levels, dtype=torch.float64)
    found = mass(value, mean, normal.scale_of(index), torch.tensor(float(levels)))
    return table_set(frequencies(found.flatten(0, 1).numpy())).tables


@dataclass(frozen=True, eq=False)
class Grid(Uncentred):
    """A density (see coding.py) of digits with a mean in [0, L - 1] and an index each, (B, C, h, w); L a channel."""

    mean: Tensor
    index: Tensor  # 0..63
    levels: tuple[int, ...]  # (C,)

    @property
    def shape(self) -> torch.Size:
        return self.mean.shape

    def bits(self, residual: Tensor) -> Tensor:
        levels = residual.new_tensor(self.levels)[:, None, None]
        found = mass(residual, self.mean, normal.scale_of(self.index), levels)
        far = normal.tail((residual - self.mean).abs() / normal.scale_of(self.index))
        return torch.where(found > normal.FLOOR, -torch.log2(found.clamp_min(normal.FLOOR)), far)

    def runs(self) -> Iterator[Run]:
        """One, of all channels."""
        kinds = tuple(sorted(set(self.levels)))
        start = dict(zip(kinds, first_of(kinds), strict=True))
        first = self.mean.new_tensor([start[n] for n in self.levels])[:, None, None]
        numbers = first + (self.mean * EIGHTHS).round() * normal.INDEX_COUNT + self.index
        yield Run(tables(kinds), numbers.flatten().cpu().numpy().astype(np.uint16))


def grid(mean: Tensor, raw: Tensor, levels: tuple[int, ...], training: bool) -> Grid:
    """``mean`` from the middle of the range, any number; ``raw`` as in `normal.index_of_raw`."""
    last = mean.new_tensor(levels)[:, None, None] - 1
    mean, index = last * torch.sigmoid(4 * mean / last), normal.index_of_raw(raw)
    return Grid(mean, index, levels) if training else Grid(_eighths(mean), index.round(), levels)


def _eighths(mean: Tensor) -> Tensor:
    return (mean * EIGHTHS).round() / EIGHTHS
