# SPDX-License-Identifier: Apache-2.0
"""Attention of every cell to the averages of aligned windows: the spatial reduction of keys and values that keeps
global attention affordable (LITv2's Lo-Fi heads, NeurIPS 2022; FMViT's lightweight attention, 2023).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads, merge_heads, split_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.windows import pad_to_multiple


def window_means(x: Tensor, size: int) -> Tensor:
    """(B, C, H, W) -> (B, C, ceil(H / size), ceil(W / size)): a window cut by the border averages the cells it has."""
    if size == 1:
        return x
    inside = torch.ones(1, 1, *x.shape[2:], device=x.device, dtype=x.dtype)
    sums, shares = (F.avg_pool2d(pad_to_multiple(m, size, size), size) for m in (x, inside))
    return sums / shares


class PooledAttention(nn.Module):
    """(B, C, H, W) -> (B, width, H, W); queries from every cell, keys and values from windows of ``pool`` cells."""

    def __init__(self, channels: int, width: int, heads: int, pool: int) -> None:
        super().__init__()
        check_heads(width, heads)
        self.heads, self.pool = heads, pool
        self.query = pointwise(channels, width)
        self.key_value = pointwise(channels, 2 * width)
        self.out = pointwise(width, width)

    def forward(self, x: Tensor) -> Tensor:
        k, v = self.key_value(window_means(x, self.pool)).chunk(2, 1)  # (B, width, H / pool, W / pool)
        parts = (part.flatten(2).transpose(1, 2) for part in (self.query(x), k, v))  # (B, tokens, width)
        mixed = merge_heads(attend(*(split_heads(part, self.heads) for part in parts)))
        return self.out(mixed.transpose(1, 2).unflatten(2, x.shape[2:]))
