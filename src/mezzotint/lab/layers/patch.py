# SPDX-License-Identifier: Apache-2.0
"""The linear path from pixels to latents and back: a 16x16 block transform, initialised as a DCT on luma and chroma.

An orthonormal luma-chroma rotation followed by the orthonormal DCT-II (Ahmed, Natarajan, Rao 1974) keeps
squared error: an error in the latents is the same error in the pixels, so that the untrained model is already a
transform codec.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.precision import in_float32

# Orthonormal rows: luma, blue-yellow, red-green-ish. (An orthonormal relative of YCoCg.)
ROTATION = torch.tensor([[1.0, 1, 1], [1, 0, -1], [-1, 2, -1]])
ROTATION = ROTATION / ROTATION.norm(dim=1, keepdim=True)


def dct_matrix(size: int) -> Tensor:
    """(size, size) orthonormal DCT-II; row = frequency, column = sample."""
    k = torch.arange(size, dtype=torch.float64)
    matrix = torch.cos(math.pi / size * (k[None] + 0.5) * k[:, None]) * math.sqrt(2 / size)
    matrix[0] /= math.sqrt(2)
    return matrix.float()


def dct_basis(size: int) -> Tensor:
    """(3 size^2, 3 size^2) orthonormal basis over (plane, row, column); row = plane * size^2 + v * size + u."""
    d = dct_matrix(size)
    block = torch.einsum("vi,uj->vuij", d, d).reshape(size * size, size * size)
    return torch.kron(ROTATION, block)


class PatchAnalysis(nn.Module):
    """Pixels (B, 3, 16h, 16w) -> (B, M, h, w): ``rows`` of an orthonormal basis, then free to learn."""

    def __init__(self, rows: Tensor, size: int = 16) -> None:
        super().__init__()
        self.size = size
        self.weight = nn.Parameter(rows.clone())  # (M, 3 size^2)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight.unflatten(1, (3, self.size, self.size)), stride=self.size)


class PatchSynthesis(nn.Module):
    """(B, M, h, w) -> pixels (B, 3, 16h, 16w); starts as the transpose of the analysis rows."""

    def __init__(self, rows: Tensor, size: int = 16) -> None:
        super().__init__()
        self.size = size
        self.weight = nn.Parameter(rows.T.contiguous())  # (3 size^2, M)

    @in_float32
    def forward(self, y: Tensor) -> Tensor:
        return F.pixel_shuffle(F.conv2d(y, self.weight[:, :, None, None]), self.size)
