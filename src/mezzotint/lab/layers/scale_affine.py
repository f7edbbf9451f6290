# SPDX-License-Identifier: Apache-2.0
"""A scale and a shift for every number of a map, from the channels of its cell: x (1 + s) + b.

"Region-Adaptive Transform with Segmentation Prior for Image Compression" (SegPIC, ECCV 2024), the scale affine layer,
which stands at every change of resolution. Scales and shifts start at zero: the fresh layer is the identity. The trap:
a scale that grew with x would square it, so scales are read from x behind a norm.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.norm import ChannelNorm


class ScaleAffine(nn.Module):
    """(B, C, H, W) -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.net = nn.Sequential(pointwise(channels, channels), nn.GELU(), pointwise(channels, 2 * channels))
        nn.init.zeros_(self.net[2].weight)

    def forward(self, x: Tensor) -> Tensor:
        scale, shift = self.net(self.norm(x)).chunk(2, 1)
        return x * (1 + scale) + shift
