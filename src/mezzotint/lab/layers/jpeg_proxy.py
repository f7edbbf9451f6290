# SPDX-License-Identifier: Apache-2.0
"""JPEG as something to train through: its colours, transform and steps, rounding, and a count of bits.

    pixels --- YCbCr --- 8x8 DCT --- / table(quality) --- rounded --- * table --- back
                                            |
                                     bits of the size of each coefficient

The tables are those of ITU-T T.81 annex K, scaled as libjpeg scales them; chroma is not subsampled. Bits are those of a
block and WEIGHT * log2(1 + (c / KNEE)^2) a coefficient in steps (for the first of a block, its difference from the
block to the left), within 3 % of what Pillow's fitted Huffman tables spend on photos, sRGB and linear, at qualities
from 15 to 95 (one standard deviation; 18 % on a picture of flat sky at 95). The trap: the gradient of no rounding says
that a brighter picture has a smaller error everywhere, though most coefficients are under half a step and come back as
zero all the same; see `rounded`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from mezzotint.lab.layers.rounding import straight_through

LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
TO_YCBCR = torch.tensor(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], dtype=torch.float64
)
FROM_YCBCR = torch.linalg.inv(TO_YCBCR)
WEIGHT, KNEE = 0.85, 0.3
BLOCK_BITS = 1.45


class Proxy(NamedTuple):
    """Pixels (B, 3, H, W), not clipped; bits (B,)."""

    pixels: Tensor
    bits: Tensor


def tables(quality: Tensor) -> Tensor:
    """quality (B,) in 1..100 -> steps (B, 3, 8, 8) of Y, Cb, Cr, row = vertical frequency."""
    base = torch.tensor((LUMA, CHROMA, CHROMA), dtype=torch.float32, device=quality.device)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None, None]
    return ((base * scale + 50) / 100).floor().clamp(1, 255)


def turned(x: Tensor, matrix: Tensor) -> Tensor:
    """(B, 3, H, W) with its planes mixed by (3, 3)."""
    return torch.einsum("pc,bchw->bphw", matrix.to(x), x)


def blocks(x: Tensor) -> Tensor:
    """(B, C, 8h, 8w) -> DCT coefficients (B, C, h, w, 8, 8)."""
    d = _dct().to(x)
    return d @ x.unflatten(3, (-1, 8)).unflatten(2, (-1, 8)).transpose(3, 4) @ d.T


def unblocked(coefficients: Tensor) -> Tensor:
    """The inverse of `blocks`."""
    d = _dct().to(coefficients)
    return (d.T @ coefficients @ d).transpose(3, 4).flatten(4, 5).flatten(2, 3)


@lru_cache(maxsize=1)
def _dct() -> Tensor:
    """The orthonormal DCT-II of eight samples, float64: what is undone with it must come back exactly."""
    k = torch.arange(8, dtype=torch.float64)
    matrix = 0.5 * torch.cos(math.pi / 8 * (k + 0.5) * k[:, None])
    matrix[0] /= math.sqrt(2)
    return matrix


def rounded(c: Tensor) -> Tensor:
    """The nearest whole numbers, with the gradient c^2 / (1 + c^2): none near zero, one far from it.

    With it, the slope of the squared error of Laplace densities along their scale is right to 0.003 steps squared.
    """
    return straight_through(c - torch.atan(c), c.round())


def jpeg(pixels: Tensor, quality: Tensor, step: float = 1.0) -> Proxy:
    """pixels (B, 3, 8h, 8w) about 0..255, quality (B,) in 1..100; ``step`` scales the tables."""
    table = tables(quality)[:, :, None, None] * step
    c = blocks(turned(pixels - 128, TO_YCBCR)) / table
    first = torch.diff(c[..., :1, :1], dim=3, prepend=torch.zeros_like(c[:, :, :, :1, :1, :1]))
    sizes = torch.log2(1 + (c / KNEE) ** 2).sum((4, 5)) - torch.log2(1 + (c[..., 0, 0] / KNEE) ** 2)
    sizes = sizes + torch.log2(1 + (first[..., 0, 0] / KNEE) ** 2)
    bits = (WEIGHT * sizes + BLOCK_BITS).flatten(1).sum(1)
    decoded = turned(unblocked(rounded(c) * table), FROM_YCBCR) + 128
    return Proxy(decoded, bits)
