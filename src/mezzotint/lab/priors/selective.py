# SPDX-License-Identifier: Apache-2.0
"""Selective coding: where the predicted scale is small enough, no symbol is sent, and both sides take the mean.

The scale index is computed from what is decoded already, so the decoder knows by itself which symbols are missing; no
map of them is sent. Skipping by predicted scale is known from "Selective compression learning of latent
representations" (ECCV 2022) and the skip mode of AlphaVC (ECCV 2022); MLICv2 (TOMM 2025) does it in its slices. Certain
tables of the codec half's coder do it here: their symbols take no bits and no work. The trap: in training a skipped
symbol is rounded to its mean as it will be, but its bits are still counted, under noise, or an index that once fell
below the bound would have no gradient to come back by.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mezzotint.entropy import TOTAL, Table, TableSet
from mezzotint.lab.priors.coding import Pick, Run
from mezzotint.lab.priors.normal import INDEX_COUNT, Normal, tables


def check_skip(skip: int) -> int:
    """ValueError unless it is a number of tables, some of which remain."""
    if not 0 <= skip < INDEX_COUNT:
        raise ValueError(
            f"skip={skip}: choose how many of the {INDEX_COUNT} scales are not sent, 0 to {INDEX_COUNT - 1}"
        )
    return skip


@dataclass(frozen=True, eq=False)
class Selective(Normal):
    """A Normal (see normal.py) whose ``skip`` lowest indices send nothing."""

    skip: int = 0

    @classmethod
    def of(cls, density: Normal, skip: int) -> Selective:
        return cls(density.mean, density.index, density.exact, skip)

    @property
    def sent(self) -> Tensor:
        """Which elements are coded: bool (B, C, h, w)."""
        return self.index.round() >= self.skip

    def rounded(self, residual: Tensor) -> Tensor:
        return torch.where(self.sent, residual.round(), 0.0)

    def bits(self, residual: Tensor) -> Tensor:
        found = super().bits(residual)
        return torch.where(self.sent, found, 0.0) if self.exact else found

    def at(self, pick: Pick) -> Selective:
        return Selective.of(super().at(pick), self.skip)

    def runs(self) -> Iterator[Run]:
        yield Run(tables_but(self.skip), self.index.flatten().cpu().numpy().astype(np.uint16))


@functools.cache
def tables_but(skip: int) -> TableSet:
    """Those of normal.py, the first ``skip`` of them certain zeros."""
    certain = Table(0, np.array([TOTAL], np.uint32))
    return TableSet((certain,) * skip + tables().tables[skip:])
