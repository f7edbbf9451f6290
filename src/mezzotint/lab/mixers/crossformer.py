# SPDX-License-Identifier: Apache-2.0
"""CrossFormer's two attentions: among neighbours, then among cells a fixed interval apart across the whole picture.

"CrossFormer: A Versatile Vision Transformer Hinging on Cross-scale Attention" (ICLR 2022), section 3.2. The
position bias is a small network of the offset (DPB), so it is defined for groups of any size, which the far groups
need: they grow with the picture. The trap: so does their cost, with (H W)^2 / interval^2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.dilated import Groups, attend_in_groups
from mezzotint.lab.layers.position import offsets
from mezzotint.lab.layers.shifted import Windows, attend_in_windows
from mezzotint.lab.layers.window_attention import check_side
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "CrossFormer",
    "global",
    "CrossFormer: A Versatile Vision Transformer Hinging on Cross-scale Attention",
    2022,
    "the pair of attentions and the position bias; no cross-scale embedding, no MLP between the two",
)


@MIXERS.register("crossformer", SOURCE)
class CrossFormer(nn.Module):
    """``crossformer(group=8, interval=4, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    Near groups hold group x group neighbours, far ones H / interval x W / interval cells. Both halves have a shortcut;
    that round the first one is inside, that round both is the block's. Reach: the whole picture.
    """

    def __init__(self, channels: int, group: int = 8, interval: int = 4, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_side("group", group)
        check_side("interval", interval)
        self.reach, self.aligned = None, math.lcm(group, interval)
        self.near = ShortDistance(channels, group, heads)
        self.far = LongDistance(channels, interval, heads)

    def forward(self, x: Tensor) -> Tensor:
        near = self.near(x)
        return near + self.far(x + near)


class ShortDistance(nn.Module):
    """(B, C, H, W) -> the same; attention among ``group`` x ``group`` neighbours."""

    def __init__(self, channels: int, group: int, heads: int) -> None:
        super().__init__()
        self.heads, self.windows = heads, Windows(group, group)
        self.qkv = pointwise(channels, 3 * channels)
        self.bias = PositionNetwork(heads)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        bias = self.bias(self.windows.rows, self.windows.columns)
        return self.out(attend_in_windows(*self.qkv(x).chunk(3, 1), self.heads, self.windows, bias))


class LongDistance(nn.Module):
    """(B, C, H, W) -> the same; attention among the cells that lie multiples of ``interval`` apart."""

    def __init__(self, channels: int, interval: int, heads: int) -> None:
        super().__init__()
        self.interval = interval
        self.qkv = pointwise(channels, 3 * channels)
        self.bias = PositionNetwork(heads)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        rows, columns = ((side + self.interval - 1) // self.interval for side in (height, width))
        groups, inside = Groups(self.interval, self.interval), torch.ones_like(x[:1, :1])
        return self.out(attend_in_groups(*self.qkv(x).chunk(3, 1), inside, groups, self.bias(rows, columns)))


class PositionNetwork(nn.Module):
    """A group's rows and columns -> (1, heads, N, N), N = rows * columns, to add to scores; any group will do."""

    def __init__(self, heads: int, hidden: int = 16) -> None:
        super().__init__()
        self.into = nn.Linear(2, hidden)
        self.between = nn.Linear(hidden, hidden)
        self.norms = nn.ModuleList([nn.LayerNorm(hidden), nn.LayerNorm(hidden)])
        self.last = nn.Linear(hidden, heads)

    def forward(self, rows: int, columns: int) -> Tensor:
        device = self.into.weight.device
        steps = offsets(rows, columns).to(device)  # (N, N, 2)
        # The network sees every offset once, (2 rows - 1) (2 columns - 1) of them.
        down, across = (torch.arange(1 - n, n, device=device) for n in (rows, columns))
        signed = torch.stack(torch.meshgrid(down, across, indexing="ij"), -1)
        h = self.into(signed.flatten(0, 1).float())
        h = self.between(torch.relu(self.norms[0](h)))
        table = self.last(torch.relu(self.norms[1](h)))
        index = (steps[..., 0] + rows - 1) * (2 * columns - 1) + steps[..., 1] + columns - 1
        return table[index].permute(2, 0, 1)[None]
