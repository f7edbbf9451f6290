# SPDX-License-Identifier: Apache-2.0
"""The weights of one pass: for each class one of the frozen sets, and a correction that all classes share.

The correction has a signed byte, in 1/1024, for each free tap: all but the first in the plane itself and the centre in
each plane before. Those make up for the others, so that a flat picture still predicts itself.
Trap: a correction comes from the file, so the law that keeps sums within 32 bits is checked again here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedFile
from mezzotint.runtime.lossless.features import CLASSES, CROSS, OWN, tap_count

WEIGHT_BITS = 12
LARGEST_SUM = 1 << 15  # of the sizes of a class's weights, exclusive: times a 16-bit sample it is below 2^31
CORRECTION_BITS = 10


@dataclass(frozen=True, eq=False)
class Weighting:
    """What a chunk says of a pass."""

    sets: NDArray[np.uint8]  # (CLASSES,)
    correction: NDArray[np.int8] | None = None  # (free taps,)


USUAL = Weighting(np.zeros(CLASSES, np.uint8))


def free_taps(number: int, before: int) -> NDArray[np.intp]:
    """Which taps of pass `number` are free, with `before` planes known before."""
    own = len(OWN[number])
    fixed = {0, *range(own, tap_count(number, before), len(CROSS))}
    return np.array([tap for tap in range(tap_count(number, before)) if tap not in fixed], np.intp)


def combine(frozen: NDArray[np.int32], chosen: Weighting, number: int, before: int) -> NDArray[np.int32]:
    """(taps, CLASSES) from the sets (K, taps, CLASSES); DamagedFile where a correction makes them too large."""
    weights: NDArray[np.int32] = frozen[chosen.sets, :, np.arange(CLASSES)].T
    if chosen.correction is not None:
        weights = weights + _whole(chosen.correction, number, before)[:, None]
        if int(np.abs(weights).sum(axis=0).max()) >= LARGEST_SUM:
            raise DamagedFile("a lossless chunk corrects weights too much")
    return np.ascontiguousarray(weights)


def _whole(correction: NDArray[np.int8], number: int, before: int) -> NDArray[np.int32]:
    """(taps,) in 1/4096."""
    out = np.zeros(tap_count(number, before), np.int32)
    out[free_taps(number, before)] = correction.astype(np.int32) << (WEIGHT_BITS - CORRECTION_BITS)
    own = len(OWN[number])
    out[0] = -out[1:own].sum()
    for first in range(own, out.size, len(CROSS)):
        out[first] = -out[first + 1 : first + len(CROSS)].sum()
    return out
