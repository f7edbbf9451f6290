# SPDX-License-Identifier: Apache-2.0
"""Pictures <-> blocks of whole wavelet coefficients, without loss: YCoCg-R, three levels of the 5/3 filter, 8x8 blocks.

A block holds what stands for its 64 pixels in each plane: one number of the lowest band, then three bands of 1, 4 and
16. The lowest numbers are differences from the block to the left (in the first column from the one above), so that
blocks are alike wherever they lie. The trap: numbers of a damaged file may be anything, and sums of them wrap; who
decodes must check that pixels came out.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mezzotint.lab.layers import lifting

LEVELS = 3
BLOCK = 1 << LEVELS  # pixels
VARIABLES = 3 * BLOCK * BLOCK
MIDDLE = torch.tensor([128, 0, 0], dtype=torch.int32)[:, None, None]  # of the planes

Whole = NDArray[np.int64]


def coefficients(pixels: Tensor) -> Whole:
    """(B, 3, 8h, 8w) in 0..255 -> (B h w, 192), blocks in raster order, picture after picture."""
    low, bands = lifting.to_ycocg(pixels) - MIDDLE, []
    for _ in range(LEVELS):
        low, rest = lifting.split_map(low)
        bands.append(rest)
    parts = [_differences(low)[:, None], *bands[::-1]]
    cut = [_cut(part, low.shape[2], low.shape[3]) for part in parts]
    return torch.cat(cut, 1).numpy().astype(np.int64)


def picture(values: Whole, rows: int, columns: int) -> Tensor:
    """The inverse of `coefficients` for one picture: (1, 3, 8 rows, 8 columns) int32, whatever the values are."""
    widths = [3, *(9 << 2 * level for level in range(LEVELS))]
    parts = torch.from_numpy(values.astype(np.int32)).split(widths, 1)
    low = _sums(_joined(parts[0], 1, rows, columns)[:, 0])
    for part in parts[1:]:
        low = lifting.merge_map(low, _joined(part, 3, rows, columns))
    return lifting.from_ycocg(low + MIDDLE)


def _cut(bands: Tensor, rows: int, columns: int) -> Tensor:
    """(B, n, 3, s rows, s columns) -> (B rows columns, n * 3 * s * s)."""
    b, n, c, height, width = bands.shape
    cells = bands.reshape(b, n, c, rows, height // rows, columns, width // columns)
    return cells.permute(0, 3, 5, 1, 2, 4, 6).reshape(b * rows * columns, -1)


def _joined(part: Tensor, bands: int, rows: int, columns: int) -> Tensor:
    """The inverse of `_cut` for one picture: (1, bands, 3, s rows, s columns)."""
    side = round((part.shape[1] / (3 * bands)) ** 0.5)
    cells = part.reshape(1, rows, columns, bands, 3, side, side).permute(0, 3, 4, 1, 5, 2, 6)
    return cells.reshape(1, bands, 3, rows * side, columns * side)


def _differences(low: Tensor) -> Tensor:
    """Each number without its left neighbour; those of the first column without the one above."""
    column = torch.diff(low[..., :1], dim=-2, prepend=torch.zeros_like(low[..., :1, :1]))
    return torch.cat((column, torch.diff(low, dim=-1)), -1)


def _sums(differences: Tensor) -> Tensor:
    """The inverse of `_differences`."""
    column = differences[..., :1].cumsum(-2, dtype=torch.int32)
    return torch.cat((column, differences[..., 1:]), -1).cumsum(-1, dtype=torch.int32)
