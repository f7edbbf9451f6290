# SPDX-License-Identifier: Apache-2.0
"""DaViT's dual attention: tokens attend inside windows, then channels attend to each other over the whole picture.

"DaViT: Dual Attention Vision Transformers" (ECCV 2022), section 3. In the second half a token is one
channel's whole map, so the cost is linear in the pixels. The trap: its scores are sums over all positions; without
division by their number the same weights would give another softmax at every picture size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.window_attention import WindowAttention
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "DaViT",
    "global",
    "DaViT: Dual Attention Vision Transformers",
    2022,
    "both attentions in one mixer, without the MLP between them; channel scores are means, with a learned temperature",
)


@MIXERS.register("davit", SOURCE)
class DaViT(nn.Module):
    """``davit(window=8, heads=4, groups=4)``: (B, C, H, W) -> (B, C, H, W).

    N = H W positions, ``groups`` of d = C / groups channels. Both halves have a shortcut; that round the first one is
    inside, that round both is the block's. Reach: the whole picture.
    """

    def __init__(self, channels: int, window: int = 8, heads: int = 4, groups: int = 4) -> None:
        super().__init__()
        self.reach, self.aligned = None, window
        self.spatial = WindowAttention(channels, window, heads)
        self.channel = ChannelGroupAttention(channels, groups)

    def forward(self, x: Tensor) -> Tensor:
        local = self.spatial(x)
        return local + self.channel(x + local)


class ChannelGroupAttention(nn.Module):
    """(B, C, H, W) -> the same; within each group every channel is a weighted sum of the group's channels."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        check_heads(channels, groups)
        self.groups = groups
        self.qkv = pointwise(channels, 3 * channels)
        self.temperature = nn.Parameter(torch.full((1, groups, 1, 1), 4.0))
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = self.qkv(x).flatten(2).chunk(3, 1)
        q, k, v = (part.unflatten(1, (self.groups, -1)) for part in parts)  # (B, groups, d, N)
        scores = (q * (1 / q.shape[3])) @ k.transpose(2, 3)  # (B, groups, d, d)
        mixed = torch.softmax(scores * self.temperature, -1) @ v
        return self.out(mixed.flatten(1, 2).unflatten(2, x.shape[2:]))
