# SPDX-License-Identifier: Apache-2.0
"""The Fourier transform of a long sequence as two small matrix products with a twiddle between: order-2 Monarch.

Cooley and Tukey 1965; Monarch matrices, Dao et al., ICML 2022; FlashFFTConv, ICLR 2024, section 3. A picture of
``rows`` x ``columns`` is already the sequence of its tokens in raster order, n = columns * row + column. With
frequencies k = k1 + rows * k2, transform the columns to k1, turn by exp(-2 pi i k1 column / n), transform the
rows to k2. The trap: frequencies come out transposed, k1 along the first axis.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

Complex = tuple[Tensor, Tensor]  # real and imaginary part


def turns(frequencies: Tensor, places: Tensor, period: int) -> Complex:
    """exp(-2 pi i f p / period) for integer f and p: (F, P). Angles are reduced as integers, which loses no digit."""
    angle = (torch.outer(frequencies, places) % period).double() * (2 * math.pi / period)
    return angle.cos().float(), -angle.sin().float()


def times(a: Complex, b: Complex) -> Complex:
    """Elementwise product."""
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def product(a: Complex, b: Complex) -> Complex:
    """Matrix product."""
    return a[0] @ b[0] - a[1] @ b[1], a[0] @ b[1] + a[1] @ b[0]


def conjugate_transpose(a: Complex) -> Complex:
    return a[0].transpose(-2, -1), -a[1].transpose(-2, -1)
