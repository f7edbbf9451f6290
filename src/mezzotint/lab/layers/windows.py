# SPDX-License-Identifier: Apache-2.0
"""Cutting a map into windows of tokens and putting it together again, for any height and width.

A map that is not a whole number of windows is padded with zeros at the bottom and on the right; `padding_bias` keeps
attention from seeing the padding. Windows are aligned to the map's origin, so a tile that starts at a multiple of the
window has the same windows as the whole picture (design, section 5).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

MASKED = -1e4  # added to a score that must not count; finite, so that a row of nothing else stays a number


class Grid(NamedTuple):
    """What `from_windows` needs: the map's batch, height and width, and the window's height and width."""

    batch: int
    height: int
    width: int
    rows: int
    columns: int

    @property
    def padded(self) -> tuple[int, int]:
        # Rounded up without a negative number: an exported graph's integer division rounds towards zero.
        down, right = self.height + self.rows - 1, self.width + self.columns - 1
        return down // self.rows * self.rows, right // self.columns * self.columns


def pad_to_multiple(x: Tensor, rows: int, columns: int) -> Tensor:
    """(B, C, H, W) with zeros below and to the right, up to multiples."""
    return F.pad(x, (0, -x.shape[3] % columns, 0, -x.shape[2] % rows))


def to_windows(x: Tensor, rows: int, columns: int) -> tuple[Tensor, Grid]:
    """(B, C, H, W) -> (B * windows, rows * columns, C) tokens, windows in raster order."""
    grid = Grid(x.shape[0], x.shape[2], x.shape[3], rows, columns)
    x = pad_to_multiple(x, rows, columns)
    b, c, h, w = x.shape
    x = x.reshape(b, c, h // rows, rows, w // columns, columns).permute(0, 2, 4, 3, 5, 1)
    return x.reshape(-1, rows * columns, c), grid


def from_windows(tokens: Tensor, grid: Grid) -> Tensor:
    """The inverse of `to_windows`, the padding cut off."""
    h, w = grid.padded
    x = tokens.reshape(grid.batch, h // grid.rows, w // grid.columns, grid.rows, grid.columns, -1)
    x = x.permute(0, 5, 1, 3, 2, 4).reshape(grid.batch, -1, h, w)
    return x[:, :, : grid.height, : grid.width]


def padding_bias(grid: Grid, device: torch.device) -> Tensor:
    """(B * windows, 1, 1, rows * columns): 0 for true tokens, MASKED for padding; add it to the scores of keys."""
    inside = torch.ones(1, 1, grid.height, grid.width, device=device)
    tokens, _ = to_windows(inside, grid.rows, grid.columns)
    return ((1 - tokens) * MASKED).transpose(1, 2)[:, None].repeat(grid.batch, 1, 1, 1)
