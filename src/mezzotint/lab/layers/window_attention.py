# SPDX-License-Identifier: Apache-2.0
"""Window attention with a relative position bias (Swin, ICCV 2021, section 3.2), the local half of dual mixers."""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.shifted import Windows, attend_in_windows


def check_side(name: str, size: int) -> None:
    """ValueError when a window, grid or spacing has no cells."""
    if size < 1:
        raise ValueError(f"{name}={size} holds no cells: choose 1 or more")


class WindowAttention(nn.Module):
    """(B, C, H, W) -> the same; cells attend inside aligned windows of ``window`` x ``window``."""

    def __init__(self, channels: int, window: int, heads: int) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_side("window", window)
        self.heads, self.windows = heads, Windows(window, window)
        self.qkv = pointwise(channels, 3 * channels)
        self.bias = RelativeBias(window, window, heads)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, 1)  # (B, C, H, W) each
        return self.out(attend_in_windows(q, k, v, self.heads, self.windows, self.bias()))
