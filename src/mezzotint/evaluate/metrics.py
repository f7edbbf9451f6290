# SPDX-License-Identifier: Apache-2.0
"""Metrics of two 8-bit pictures, one function each."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import UsageError

IDENTICAL = math.inf  # psnr of identical pictures; JSON has no such number, so writers of JSON say null
_BAND = 256  # rows at a time, so that the differences of a large picture need little memory


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in dB over all samples of all channels; infinite for identical pictures."""
    if one.shape != other.shape:
        raise UsageError(
            f"pictures of shapes {one.shape} and {other.shape} cannot be compared", "give equal sizes"
        )
    if one.dtype != np.uint8 or other.dtype != np.uint8 or not one.size:
        raise UsageError("only 8-bit pictures with pixels can be compared", "give uint8 arrays")
    total = 0
    for top in range(0, len(one), _BAND):
        difference = one[top : top + _BAND].astype(np.int32) - other[top : top + _BAND]
        total += int(np.square(difference).sum(dtype=np.int64))
    if total == 0:
        return IDENTICAL
    return 10 * math.log10(255**2 * one.size / total)
