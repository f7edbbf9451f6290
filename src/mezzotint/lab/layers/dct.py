# SPDX-License-Identifier: Apache-2.0
"""The orthonormal DCT-II of aligned square windows and back (Ahmed, Natarajan, Rao 1974), any height and width.

Windows at the border are filled up with zeros, so that a window's coefficients depend on its own cells only.
"""

from __future__ import annotations

from torch import Tensor

from mezzotint.lab.layers.windows import Grid, from_windows, to_windows


def window_dct(x: Tensor, basis: Tensor) -> tuple[Tensor, Grid]:
    """(B, C, H, W) -> (B * windows, keep^2, C) coefficients; ``basis`` is (keep, size): rows of `patch.dct_matrix`."""
    keep, size = basis.shape
    tokens, grid = to_windows(x, size, size)
    return _both_axes(basis, tokens, size, keep), grid


def window_idct(coefficients: Tensor, grid: Grid, basis: Tensor) -> Tensor:
    """The inverse of `window_dct`, frequencies that were not kept being zero: (B, C, H, W)."""
    keep, size = basis.shape
    return from_windows(_both_axes(basis.T, coefficients, keep, size), grid)


def _both_axes(matrix: Tensor, tokens: Tensor, old: int, new: int) -> Tensor:
    n, c = tokens.shape[0], tokens.shape[2]
    tokens = matrix @ tokens.reshape(n, old, old * c)  # rows: (N, new, old * C)
    tokens = matrix @ tokens.reshape(n * new, old, c)  # columns: (N * new, new, C)
    return tokens.reshape(n, new * new, c)
