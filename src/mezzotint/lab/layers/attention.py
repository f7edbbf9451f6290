# SPDX-License-Identifier: Apache-2.0
"""Scaled dot-product attention (Vaswani et al., NeurIPS 2017) in plain products, which every exporter understands."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(B, N, C) -> (B, heads, N, C / heads)."""
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """The inverse of `split_heads`."""
    return x.transpose(1, 2).flatten(2)


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
    """(B, heads, N, d) x (B, heads, K, d) x (B, heads, K, e) -> (B, heads, N, e); ``bias`` is added to the scores."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)  # (B, heads, N, K)
    if bias is not None:
        scores = scores + bias
    return torch.softmax(scores, -1) @ v


def check_heads(channels: int, heads: int) -> None:
    """ValueError when the channels cannot be shared out."""
    if heads < 1 or channels % heads:
        raise ValueError(f"{channels} channels cannot be split into {heads} heads: choose a divisor")


class SelfAttention(nn.Module):
    """Tokens (B, N, C) -> the same: queries, keys and values by one linear layer, one more behind."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        check_heads(channels, heads)
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        q, k, v = (split_heads(part, self.heads) for part in self.qkv(x).chunk(3, 2))
        return self.out(merge_heads(attend(q, k, v, bias)))
