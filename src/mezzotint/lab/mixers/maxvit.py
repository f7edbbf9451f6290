# SPDX-License-Identifier: Apache-2.0
"""MaxViT's multi-axis attention: inside windows, then on a sparse grid that is spread over the whole picture.

"MaxViT: Multi-Axis Vision Transformer" (ECCV 2022), section 3.2. Block attention has windows of a fixed size; grid
attention has a fixed number of cells, as far apart as the picture demands, so both cost is linear. The trap: the two
together see every cell only while the grid's spacing is not wider than the window, up to window x grid cells a side,
and may miss a sliver of a window at the far border.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.dilated import Groups, attend_in_groups
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.window_attention import WindowAttention, check_side
from mezzotint.lab.layers.windows import pad_to_multiple
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "MaxViT",
    "global",
    "MaxViT: Multi-Axis Vision Transformer",
    2022,
    "both attentions in one mixer, without the MBConv before and the MLPs between them",
)


@MIXERS.register("maxvit", SOURCE)
class MaxViT(nn.Module):
    """``maxvit(window=8, grid=8, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    Both halves have a shortcut; that round the first one is inside, that round both is the block's. Reach: the whole
    picture.
    """

    def __init__(self, channels: int, window: int = 8, grid: int = 8, heads: int = 4) -> None:
        super().__init__()
        self.reach, self.aligned = None, window
        self.block = WindowAttention(channels, window, heads)
        self.grid = GridAttention(channels, grid, heads)

    def forward(self, x: Tensor) -> Tensor:
        local = self.block(x)
        return local + self.grid(x + local)


class GridAttention(nn.Module):
    """(B, C, H, W) -> the same; a cell attends to grid x grid cells, (H / grid, W / grid) apart."""

    def __init__(self, channels: int, grid: int, heads: int) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_side("grid", grid)
        self.side = grid
        self.qkv = pointwise(channels, 3 * channels)
        self.bias = RelativeBias(grid, grid, heads)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        side = self.side
        groups = Groups((height + side - 1) // side, (width + side - 1) // side)
        # Padded to the full grid, so that the table of offsets fits.
        qkv, inside = (pad_to_multiple(m, side, side) for m in (self.qkv(x), torch.ones_like(x[:1, :1])))
        out = attend_in_groups(*qkv.chunk(3, 1), inside, groups, self.bias())
        return self.out(out[:, :, :height, :width])
