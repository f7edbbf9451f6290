# SPDX-License-Identifier: Apache-2.0
"""A map as one sequence of tokens in raster order, shared out to heads, and back."""

from __future__ import annotations

from torch import Tensor


def to_tokens(x: Tensor, heads: int) -> Tensor:
    """(B, C, H, W) -> (B, heads, H * W, C / heads)."""
    return x.flatten(2).unflatten(1, (heads, -1)).transpose(2, 3)


def to_map(tokens: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `to_tokens`: (B, heads, height * width, d) -> (B, heads * d, height, width)."""
    return tokens.transpose(2, 3).flatten(1, 2).unflatten(2, (height, width))
