# SPDX-License-Identifier: Apache-2.0
"""Densities to integer frequency tables: what training knows, frozen for the coder (docs/format.md, "Tables").

Tables are made once, at export; coding never evaluates a density. Where symbols were counted on photos, the
counts correct the density, which stands in for PRIOR_WEIGHT symbols of each entry: wide tables are seen too
seldom to be counted.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from torch import Tensor

from mezzotint.lab.priors import logistic
from mezzotint.lab.priors.factorized import Factorized

TOTAL = 1 << 24
REACH_MAX = 1000  # widest y table: -1000..1000 and an escape
PRIOR_WEIGHT = 500


class YTables(NamedTuple):
    """As the bundle stores them: frequencies (N,) uint32 end to end, lengths (64,) int32, minima (64,) int32."""

    frequencies: np.ndarray
    lengths: np.ndarray
    minima: np.ndarray


def quantise(mass: np.ndarray) -> np.ndarray:
    """Non-negative masses (n,) -> uint32 frequencies, each at least 1, that sum to 2^24 exactly."""
    share = mass.astype(np.float64) / mass.sum() * (TOTAL - len(mass))
    frequencies = np.floor(share).astype(np.int64) + 1
    frequencies[int(np.argmax(frequencies))] += TOTAL - int(frequencies.sum())
    return frequencies.astype(np.uint32)


def reach_of(index: int) -> int:
    """Symbols -reach..reach have a place in table ``index``; the rest, about 2^-17 of them, escapes."""
    scale = logistic.SCALE_MIN * logistic.SCALE_RATIO**index
    return min(REACH_MAX, max(1, math.ceil(17 * math.log(2) * scale)))


def y_tables(counts: Tensor | None = None) -> YTables:
    """Tables of all scale indices; ``counts`` (64, 2 REACH_MAX + 1) of symbols seen at each index, if any."""
    frequencies, lengths, minima = [np.array([TOTAL], np.uint32)], [1], [0]  # index 0: one certain symbol
    for index in range(1, logistic.INDEX_COUNT):
        reach = reach_of(index)
        mass = logistic.masses(index, reach).numpy()
        escape = max(1.0 - mass.sum(), 2.0**-20)
        if counts is not None:
            row = counts[index].double().numpy()
            row = 0.5 * (row + row[::-1])  # the density is even; so is the table
            inside = row[REACH_MAX - reach : REACH_MAX + reach + 1]
            weight = PRIOR_WEIGHT * len(mass)
            mass = inside + weight * mass
            escape = row.sum() - inside.sum() + weight * escape
        table = quantise(np.append(mass, escape))
        frequencies.append(table)
        lengths.append(len(table))
        minima.append(-reach)
    return YTables(np.concatenate(frequencies), np.array(lengths, np.int32), np.array(minima, np.int32))


def z_tables(prior: Factorized) -> np.ndarray:
    """(banks, Cz, 255) uint32."""
    masses = prior.masses().double().numpy() + 1e-7
    return np.stack([np.stack([quantise(row) for row in bank]) for bank in masses])
