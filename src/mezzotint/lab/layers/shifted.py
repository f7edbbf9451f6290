# SPDX-License-Identifier: Apache-2.0
"""Rectangular windows that may be shifted off the map's origin (Swin, ICCV 2021, section 3.2), and attention in them.

A shift rolls the map, so that there are no more windows than without one; a window that then holds cells from both ends
of the map, or padding, is masked so that a token sees its own piece only. The trap: pad first and roll after, or a seam
lands inside the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mezzotint.lab.layers.attention import attend
from mezzotint.lab.layers.windows import MASKED, Grid, pad_to_multiple


@dataclass(frozen=True)
class Windows:
    """Windows of ``rows`` x ``columns`` cells that begin at (down, right) and at every multiple from there on."""

    rows: int
    columns: int
    down: int = 0
    right: int = 0

    def split(self, x: Tensor, heads: int) -> Tensor:
        """(B, heads d, H, W) -> (B * windows, heads, N, d), N = rows * columns, in one move of the numbers."""
        x = self._rolled(pad_to_multiple(x, self.rows, self.columns), -1)
        b, c, h, w = x.shape
        x = x.reshape(b, heads, c // heads, h // self.rows, self.rows, w // self.columns, self.columns)
        return x.permute(0, 3, 5, 1, 4, 6, 2).reshape(-1, heads, self.rows * self.columns, c // heads)

    def join(self, x: Tensor, batch: int, height: int, width: int) -> Tensor:
        """The inverse of `split`: (batch, heads d, height, width)."""
        heads, d = x.shape[1], x.shape[3]
        h, w = Grid(batch, height, width, self.rows, self.columns).padded
        x = x.reshape(batch, h // self.rows, w // self.columns, heads, self.rows, self.columns, d)
        x = x.permute(0, 3, 6, 1, 4, 2, 5).reshape(batch, heads * d, h, w)
        return self._rolled(x, 1)[:, :, :height, :width]

    def mask(self, batch: int, height: int, width: int, device: torch.device) -> Tensor | None:
        """(batch * windows, 1, N, N) to add to scores: MASKED between pieces; None where every window is one piece."""
        if not (self.down or self.right or height % self.rows or width % self.columns):
            return None
        # An unshifted window is a number of its own on each axis; what is rolled in from the other end has another one.
        down, right = Grid(batch, height, width, self.rows, self.columns).padded
        y, x = torch.arange(down, device=device), torch.arange(right, device=device)
        y_piece = torch.where(y < height, torch.div(y - self.down, self.rows, rounding_mode="floor"), -2)
        x_piece = torch.where(x < width, torch.div(x - self.right, self.columns, rounding_mode="floor"), -2)
        pieces = torch.stack(torch.broadcast_tensors(y_piece[:, None], x_piece[None])).float()  # (2, H, W)
        labels = self.split(pieces[None], 1)[:, 0]  # (windows, N, 2)
        apart = (labels[:, :, None] - labels[:, None]).abs().amax(-1).clamp(max=1)  # (windows, N, N)
        return (apart * MASKED)[:, None].repeat(batch, 1, 1, 1)

    def _rolled(self, x: Tensor, sign: int) -> Tensor:
        if not (self.down or self.right):
            return x
        return x.roll((sign * self.down, sign * self.right), (2, 3))


def attend_in_windows(q: Tensor, k: Tensor, v: Tensor, heads: int, windows: Windows, bias: Tensor) -> Tensor:
    """(B, C, H, W) each -> (B, C, H, W): tokens of one window attend to each other; ``bias`` (1, heads, N, N)."""
    b, _, h, w = q.shape
    mask = windows.mask(b, h, w, q.device)
    bias = bias if mask is None else bias + mask
    out = attend(*(windows.split(part, heads) for part in (q, k, v)), bias)
    return windows.join(out, b, h, w)
