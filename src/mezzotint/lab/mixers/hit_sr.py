# SPDX-License-Identifier: Apache-2.0
"""HiT-SR's spatial-channel correlation: windows that may grow large, because the cost is linear in their area.

"HiT-SR: Hierarchical Transformer for Efficient Image Super-Resolution" (ECCV 2024), sections 3.2 and 3.3. There is no
softmax and no key: queries are correlated with the values, in space after a learned projection of the window's N values
to M of a small base window, and over channels with all N. The traps: without a softmax padding must be zero rather
than masked, and the output is of degree six in the input, so a norm belongs before it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads, merge_heads, split_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.windows import from_windows, to_windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "HiT-SR",
    "window",
    "HiT-SR: Hierarchical Transformer for Efficient Image Super-Resolution",
    2024,
    "one window a mixer: it is the stack that lets windows grow from block to block",
)


@MIXERS.register("hit_sr", SOURCE)
class HitSr(nn.Module):
    """``hit_sr(window=16, base=8, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    N = window^2 tokens, M = base^2 (N in windows below the base), queries and values of C / 2 channels, d of
    them a head. Reach window: one more than a window's, for the 3x3 convolution before it; windows of ``window``.
    """

    def __init__(self, channels: int, window: int = 16, base: int = 8, heads: int = 4) -> None:
        super().__init__()
        base = min(base, window)
        if channels % 2:
            raise ValueError(f"{channels} channels cannot be halved: choose an even number")
        if base < 1 or window % base:
            raise ValueError(
                f"a window of {window} is no multiple of the base {base}: choose a divisor as base"
            )
        check_heads(channels // 2, heads)
        self.reach, self.aligned = window, window
        self.window, self.heads = window, heads
        self.features = DualFeatures(channels)
        self.pool = nn.Parameter(pooling(window, base))
        self.place = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, heads))
        self.register_buffer("steps", centre_offsets(window, base), persistent=False)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        tokens, grid = to_windows(self.features(x), self.window, self.window)  # padding is zero from here on
        q, v = tokens.chunk(2, 2)  # (B windows, N, C / 2)
        mixed = torch.cat((self.in_space(q, v), over_channels(q, v)), 2)  # (B windows, N, C)
        return self.out(from_windows(mixed, grid))

    def in_space(self, q: Tensor, v: Tensor) -> Tensor:
        """(B windows, N, C / 2) each -> the same: each query's correlation with the M projected values, times them."""
        v = split_heads(self.pool @ v, self.heads)  # (B windows, heads, M, d)
        q = split_heads(q, self.heads) / v.shape[-1]
        bias = self.place(self.steps).permute(2, 0, 1)[None]  # (1, heads, N, M)
        return merge_heads((q @ v.transpose(-2, -1) + bias) @ v)


class DualFeatures(nn.Module):
    """A pointwise map times a narrow 3x3 network of the same input: (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(1, channels // 5)
        self.linear = pointwise(channels, channels)
        self.squeeze = pointwise(channels, narrow)
        self.local = nn.Conv2d(narrow, narrow, 3, padding=1)
        self.widen = pointwise(narrow, channels)

    def forward(self, x: Tensor) -> Tensor:
        local = F.leaky_relu(self.local(F.leaky_relu(self.squeeze(x), 0.2)), 0.2)
        return self.linear(x) * self.widen(local)


def over_channels(q: Tensor, v: Tensor) -> Tensor:
    """(B, N, c) each -> (B, N, c): values mixed by the (c, c) correlation of queries and values over the N tokens."""
    return v @ (q.transpose(1, 2) @ v / q.shape[1]).transpose(1, 2)


def pooling(window: int, base: int) -> Tensor:
    """(M, N) that takes the mean of each of base x base cells: where the learned projection starts."""
    axis = torch.eye(base).repeat_interleave(window // base, 1) / (window // base)  # (base, window)
    return torch.kron(axis, axis)


def centre_offsets(window: int, base: int) -> Tensor:
    """(N, M, 2) offsets of every token from the middle of every cell of the base, in windows."""
    axis = (torch.arange(window) + 0.5)[:, None] / window - (torch.arange(base) + 0.5)[None] / base
    n, m = window * window, base * base
    rows = axis[:, None, :, None].expand(window, window, base, base).reshape(n, m)
    columns = axis[None, :, None, :].expand(window, window, base, base).reshape(n, m)
    return torch.stack((rows, columns), -1)
