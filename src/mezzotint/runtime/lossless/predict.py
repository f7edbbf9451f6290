# SPDX-License-Identifier: Apache-2.0
"""What a sample will probably be, and how wrong that may be, from what is known around it; in integers only.

    prediction  = the sum of weight * tap, weights by class          in 1/16 of a step of the samples
    error       = |16 * sample - prediction| >> 2                    in 1/4, once the sample is known
    spread      = constant + the sum of weight * feature, by class   in 1/1024: the expected size of the error

All int32. The bounds that make this exact are laws of the tables (`tables.py`):

- the weights of a class sum to 2^12 and their sizes to less than 2^15, corrected or not (`weighting.py`), so with
  samples below 2^16 every partial sum of a prediction is below 2^31
- the sizes of a pass's spread weights times the bound of their feature (2^19 for a gradient, 2^21 for an error sum, see
  `features.py`) are checked one by one and sum to less than 2^31

A prediction is clamped to 0..16 * (2^bit_depth - 1) < 2^20, so an error is below 2^18.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mezzotint.runtime import deadline
from mezzotint.runtime.lossless import features
from mezzotint.runtime.lossless.lattice import PASSES, Level, Plane
from mezzotint.runtime.lossless.weighting import WEIGHT_BITS, Weighting, combine

FINE_BITS = 4  # predictions count in 1/16
ERROR_BITS = 2  # errors in 1/4
STRIP_CELLS = 1 << 15  # computed at once, so that everything on the way stays in the processor's cache


@dataclass(frozen=True, eq=False)
class PassModel:
    """Frozen numbers of one pass of one plane."""

    weights: NDArray[np.int32]  # (K, taps, CLASSES)
    spread: NDArray[np.int32]  # (features + 1, CLASSES), the constant last


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of one level: the planes in coding order, the last of them in the making, and their errors."""

    planes: list[Level]
    errors: list[Level]


@dataclass(frozen=True, eq=False)
class Guess:
    """For all samples of a pass, (rows, columns) int32."""

    prediction: Plane
    spread: Plane


def strips(rows: int, columns: int) -> list[slice]:
    step = max(1, STRIP_CELLS // max(columns, 1))
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


def guess(known: Known, number: int, model: PassModel, chosen: Weighting, bit_depth: int) -> Guess:
    """Prediction and spread of pass `number`. DamagedFile for a correction that no encoder gives."""
    rows, columns = known.planes[-1].shape(PASSES[number])
    out = Guess(np.empty((rows, columns), np.int32), np.empty((rows, columns), np.int32))
    weights = combine(model.weights, chosen, number, len(known.planes) - 1)  # (taps, CLASSES)
    top = ((1 << bit_depth) - 1) << FINE_BITS
    for strip in strips(rows, columns):
        deadline.check()
        steep = features.steepness(known.planes[-1], number, strip)
        kinds = features.classes(steep, bit_depth).astype(np.intp)
        total = np.full(kinds.shape, 1 << (WEIGHT_BITS - FINE_BITS - 1), np.int32)
        weight = np.empty_like(total)
        for tap, by_class in zip(taps(known, number, strip), weights, strict=True):
            np.take(by_class, kinds, out=weight, mode="clip")
            weight *= tap
            total += weight
        total >>= WEIGHT_BITS - FINE_BITS
        np.clip(total, 0, top, out=out.prediction[strip])
        _spread(spread_features(known, number, strip, steep), kinds, model.spread, out.spread[strip])
    return out


def taps(known: Known, number: int, rows: slice) -> list[Plane]:
    """The samples that the prediction weighs: own taps, then those of each plane known before, in coding order."""
    phase = PASSES[number]
    found = [known.planes[-1].tap(phase, *tap, rows) for tap in features.OWN[number]]
    for plane in known.planes[:-1]:
        found += [plane.tap(phase, *tap, rows) for tap in features.CROSS]
    return found


def spread_features(known: Known, number: int, rows: slice, steep: features.Steepness) -> list[Plane]:
    found = features.gradients(known.planes[-1], number, rows, steep)
    found += features.error_sums(known.errors[-1], number, rows, features.OWN_ERRORS[number])
    for errors in known.errors[:-1]:
        found += features.error_sums(errors, number, rows, features.CROSS_ERRORS[number])
    return found


def _spread(found: list[Plane], kinds: NDArray[np.intp], weights: NDArray[np.int32], out: Plane) -> None:
    total = weights[-1].take(kinds)
    weight = np.empty_like(total)
    for feature, by_class in zip(found, weights[:-1], strict=True):
        if by_class.any():
            np.take(by_class, kinds, out=weight, mode="clip")
            weight *= feature
            total += weight
    out[:] = total


def errors(samples: Plane, prediction: Plane) -> Plane:
    """In 1/4 of a step."""
    out = samples << FINE_BITS
    out -= prediction
    np.abs(out, out=out)
    out >>= FINE_BITS - ERROR_BITS
    return out
