# SPDX-License-Identifier: Apache-2.0
"""From a spread to the number of its scale, four an octave, and how many low bits of a residual are coded plainly.

A scale s stands for residuals of a mean size of 2^(s / 4 - 5) steps. Scales have tables of their own up to LAST; beyond
it, a residual loses a bit every four scales, and those low bits are coded as they are: they are noise at that size.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SCALES = 36  # 2^-5 to 2^3.75 steps
LAST = SCALES - 1
OCTAVE = 4
_LUT_BITS = 16
_SHIFT = 4  # 1/1024 to 1/64 of a step
_JUMP = 10  # octaves between the two readings of the table
# floor(2^(10 + i/4 + 1/8)): where scale i of an octave ends and the next begins, times 1024.
_BORDERS = (1116, 1328, 1579, 1878)
MOST_LOW_BITS = 16


@lru_cache(maxsize=1)
def _scale_of() -> NDArray[np.uint8]:
    """(2^16,) uint8: the scale of a spread in 1/64."""
    ends = []  # scale s holds values below ends[s]
    for octave in range(-5, 11):
        for border in _BORDERS:
            numerator = border << 6  # border / 1024 * 2^octave * 64
            ends.append((numerator << octave if octave >= 0 else numerator >> -octave) // 1024)
    table: NDArray[np.intp] = np.searchsorted(np.array(ends), np.arange(1 << _LUT_BITS), side="right")
    return table.astype(np.uint8)


def scales(spread: NDArray[np.int32], step: int) -> NDArray[np.uint8]:
    """(n,) uint8: the scale of residuals in units of `step` sample steps; spreads are at least 0 once clamped."""
    value = np.maximum(spread, 0)
    if step > 1:
        value //= np.int32(step)
    value >>= _SHIFT
    table = _scale_of()
    out = table.take(value, mode="clip")
    if int(value.max(initial=0)) >> _LUT_BITS:
        far = np.flatnonzero(value >> _LUT_BITS)
        out[far] = table.take(value[far] >> _JUMP, mode="clip") + OCTAVE * _JUMP
    return out


def low_bits(scale: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How many low bits of a residual of this scale are coded plainly."""
    over = np.maximum(scale, LAST) - np.uint8(LAST)
    bits: NDArray[np.uint8] = (over + np.uint8(OCTAVE - 1)) // np.uint8(OCTAVE)
    return np.minimum(bits, np.uint8(MOST_LOW_BITS))
