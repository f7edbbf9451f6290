# SPDX-License-Identifier: Apache-2.0
"""A lapped block DCT in luma and chroma whose block means are transformed once more: orthonormal, and fixed.

    pixels --- luma, chroma --- borders of blocks mixed --- DCT of blocks ---+--- all but the first ------------- fine
                                                                             +--- the first --- DCT of blocks --- coarse

The DCT-II (Ahmed, Natarajan, Rao 1974) in both; what a codec gains by predicting a block's mean from those beside it,
the second one gives without a prediction. Mixing the samples on both sides of a border before the DCT makes smooth
functions of both blocks out of its steps: "Time-domain lapped transforms" (Tran, Liang and Tu, IEEE Transactions on
Signal Processing, 2003). All is orthonormal, so an error in the coefficients is the same error in the pixels. The trap:
at the edge of the picture there is nothing to mix with, and the blocks there stay plain ones.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.patch import ROTATION, dct_matrix

PLANES = 3


class Nested(NamedTuple):
    """Coefficients; channel p n^2 + u n + v has row frequency u and column frequency v of plane p."""

    coarse: Tensor  # (B, 3 outer^2, H / (block outer), W / (block outer))
    fine: Tensor  # (B, 3 block^2, H / block, W / block); its first channel a plane is 0


class NestedDct(nn.Module):
    """x (B, 3, H, W), sides multiples of ``block * outer``, <-> Nested.

    ``overlap`` samples on each side of a border are mixed, half a block at most; ValueError for more.
    """

    def __init__(self, block: int, outer: int, overlap: int = 0) -> None:
        super().__init__()
        if not 0 <= 2 * overlap <= block:
            raise ValueError(f"an overlap of {overlap} with blocks of {block}: give half a block at most")
        self.block, self.outer = block, outer
        self.register_buffer("rotation", ROTATION.clone(), persistent=False)
        self.register_buffer("inner", dct_matrix(block), persistent=False)
        self.register_buffer("above", dct_matrix(outer), persistent=False)
        self.register_buffer("mixing", mixing_matrix(block, overlap), persistent=False)

    def forward(self, x: Tensor) -> Nested:
        x = torch.einsum("pc,bchw->bphw", self.rotation, x)
        y = blocks(mixed(x, self.mixing), self.inner)
        means = y[:, :: self.block**2].clone()
        y[:, :: self.block**2] = 0
        return Nested(blocks(means, self.above), y)

    def inverse(self, y: Nested) -> Tensor:
        fine = y.fine.clone()
        fine[:, :: self.block**2] = samples(y.coarse, self.above)
        x = mixed(samples(fine, self.inner), self.mixing.T)
        return torch.einsum("pc,bphw->bchw", self.rotation, x)


def mixing_matrix(block: int, overlap: int) -> Tensor:
    """(block, block): what is done to the samples round a border, half a block on either side; orthonormal.

    Sums of samples that mirror one another stay; differences are turned by a DCT-IV and an inverse DCT-II.
    """
    matrix = torch.eye(block)
    if overlap:
        same, mirror = torch.eye(overlap), torch.eye(overlap).flip(0)
        butterfly = torch.cat([torch.cat([same, mirror], 1), torch.cat([mirror, -same], 1)]) / math.sqrt(2)
        k = torch.arange(overlap) + 0.5
        dct_iv = torch.cos(math.pi / overlap * k[:, None] * k) * math.sqrt(2 / overlap)
        turned = mirror @ dct_matrix(overlap).T @ dct_iv @ mirror
        inside = slice(block // 2 - overlap, block // 2 + overlap)
        matrix[inside, inside] = butterfly @ torch.block_diag(same, turned) @ butterfly
    return matrix


def mixed(x: Tensor, matrix: Tensor) -> Tensor:
    """(B, P, H, W) -> the same, ``matrix`` applied round each border between blocks, along rows and along columns."""
    half = len(matrix) // 2
    for _ in range(2):
        inner = x[..., half:-half]
        inner = (inner.unflatten(3, (-1, len(matrix))) @ matrix.T).flatten(3) if inner.shape[3] else inner
        x = torch.cat([x[..., :half], inner, x[..., x.shape[3] - half :]], 3).transpose(2, 3)
    return x


def blocks(x: Tensor, matrix: Tensor) -> Tensor:
    """(B, P, n h, n w) -> (B, P n^2, h, w): the transform by ``matrix`` (n, n) of the rows and columns of blocks."""
    n = len(matrix)
    b, p, height, width = x.shape
    x = x.reshape(b, p, height // n, n, width // n, n)
    y = torch.einsum("un,bpinjm,vm->bpuvij", matrix, x, matrix)
    return y.reshape(b, p * n * n, height // n, width // n)


def samples(y: Tensor, matrix: Tensor) -> Tensor:
    """The inverse of `blocks` where ``matrix`` is orthonormal."""
    n = len(matrix)
    b, channels, h, w = y.shape
    y = y.reshape(b, channels // (n * n), n, n, h, w)
    x = torch.einsum("un,bpuvij,vm->bpinjm", matrix, y, matrix)
    return x.reshape(b, -1, h * n, w * n)
