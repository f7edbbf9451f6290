# SPDX-License-Identifier: Apache-2.0
"""Cascaded group attention: each head gets its own slice of the channels, plus what the head before it has found.

"EfficientViT: Memory Efficient Vision Transformer with Cascaded Group Attention" (CVPR 2023), section 3.1. Slices
instead of the whole input make queries, keys and values cheaper with every head; the cascade makes heads differ and
deepens the mixer. The trap: heads run one after the other, so many heads are cheap in products but not in time.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.shifted import Windows
from mezzotint.lab.layers.window_attention import check_side
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "EfficientViT-CGA",
    "global",
    "EfficientViT: Memory Efficient Vision Transformer with Cascaded Group Attention",
    2023,
    "the attention only, not the sandwich of MLPs round it; no batch norm",
)


@MIXERS.register("efficientvit_cga", SOURCE)
class CascadedGroupAttention(nn.Module):
    """``efficientvit_cga(window=8, heads=4, key=16, kernel=5)``: (B, C, H, W) -> (B, C, H, W).

    d = C / heads channels a slice, ``key`` channels a query, N = window^2 tokens. Reach window - 1, windows of
    ``window``: the depthwise convolution of the queries stops at the window's edge, too.
    """

    def __init__(
        self, channels: int, window: int = 8, heads: int = 4, key: int = 16, kernel: int = 5
    ) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_side("window", window)
        check_side("key", key)
        self.reach, self.aligned = window - 1, window
        self.windows, self.heads, self.key = Windows(window, window), heads, key
        d = channels // heads
        self.qkv = nn.ModuleList(pointwise(d, 2 * key + d) for _ in range(heads))
        self.around = nn.ModuleList(depthwise(key, kernel) for _ in range(heads))
        self.bias = nn.ModuleList(RelativeBias(window, window, 1) for _ in range(heads))
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        side, mask = self.windows.rows, self.windows.mask(b, h, w, x.device)
        parts = self.windows.split(x, 1).transpose(2, 3).reshape(-1, x.shape[1], side, side)
        found = torch.cat(self.cascade(parts, mask), 1)  # (B windows, C, N)
        return self.out(torch.relu(self.windows.join(found.transpose(1, 2)[:, None], b, h, w)))

    def cascade(self, x: Tensor, mask: Tensor | None) -> list[Tensor]:
        """(B windows, C, side, side) -> what each head found, (B windows, d, N) each."""
        found: list[Tensor] = []
        for i, part in enumerate(x.chunk(self.heads, 1)):
            part = part + found[-1].view_as(part) if found else part  # (B windows, d, side, side)
            q, k, v = self.qkv[i](part).split([self.key, self.key, part.shape[1]], 1)
            q, k, v = (m.flatten(2).transpose(1, 2) for m in (self.around[i](q), k, v))  # (B windows, N, .)
            bias = self.bias[i]() if mask is None else self.bias[i]() + mask
            found.append(attend(q[:, None], k[:, None], v[:, None], bias)[:, 0].transpose(1, 2))
        return found
