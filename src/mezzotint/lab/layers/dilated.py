# SPDX-License-Identifier: Apache-2.0
"""Cutting a map into groups of cells that lie a fixed spacing apart, and putting it together again.

It is the transpose of cutting windows: a group holds the cells with the same row modulo ``rows`` and column modulo
``columns``, so it reaches across the whole map. A map is padded at the bottom and on the right to whole spacings.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from mezzotint.lab.layers.attention import attend
from mezzotint.lab.layers.windows import MASKED, Grid, pad_to_multiple


@dataclass(frozen=True)
class Groups:
    """Groups of the cells that lie ``rows`` and ``columns`` apart."""

    rows: int
    columns: int

    def split(self, x: Tensor, heads: int) -> Tensor:
        """(B, heads d, H, W) -> (B * groups, heads, N, d), N = the cells of a group in raster order."""
        x = pad_to_multiple(x, self.rows, self.columns)
        b, c, h, w = x.shape
        x = x.reshape(b, heads, c // heads, h // self.rows, self.rows, w // self.columns, self.columns)
        return x.permute(0, 4, 6, 1, 3, 5, 2).reshape(b * self.rows * self.columns, heads, -1, c // heads)

    def join(self, x: Tensor, batch: int, height: int, width: int) -> Tensor:
        """The inverse of `split`: (batch, heads d, height, width)."""
        heads, d = x.shape[1], x.shape[3]
        h, w = Grid(batch, height, width, self.rows, self.columns).padded
        x = x.reshape(batch, self.rows, self.columns, heads, h // self.rows, w // self.columns, d)
        x = x.permute(0, 3, 6, 4, 1, 5, 2).reshape(batch, heads * d, h, w)
        return x[:, :, :height, :width]


def attend_in_groups(q: Tensor, k: Tensor, v: Tensor, inside: Tensor, groups: Groups, bias: Tensor) -> Tensor:
    """(B, C, H, W) each -> (B, C, H, W): cells of one group attend to each other.

    ``inside`` (1 or B, 1, H, W) is 1 where there is picture, 0 in padding; ``bias`` (1, heads, N, N).
    """
    b, _, h, w = q.shape
    heads = bias.shape[1]
    hidden = (1 - groups.split(inside.expand(b, -1, -1, -1), 1)).transpose(
        2, 3
    ) * MASKED  # (B groups, 1, 1, N)
    out = attend(*(groups.split(part, heads) for part in (q, k, v)), bias + hidden)
    return groups.join(out, b, h, w)
