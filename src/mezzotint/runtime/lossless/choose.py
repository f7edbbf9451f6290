# SPDX-License-Identifier: Apache-2.0
"""What the encoder may choose for a pass: sets of weights by class, and tables by scale. Any choice decodes.

Floats are welcome here: the decoder reads the choice and never repeats it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedFile
from mezzotint.intnet import ops
from mezzotint.runtime.lossless import features, predict
from mezzotint.runtime.lossless.residuals import Expected
from mezzotint.runtime.lossless.spreads import SCALES
from mezzotint.runtime.lossless.tables import PHASES, SHAPES, Frozen
from mezzotint.runtime.lossless.walk import Pass
from mezzotint.runtime.lossless.weighting import (
    CORRECTION_BITS,
    USUAL,
    WEIGHT_BITS,
    Weighting,
    combine,
    free_taps,
)

Floats = NDArray[np.floating[Any]]

_REACH = 96  # residuals are counted in -_REACH.._REACH; what is outside counts as the nearest
_BYTE_COST = 8.0  # bits that one more entry of a map costs
_FEWEST_CELLS = 400  # of a pass, and
_FEWEST_SAMPLES = 60  # of a class, to choose other weights than set 0
_STRIP_CELLS = 1 << 11  # rows are judged in strips of so many cells
_TRIAL_CELLS = 1 << 14  # and so many cells in all
_TURNS = 2
_SIDE_OF_VECTORS = 32  # BLAS wakes its threads for so much smaller products with a vector


@dataclass(frozen=True, eq=False)
class _Trial:
    """Some samples of a pass."""

    taps: Floats  # (taps, n)
    kinds: NDArray[np.uint8]  # (n,) classes
    true: Floats  # (n,)
    share: float  # of all samples of the pass


def weights(work: Pass, cells: NDArray[np.int32], frozen: Frozen) -> Weighting:
    """The set of each class that predicts best, and a correction for the rest, judged on some rows."""
    if cells.size < _FEWEST_CELLS:
        return USUAL
    trial = _trial(work, cells)
    frozen_sets = frozen.passes[work.key].weights  # (K, taps, CLASSES)
    sets = np.zeros(features.CLASSES, np.uint8)
    wrong = np.empty(trial.true.size, np.float32)  # signed
    for kind in range(features.CLASSES):
        mine = np.flatnonzero(trial.kinds == kind)
        by_set = frozen_sets[:, :, kind].astype(np.float32) / np.float32(1 << WEIGHT_BITS)
        if mine.size < _FEWEST_SAMPLES:
            by_set = by_set[:1]
        each = trial.true[mine] - _across(by_set, trial.taps[:, mine])  # (K, n)
        if len(each) > 1:
            bits = _bits(each, 0.25 + 0.5 * float(np.abs(each[0]).mean())).sum(axis=1)
            best = int(bits.argmin())
            sets[kind] = best if bits[best] < bits[0] - _BYTE_COST else 0
        wrong[mine] = each[sets[kind]]
    return _corrected(Weighting(sets), trial, wrong, work, frozen_sets)


def _corrected(
    chosen: Weighting,
    trial: _Trial,
    wrong: Floats,
    work: Pass,
    frozen_sets: NDArray[np.int32],
) -> Weighting:
    """With the correction that makes `wrong` smallest, if it saves more than it costs."""
    own, free = len(features.OWN[work.number]), free_taps(work.number, work.before)
    given = trial.taps.copy()
    given[1:own] -= given[:1]
    for first in range(own, len(given), len(features.CROSS)):
        given[first + 1 : first + len(features.CROSS)] -= given[first : first + 1]
    given = given[free]
    floor = 0.25 + 0.5 * float(np.abs(wrong).mean())
    found = np.zeros(free.size)
    for _ in range(_TURNS):  # reweighted least squares: samples that are far off count less
        rest = wrong - _across(found.astype(np.float32)[None], given)[0]
        weighted = given / (np.abs(rest) + floor)
        matrix = _along(weighted, given)
        matrix[np.diag_indices(free.size)] += 1e-3 * np.trace(matrix) / free.size + 1.0
        found += np.linalg.solve(matrix, _along(weighted, rest[None])[:, 0])
    correction = np.clip(np.round(found * (1 << CORRECTION_BITS)), -127, 127).astype(np.int8)
    kept = correction.astype(np.float32) / np.float32(1 << CORRECTION_BITS)
    rest = wrong - _across(kept[None], given)[0]
    saved = float((_bits(wrong, floor) - _bits(rest, floor)).sum()) / trial.share
    if saved < _BYTE_COST * free.size:
        return chosen
    corrected = Weighting(chosen.sets, correction)
    try:
        combine(frozen_sets, corrected, work.number, work.before)
    except DamagedFile:
        return chosen
    return corrected


def _across(left: Floats, right: Floats) -> Floats:
    """left (m, k) @ right (k, n), both float32, on one thread."""
    if not right.size:
        return np.zeros((len(left), right.shape[1]), np.float32)
    return ops.product(left, right[:, None])[:, 0]


def _along(left: Floats, right: Floats) -> NDArray[np.float64]:
    """left (m, n) @ right (p, n).T for a large n, on one thread."""
    total = np.zeros((len(left), len(right)))
    step = max(1, ops.ONE_THREAD // (len(left) * max(len(right), _SIDE_OF_VECTORS)))
    for start in range(0, left.shape[1], step):
        part = slice(start, start + step)
        total += left[:, part] @ right[:, part].T
    return total


def _bits(wrong: Floats, floor: float) -> Floats:
    """About what residuals of this size cost, less a constant."""
    return np.log2(np.abs(wrong) + np.float32(floor))


def _trial(work: Pass, cells: NDArray[np.int32]) -> _Trial:
    rows, columns = work.shape
    height = max(1, _STRIP_CELLS // columns)
    count = min(max(1, _TRIAL_CELLS // (height * columns)), -(-rows // height))
    taps, kinds, true = [], [], []
    for start in np.linspace(0, max(rows - height, 0), count).astype(int).tolist():
        strip = slice(start, min(start + height, rows))
        steep = features.steepness(work.known.planes[-1], work.number, strip)
        kinds.append(features.classes(steep, work.bit_depth).ravel())
        found = predict.taps(work.known, work.number, strip)
        part = np.empty((len(found), kinds[-1].size), np.float32)
        for row, tap in zip(part, found, strict=True):
            row.reshape(tap.shape)[:] = tap
        taps.append(part)
        true.append(cells[strip].ravel())
    kind = np.concatenate(kinds)
    return _Trial(
        np.concatenate(taps, 1), kind, np.concatenate(true).astype(np.float32), kind.size / cells.size
    )


def table_map(
    residuals: NDArray[np.int32], expected: Expected, usual: NDArray[np.uint8], frozen: Frozen
) -> NDArray[np.uint8]:
    """(SCALES,): the table of each scale that costs least, where that pays for saying so."""
    values = residuals
    if expected.low.any():
        low = expected.low.astype(np.int32)
        values = (residuals + ((np.int32(1) << low) >> 1)) >> low
    width = 2 * _REACH + 1
    places = np.clip(values, -_REACH, _REACH) + _REACH
    places += (expected.scale.astype(np.int32) * PHASES + expected.phase) * width
    counts = np.bincount(places, minlength=SCALES * PHASES * width).reshape(SCALES, PHASES * width)
    prices = _prices(frozen)
    chosen = usual.copy()
    used = np.flatnonzero(counts.any(axis=1))
    if not used.size:
        return chosen
    costs = _across(counts[used].astype(np.float32), prices.T)  # (used, SCALES * SHAPES)
    best = costs.argmin(axis=1)
    rows = np.arange(used.size)
    gain = costs[rows, usual[used]] - costs[rows, best]
    worth = gain > _BYTE_COST
    if gain[worth].sum() > 3 * _BYTE_COST:
        chosen[used[worth]] = best[worth]
    return chosen


@lru_cache(maxsize=1)
def _prices(frozen: Frozen) -> Floats:
    """(SCALES * SHAPES, PHASES * (2 * _REACH + 1)): bits of each residual in each table."""
    tables = frozen.residuals.tables
    out = np.empty((len(tables), 2 * _REACH + 1), np.float32)
    for row, table in zip(out, tables, strict=True):
        bits = 24 - np.log2(table.frequencies.astype(np.float64))
        row[:] = bits[-1] + 10
        values = np.arange(table.minimum, table.maximum + 1)
        inside = np.abs(values) <= _REACH
        row[values[inside] + _REACH] = bits[:-1][inside]
    return out.reshape(SCALES * SHAPES, -1)
