# SPDX-License-Identifier: Apache-2.0
"""RobustFormer: every cell attends to wavelet sub-bands, a quarter as many a level, and no inverse wavelet follows.

"RobustFormer: Noise-Robust Pre-training for images and videos", 2024. Channels are cut by four a level before the
wavelet, so keys and values have the sub-bands as channels and nothing is lost but what the pointwise map drops. The
trap: attention alone does not know places; they are told by the fixed sines of masked autoencoders, computed for
any size, a sub-band token standing in the middle of its cells.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads, merge_heads, split_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.wavelet import haar_split
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "RobustFormer",
    "frequency",
    "RobustFormer: Noise-Robust Pre-training for images and videos",
    2024,
    scaled_down="still pictures only, and without the masked pre-training",
)


@MIXERS.register("robustformer", SOURCE)
class RobustFormer(nn.Module):
    """``robustformer(levels=1, heads=4)`` on (B, C, H, W); N = H W queries, K = N / 4^levels keys. Reach: all."""

    def __init__(self, channels: int, levels: int = 1, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        if levels < 0 or channels % 4 ** max(levels, 1):
            raise ValueError(
                f"{channels} channels cannot be split into the 4^{levels} sub-bands of levels={levels}"
            )
        self.reach, self.aligned = None, 2**levels
        self.levels, self.heads = levels, heads
        self.reduce = pointwise(channels, channels // 4**levels)
        self.query = pointwise(channels, channels)
        self.key = pointwise(channels, channels)
        self.value = pointwise(channels, channels)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        bands = self.reduce(x)
        for _ in range(self.levels):
            bands = haar_split(bands).flatten(1, 2)  # four times the channels, half the sides
        q, k = self.query(x + places(x, 0)), self.key(bands + places(bands, self.levels))
        parts = (part.flatten(2).transpose(1, 2) for part in (q, k, self.value(bands)))  # (B, N or K, C)
        mixed = merge_heads(attend(*(split_heads(part, self.heads) for part in parts)))
        return self.out(mixed.transpose(1, 2).unflatten(2, x.shape[2:]))


def places(x: Tensor, level: int) -> Tensor:
    """(C, H, W) sines and cosines of each token's row, then of its column, in cells of level 0."""
    c, h, w = x.shape[1:]
    channels, rows, columns = (torch.arange(n, device=x.device, dtype=torch.float32) for n in (c // 4, h, w))
    rates = torch.exp(channels * (-math.log(10000) / (c // 4)))
    angles = (rates[:, None] * (place + 0.5) * 2**level for place in (rows, columns))
    row, column = (torch.cat((angle.sin(), angle.cos())) for angle in angles)  # (C / 2, H), (C / 2, W)
    return torch.cat((row[:, :, None].expand(-1, h, w), column[:, None].expand(-1, h, w)))
