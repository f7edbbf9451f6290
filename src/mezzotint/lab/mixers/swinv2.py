# SPDX-License-Identifier: Apache-2.0
"""Swin V2 attention: cosines instead of products, and a position bias that a small network computes from log offsets.

"Swin Transformer V2: Scaling Up Capacity and Resolution" (CVPR 2022), sections 3.3 and 3.4. The bias is a function of
the offset and not a table, so weights trained in one window also serve a larger one. The traps: keys have no bias; a
cosine of a zero vector needs a floor under its root; and the offsets are divided by the window of training, not by the
present one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.position import offsets
from mezzotint.lab.layers.shifted import Windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "SwinV2",
    "window",
    "Swin Transformer V2: Scaling Up Capacity and Resolution",
    2022,
    "attention only: residual post-norm is the block's; one shift a mixer, the stack alternates it",
)


@MIXERS.register("swinv2", SOURCE)
class SwinV2(nn.Module):
    """``swinv2(window=8, heads=4, shift=4, trained=8)``: (B, C, H, W) -> (B, C, H, W).

    N = window^2 tokens of d = C / heads channels. ``shift`` left out is window // 2, and 0 plain windows; ``trained``
    is the window that the weights come from, where it is another. Reach window - 1, windows of ``window``.
    """

    def __init__(
        self,
        channels: int,
        window: int = 8,
        heads: int = 4,
        shift: int | None = None,
        trained: int | None = None,
    ) -> None:
        super().__init__()
        check_heads(channels, heads)
        shift = window // 2 if shift is None else shift
        trained = window if trained is None else trained
        if not 0 <= shift < window or min(window, trained) < 2:
            raise ValueError(
                f"window {window}, shift {shift}, trained {trained}: choose windows of 2 or more, 0 <= shift < window"
            )
        self.reach, self.aligned = window - 1, window
        self.heads = heads
        self.windows = Windows(window, window, shift, shift)
        self.q = pointwise(channels, channels)
        self.k = pointwise(channels, channels, bias=False)
        self.v = pointwise(channels, channels)
        self.log_scale = nn.Parameter(torch.full((1, heads, 1, 1), math.log(10.0)))
        self.position = PositionNetwork(window, trained, heads)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        q, k, v = (self.windows.split(part(x), self.heads) for part in (self.q, self.k, self.v))
        scale = self.log_scale.clamp(max=math.log(100.0)).exp()  # 1 / tau
        scores = (unit(q) * scale) @ unit(k).transpose(-2, -1) + self.position()  # (B windows, heads, N, N)
        mask = self.windows.mask(b, h, w, x.device)
        if mask is not None:
            scores = scores + mask
        return self.out(self.windows.join(torch.softmax(scores, -1) @ v, b, h, w))


class PositionNetwork(nn.Module):
    """() -> (1, heads, N, N) in 0..16, from log-spaced offsets by two layers."""

    def __init__(self, window: int, trained: int, heads: int, hidden: int = 512) -> None:
        super().__init__()
        steps = torch.arange(1 - window, window)
        grid = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), -1) * (8.0 / (trained - 1))
        self.register_buffer("grid", grid.sign() * torch.log2(1 + grid.abs()) / 3, persistent=False)
        shifted = offsets(window, window) + (window - 1)  # (N, N, 2)
        self.register_buffer("index", shifted[..., 0] * (2 * window - 1) + shifted[..., 1], persistent=False)
        self.into = nn.Linear(2, hidden)
        self.out = nn.Linear(hidden, heads, bias=False)

    def forward(self) -> Tensor:
        table = 16 * torch.sigmoid(self.out(torch.relu(self.into(self.grid.flatten(0, 1)))))
        return table[self.index].permute(2, 0, 1)[None]


def unit(x: Tensor) -> Tensor:
    """(..., d) of length 1, but for very short vectors."""
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)
