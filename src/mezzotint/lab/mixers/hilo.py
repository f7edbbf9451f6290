# SPDX-License-Identifier: Apache-2.0
"""HiLo: some heads attend inside small windows (high frequencies), the others to window averages (low frequencies).

LITv2, "Fast Vision Transformers with HiLo Attention", NeurIPS 2022, its HiLo attention. Each group of heads has its own
projections and gives its own channels. The trap: a window that the border cuts must be averaged over the cells it has
and must not attend to its padding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.pooled import PooledAttention
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.shifted import Windows, attend_in_windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "LITv2-HiLo",
    "frequency",
    "Fast Vision Transformers with HiLo Attention",
    2022,
    scaled_down="a relative position bias in the windows, in place of the depthwise convolution in LITv2's MLP",
)


@MIXERS.register("hilo", SOURCE)
class HiLo(nn.Module):
    """``hilo(window=4, alpha=0.5, heads=4)`` on (B, C, H, W); ``alpha`` is the share of low-frequency heads.

    Reach: the whole picture, but for alpha=0, where it is the window.
    """

    def __init__(self, channels: int, window: int = 4, alpha: float = 0.5, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        if not 0 <= alpha <= 1 or window < 1:
            raise ValueError(
                f"alpha {alpha} is outside 0..1 or window {window} below 1: alpha is a share of the heads"
            )
        low_heads = int(alpha * heads)
        low = channels // heads * low_heads
        self.reach, self.aligned = (None if low else window - 1), window
        parts: list[nn.Module] = []
        if low < channels:
            parts.append(WindowAttention(channels, channels - low, heads - low_heads, window))
        if low:
            parts.append(PooledAttention(channels, low, low_heads, window))
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([part(x) for part in self.parts], 1)


class WindowAttention(nn.Module):
    """Hi-Fi heads: (B, C, H, W) -> (B, width, H, W), attention inside each window."""

    def __init__(self, channels: int, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.windows = heads, Windows(window, window)
        self.qkv = pointwise(channels, 3 * width)
        self.out = pointwise(width, width)
        self.position = RelativeBias(window, window, heads)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, 1)  # (B, width, H, W) each
        return self.out(attend_in_windows(q, k, v, self.heads, self.windows, self.position()))
