# SPDX-License-Identifier: Apache-2.0
"""The mixing half of DCVC's blocks: pointwise, activation, depthwise, pointwise.

"Towards Practical Real-Time Neural Video Compression" (DCVC-RT, CVPR 2025), its DepthConvBlock; the same four steps as
in DCVC-DC (CVPR 2023), with the newer activation. The trap: the depthwise convolution pads the hidden map, behind the
pointwise bias and the activation, not the input.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "DCVC-RT",
    "convolution",
    "Towards Practical Real-Time Neural Video Compression",
    2025,
    "mixing half of the block; its shortcut and pointwise half are those of the block round it",
)


@MIXERS.register("dcvc", SOURCE)
class Dcvc(nn.Module):
    """``dcvc(kernel=3)``: (B, C, H, W) -> (B, C, H, W). Reach kernel // 2, no windows."""

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__()
        self.reach, self.aligned = kernel // 2, 1
        self.into = pointwise(channels, channels)
        self.spatial = depthwise(channels, kernel)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        h = self.into(x)  # (B, C, H, W)
        return self.out(self.spatial(h * torch.sigmoid(4 * h)))  # a SiLU four times as steep
