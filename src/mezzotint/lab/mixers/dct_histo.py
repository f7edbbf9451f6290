# SPDX-License-Identifier: Apache-2.0
"""DCT-HistoTransformer: attention between the low DCT coefficients of a window, beside a mobile convolution.

"DCT-HistoTransformer: Efficient Lightweight Vision Transformer with DCT Integration", 2024, the DCT-attention and
MobileConv branches. High frequencies are dropped before attention, so its cost falls with the square of what is kept;
the convolution branch carries them. The trap: DCT coefficients differ in size by orders, so queries and keys come from
normalised tokens, and values do not.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads, merge_heads, split_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.dct import window_dct, window_idct
from mezzotint.lab.layers.patch import dct_matrix
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "DCT-HistoTransformer",
    "frequency",
    "DCT-HistoTransformer: Efficient Lightweight Vision Transformer with DCT Integration for histopathological image"
    " analysis",
    2024,
    scaled_down="the DCT is of aligned windows, not of the whole map; no batch norm in the convolution branch",
)


@MIXERS.register("dct_histo", SOURCE)
class DCTHisto(nn.Module):
    """``dct_histo(window=16, keep=0.5, heads=4)`` on (B, C, H, W); T = (keep * window)^2 coefficients stay of a window.

    Reach: the window, so it obeys the tile rule.
    """

    def __init__(self, channels: int, window: int = 16, keep: float = 0.5, heads: int = 4) -> None:
        super().__init__()
        if window < 1 or not 0 < keep <= 1:
            raise ValueError(
                f"window {window}, keep {keep}: keep is a share above 0 and up to 1 of each axis"
            )
        self.reach, self.aligned = max(window - 1, 1), window
        self.attention = DCTAttention(channels, window, max(1, round(keep * window)), heads)
        self.mobile = nn.Sequential(
            pointwise(channels, 2 * channels),
            nn.GELU(),
            depthwise(2 * channels, 3),
            nn.GELU(),
        )
        self.fuse = pointwise(3 * channels, channels)  # the last map of either branch, and their sum

    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(torch.cat((self.attention(x), self.mobile(x)), 1))


class DCTAttention(nn.Module):
    """(B, C, H, W) -> the same: DCT, attention between the lowest ``keep`` x ``keep`` coefficients, inverse DCT."""

    def __init__(self, channels: int, window: int, keep: int, heads: int) -> None:
        super().__init__()
        check_heads(channels, heads)
        self.heads = heads
        self.register_buffer("basis", dct_matrix(window)[:keep], persistent=False)
        self.frequency = nn.Parameter(0.02 * torch.randn(keep * keep, channels))  # tells coefficients apart
        self.norm = nn.LayerNorm(channels)
        self.query_key = nn.Linear(channels, 2 * channels)
        self.value = nn.Linear(channels, channels, bias=False)
        for layer in (self.query_key, self.value):
            nn.init.normal_(layer.weight, std=channels**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        coefficients, grid = window_dct(x, self.basis)  # (B * windows, T, C)
        q, k = self.query_key(self.norm(coefficients) + self.frequency).chunk(2, 2)
        q, k, v = (split_heads(part, self.heads) for part in (q, k, self.value(coefficients)))
        return window_idct(merge_heads(attend(q, k, v)), grid, self.basis)
