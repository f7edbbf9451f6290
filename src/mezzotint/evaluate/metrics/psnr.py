# SPDX-License-Identifier: Apache-2.0
"""Peak signal-to-noise ratio: ten times the logarithm of 255 squared over the mean squared error.

The mean goes over all samples of all channels at once, as papers on learned codecs do for RGB; the mean of three
ratios, one a channel, would be higher. The sum is an exact integer.
"""

from __future__ import annotations

import math

import numpy as np

from mezzotint.evaluate.metrics.pair import Picture, check

IDENTICAL = math.inf  # psnr of identical pictures; JSON has no such number, so writers of JSON say null
_BAND = 256  # rows at a time, so that the differences of a large picture need little memory


def psnr(one: Picture, other: Picture) -> float:
    """Peak signal-to-noise ratio in dB over all samples of two uint8 arrays of any one shape; `IDENTICAL` if equal.

    UsageError where the shapes differ, the samples are not uint8, or there are none.
    """
    check(one, other)
    total = 0
    for top in range(0, len(one), _BAND):
        difference = one[top : top + _BAND].astype(np.int32) - other[top : top + _BAND]
        total += int(np.square(difference).sum(dtype=np.int64))
    if total == 0:
        return IDENTICAL
    return 10 * math.log10(255**2 * one.size / total)
