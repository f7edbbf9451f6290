# SPDX-License-Identifier: Apache-2.0
"""The four operations of the scale map, exact by construction (docs/format.md section 8).

Only `product` touches floating point: BLAS may add in any order, use fused operations and split work among threads,
and yet every partial sum is an integer that the float type holds, so nothing is ever rounded. The proof that they stay
small enough is the caller's (see graph.py). All else is integer arithmetic, in the type that comes in.

Trap: `x >> k` of a negative integer is the floor in numpy and Python, not in every language: -1 >> 1 is -1.
"""

from __future__ import annotations

from math import isqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

# Integers up to and including these are all represented.
FLOAT_LIMIT = {"float32": 1 << 24, "float64": 1 << 53}

ONE_THREAD = 1 << 18  # multiplications; OpenBLAS takes more threads from about here on

Integer = TypeVar("Integer", np.int32, np.int64)
Float = TypeVar("Float", np.float32, np.float64)


def product(weight: NDArray[Float], z: NDArray[Float]) -> NDArray[Float]:
    """weight (rows, C) @ z (C, h, w) -> (rows, h, w); all three integer-valued.

    In pieces too small for BLAS to wake its threads: those go on waiting busily and take the cores from the networks
    (decoding ran at 4.3 instead of 6.0 MP/s on 2 cores).
    """
    channels, height, width = z.shape
    columns = z.reshape(channels, height * width)
    flat: NDArray[Float] = np.empty((weight.shape[0], height * width), weight.dtype)
    across = min(height * width, max(1, isqrt(ONE_THREAD // channels)))  # about square: thin ones are slow
    down = max(1, ONE_THREAD // (channels * across))
    for left in range(0, height * width, across):
        part = np.ascontiguousarray(columns[:, left : left + across])
        for top in range(0, len(weight), down):
            np.matmul(weight[top : top + down], part, out=flat[top : top + down, left : left + across])
    return flat.reshape(-1, height, width)


def pixel_shuffle(acc: NDArray[Integer], factor: int) -> NDArray[Integer]:
    """Row c*f*f + i*f + j of acc (M*f*f, h, w) becomes sub-row i and sub-column j of channel c: (M, f*h, f*w)."""
    rows, height, width = acc.shape
    parts = acc.reshape(rows // factor**2, factor, factor, height, width)  # (M, i, j, h, w)
    return parts.transpose(0, 3, 1, 4, 2).reshape(-1, factor * height, factor * width)


def window(u: NDArray[Integer]) -> NDArray[Integer]:
    """[1 2 1] along rows, then along columns, of u (M, h, w), whose edge values are repeated; the sum is 16 times."""
    rows = u + u
    rows[:, 1:] += u[:, :-1]
    rows[:, :1] += u[:, :1]
    rows[:, :-1] += u[:, 1:]
    rows[:, -1:] += u[:, -1:]
    both = rows + rows
    both[:, :, 1:] += rows[:, :, :-1]
    both[:, :, :1] += rows[:, :, :1]
    both[:, :, :-1] += rows[:, :, 1:]
    both[:, :, -1:] += rows[:, :, -1:]
    return both


def floor_shift(x: NDArray[Integer], bits: int) -> NDArray[Integer]:
    """floor((x + 2^(bits-1)) / 2^bits): rounding to nearest, halves up, for both signs."""
    half = x.dtype.type(1 << (bits - 1))
    return (x + half) >> x.dtype.type(bits)
