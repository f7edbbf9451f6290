# SPDX-License-Identifier: Apache-2.0
"""DiNAT: every cell attends to its own neighbourhood of cells, first to adjacent ones, then to dilated ones.

"Dilated Neighborhood Attention Transformer" (2022), section 3, on "Neighborhood Attention Transformer" (CVPR 2023),
section 3.1. Neighbourhoods slide with the cell, so there are no seams. At a border the neighbourhood does not shrink:
it moves inward, so a corner sees kernel - 1 cells one way. The trap: unfolding keys for every cell costs kernel^2
copies; here small tiles of cells share one gathered stretch of keys, and a mask leaves each its own.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads
from mezzotint.lab.layers.convolution import check_odd, pointwise
from mezzotint.lab.layers.window_attention import check_side
from mezzotint.lab.layers.windows import MASKED
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "DiNAT",
    "global",
    "Dilated Neighborhood Attention Transformer",
    2022,
    "the plain and the dilated layer in one mixer, without the MLP between them",
)
TILE = 4  # cells a side that share gathered keys


@MIXERS.register("dinat", SOURCE)
class DiNAT(nn.Module):
    """``dinat(kernel=7, dilation=4, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    Both halves have a shortcut; that round the first one is inside, that round both is the block's. Reach is finite,
    see `reach_of`; no windows.
    """

    def __init__(self, channels: int, kernel: int = 7, dilation: int = 4, heads: int = 4) -> None:
        super().__init__()
        self.near = Neighbourhood(channels, kernel, 1, heads)
        self.far = Neighbourhood(channels, kernel, dilation, heads)
        self.reach, self.aligned = reach_of(kernel, dilation), 1

    def forward(self, x: Tensor) -> Tensor:
        near = self.near(x)
        return near + self.far(x + near)


def reach_of(kernel: int, dilation: int) -> int:
    """The farthest cell that an output depends on: that of a corner, where both neighbourhoods have moved inward."""
    farthest = 0
    for near in range(kernel):  # what the corner's own neighbourhood holds
        step, place = divmod(near, dilation)
        last = max(step - kernel // 2, 0) + kernel - 1  # of the dilated one, in steps
        farthest = max(farthest, place + dilation * last)
    return farthest


class Neighbourhood(nn.Module):
    """(B, C, H, W) -> the same; each cell attends to kernel x kernel cells ``dilation`` apart, itself among them."""

    def __init__(self, channels: int, kernel: int, dilation: int, heads: int) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_odd(kernel)
        check_side("dilation", dilation)
        self.kernel, self.dilation, self.heads = kernel, dilation, heads
        self.qkv = pointwise(channels, 3 * channels)
        self.table = nn.Parameter(0.02 * torch.randn(heads, (2 * kernel - 1) ** 2))  # a bias for each offset
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        down, across = (Axis.of(side, self.kernel, self.dilation, x.device) for side in (h, w))
        q, k, v = self.qkv(x).flatten(2).transpose(1, 2).chunk(3, 2)  # (B, N, C) each
        q = self.tiles(q, pairs(down.queries * w, across.queries))  # (B, tiles, heads, t t, d)
        k, v = (self.tiles(m, pairs(down.keys * w, across.keys)) for m in (k, v))  # (B, tiles, heads, s s, d)
        out = attend(q, k, v, self.bias(down, across)).transpose(2, 3).reshape(b, -1, c)  # (B, tiles t t, C)
        t, (tiles, t2) = down.queries.shape[1], across.queries.shape
        tile = down.tile[:, None] * tiles + across.tile  # (H, W)
        place = (tile * t + down.cell[:, None]) * t2 + across.cell
        return self.out(out[:, place.flatten()].transpose(1, 2).reshape(x.shape))

    def tiles(self, tokens: Tensor, index: Tensor) -> Tensor:
        """(B, N, C) and (tiles, n) -> (B, tiles, heads, n, d): whole tokens are gathered, which is quick."""
        gathered = tokens[:, index.flatten()].reshape(tokens.shape[0], *index.shape, self.heads, -1)
        return gathered.transpose(2, 3)

    def bias(self, down: Axis, across: Axis) -> Tensor:
        """(tiles, heads, t t, s s): of each offset, and MASKED where a key is no neighbour."""
        index = pairs(down.offsets.flatten(1) * (2 * self.kernel - 1), across.offsets.flatten(1))
        hidden = (1 - pairs(down.seen.flatten(1), across.seen.flatten(1), product=True)) * MASKED
        both = self.table[:, index] + hidden  # (heads, tiles, t s t s)
        (t, s), (t2, s2) = down.seen.shape[1:], across.seen.shape[1:]
        both = both.reshape(self.heads, -1, t, s, t2, s2).permute(1, 0, 2, 4, 3, 5)
        return both.reshape(-1, self.heads, t * t2, s * s2)


def pairs(down: Tensor, across: Tensor, product: bool = False) -> Tensor:
    """(tiles, n) x (tiles', m) -> (tiles tiles', n m): sums, or products, of every tile with every other."""
    down, across = down[:, None, :, None], across[None, :, None]
    return (down * across if product else down + across).flatten(2).flatten(0, 1)


class Axis(NamedTuple):
    """Which places of an axis each tile queries and reads; t cells a tile, s keys for all of them."""

    queries: Tensor  # (tiles, t) places
    keys: Tensor  # (tiles, s) places
    offsets: Tensor  # (tiles, t, s) key - query in steps of the dilation, from 0
    seen: Tensor  # (tiles, t, s) 1.0 where the key is a neighbour of the query
    tile: Tensor  # (length,) the tile that each place is in
    cell: Tensor  # (length,) and its number there

    @classmethod
    def of(cls, length: int, kernel: int, dilation: int, device: torch.device) -> Axis:
        """Cells of equal place modulo ``dilation`` form a line of their own, which is cut into tiles."""
        longest = (length + dilation - 1) // dilation
        t = min(TILE, longest)
        s, tiles = min(t + kernel - 1, longest), (longest + t - 1) // t
        steps = torch.arange(max(s, tiles, dilation, t), device=device)
        line = steps[:dilation, None, None]  # (dilation, 1, 1)
        cells = ((length - 1 - line).div(dilation, rounding_mode="floor") + 1).clamp(min=1)
        first = steps[None, :tiles, None] * t
        query = torch.minimum(first + steps[:t], cells - 1)  # (dilation, tiles, t)
        start = _between(query - kernel // 2, cells - kernel)
        key = _between(first - kernel // 2, cells - s) + steps[:s]  # (dilation, tiles, s)
        query, start, key_of_all = query[..., None], start[..., None], key[:, :, None]
        seen = (key_of_all >= start) & (key_of_all < start + kernel) & (key_of_all < cells[..., None])
        offsets = (key_of_all - query).clamp(1 - kernel, kernel - 1) + kernel - 1
        places = torch.arange(length, device=device)
        in_line = places.div(dilation, rounding_mode="floor")
        return cls(
            (query[..., 0] * dilation + line).clamp(max=length - 1).flatten(0, 1),
            (torch.minimum(key, cells - 1) * dilation + line).clamp(max=length - 1).flatten(0, 1),
            offsets.flatten(0, 1),
            seen.float().flatten(0, 1),
            places.remainder(dilation) * tiles + in_line.div(t, rounding_mode="floor"),
            in_line.remainder(t),
        )


def _between(x: Tensor, most: Tensor) -> Tensor:
    return torch.minimum(x, most).clamp(min=0)
