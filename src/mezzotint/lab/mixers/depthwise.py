# SPDX-License-Identifier: Apache-2.0
"""Depthwise convolution: every channel filters its own neighbourhood (Chollet, CVPR 2017; the mixer of DCVC's blocks).

Reach is finite, kernel // 2 on each side, so it obeys the tile rule.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.convolution import check_odd
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "DCVC-DC",
    "convolution",
    "Neural Video Compression with Diverse Contexts",
    2023,
    "the depthwise convolution alone: no pointwise maps before and behind it, no activation",
)


@MIXERS.register("depthwise", SOURCE)
class Depthwise(nn.Module):
    """``depthwise(kernel=3)``: (B, C, H, W) -> (B, C, H, W). Reach kernel // 2, no windows.

    Starts near the identity, so that a fresh block mixes channels only.
    """

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__()
        check_odd(kernel)
        self.reach, self.aligned = kernel // 2, 1
        self.conv = nn.Conv2d(channels, channels, kernel, padding=self.reach, groups=channels)
        nn.init.normal_(self.conv.weight, std=0.02)
        self.conv.weight.data[:, 0, self.reach, self.reach] += 1.0
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)
