# SPDX-License-Identifier: Apache-2.0
"""A Gaussian mixture in whole numbers: the cumulative count at any entry, strictly rising, without a table of entries.

    weights /2^16, means /2^8, 1 / scales /2^20 --- sum of weights * curve((entry - mean) / scale) --- count /2^24

Floats are rounded once, in `integers`; from there on all is 64-bit integer arithmetic: the same integers give the same
counts anywhere. (It is what FlashGMM searches in, Murai et al., 2025; theirs is evaluated in approximated floats.)
Entries are those of docs/format.md section 9.1: values low .. low + size - 1, then one escape for all others. The
traps: the integers themselves are made from floats, and another machine may round another float (see coding.py); and
negative numbers are shifted, never divided, since Python and a processor round quotients differently.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mezzotint.entropy import TOTAL
from mezzotint.lab.priors.normal import SCALE_MAX, SCALE_MIN

WEIGHT_BITS, MEAN_BITS, RATE_BITS = 16, 8, 20
MEAN_MAX = 1 << 14  # either sign; keeps the entries of one symbol below 2^16, as a table's are
REACH = 9  # in half scales: values within 4.5 scales of a component have an entry, as in normal.py
ESCAPE_LEAST = 16  # of 2^24

SPAN = 8  # scales on each side that the curve covers; beyond, it is 0 and 1 to 30 bits
STEP_BITS = 7  # its places a scale
CURVE_BITS = 30  # of its values
PLACE_BITS = 16  # of a scale: what positions on the curve are counted in
_FRACTION = PLACE_BITS - STEP_BITS
_END = SPAN << PLACE_BITS
_SHARE_BITS = 38  # a count times a share stays below 2^63
BLOCK = 1 << 14  # symbols that are rounded at once: what stays in a processor's cache
_ROOT = 39894228040143267793994605993438187  # 1 / sqrt(2 pi), in 10^-35


@dataclass(frozen=True, eq=False)
class IntegerMixture:
    """n mixtures of K components. ``parts`` (n, 3, K) int32: weights, means, reciprocal scales; all C-contiguous.

    Weights of a symbol sum to 2^16. Values ``low`` .. ``low + size - 1``, int32 (n,) each, have an entry of their own.
    """

    parts: NDArray[np.int32]
    low: NDArray[np.int32]
    size: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.low)


def integers(weight: Tensor, mean: Tensor, scale: Tensor) -> IntegerMixture:
    """Floats (K, n) each -> their integers. Weights are >= 0 and sum to about 1; means are kept within 2^14.

    What is not finite becomes something that can be coded with, so that a broken network costs bits, not a crash.
    """
    blocks = zip(*(part.split(BLOCK, 1) for part in (weight, mean, scale)), strict=True)
    parts, lows, sizes = zip(*(_integers(*block) for block in blocks), strict=True)
    return IntegerMixture(*(torch.cat(part).numpy() for part in (parts, lows, sizes)))


def _integers(weight: Tensor, mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """parts (n, 3, K), low (n,), size (n,)."""
    summed = torch.nan_to_num(weight.float()).clamp(0, 1).cumsum(0)
    share = summed / summed[-1].clamp_min(2.0**-20)  # rising, so its differences are no less than 0
    edges = (share * (1 << WEIGHT_BITS)).round().to(torch.int32)
    edges[-1] = 1 << WEIGHT_BITS
    weights = torch.diff(edges, dim=0, prepend=torch.zeros_like(edges[:1]))
    finite = torch.nan_to_num(mean.float()).clamp(-MEAN_MAX, MEAN_MAX)
    means = (finite * (1 << MEAN_BITS)).round().to(torch.int32)
    wide = torch.nan_to_num(scale.float(), nan=SCALE_MAX).clamp(SCALE_MIN, SCALE_MAX)
    rates = ((1 << RATE_BITS) / wide).round().to(torch.int32)

    reach = torch.div(REACH << (RATE_BITS + MEAN_BITS - 1), rates, rounding_mode="floor")
    unused = weights == 0  # has no entries
    low = (means - reach).masked_fill_(unused, 1 << 30).amin(0) >> MEAN_BITS
    high = -((-(means + reach).masked_fill_(unused, -1 << 30).amax(0)) >> MEAN_BITS)  # rounded up
    return torch.stack([weights, means, rates]).permute(2, 0, 1).contiguous(), low, high - low + 1


def left(curve: NDArray[np.int64], parts: NDArray[np.int32], low: int, size: int, entry: int) -> int:
    """The sum of the frequencies before an entry, 0 .. size, of one symbol; ``parts`` (3, K). 0 before entry 0.

    Entry 0 takes what lies below it, too, and the escape (entry ``size``) what lies above; the mass of all components
    together is below 2^38, so the products stay exact. Plain Python, which numba compiles as it is.
    """
    if entry == 0:
        return 0
    edge = (np.int64(low + entry) << MEAN_BITS) - (1 << (MEAN_BITS - 1))  # the lower end of the entry's value
    share = np.int64(0)
    for k in range(parts.shape[1]):
        place = ((edge - np.int64(parts[1, k])) * np.int64(parts[2, k])) >> (
            MEAN_BITS + RATE_BITS - PLACE_BITS
        )
        place = min(max(place, -_END), _END - 1) + _END
        step = place >> _FRACTION
        rise = (curve[step + 1] - curve[step]) * (place & ((1 << _FRACTION) - 1))
        share += np.int64(parts[0, k]) * (curve[step] + (rise >> _FRACTION))
    share >>= WEIGHT_BITS + CURVE_BITS - _SHARE_BITS
    return entry + ((share * (TOTAL - ESCAPE_LEAST - size)) >> _SHARE_BITS)


@functools.cache
def curve() -> NDArray[np.int64]:
    """(2049,): the normal distribution function at -8 .. 8 by 1/128, in 2^-30, from its power series in integers."""
    one = 1 << 128  # e^32 is 2^46: the largest terms of the series at 8 take so many of these bits
    upper = []
    for j in range((SPAN << STEP_BITS) + 1):
        square = (j * j << 128) >> (2 * STEP_BITS + 1)  # x^2 / 2
        term, total, n = (j << 128) >> STEP_BITS, 0, 0
        while term:
            total += (-1) ** n * (term // (2 * n + 1))
            n += 1
            term = term * square // n >> 128
        half = total * _ROOT // 10**35
        upper.append(((one >> 1) + half + (1 << 97)) >> 98)
    lower = [(1 << CURVE_BITS) - value for value in upper[:0:-1]]
    made = np.array(lower + upper, np.int64)
    made.setflags(write=False)
    return made
