# SPDX-License-Identifier: Apache-2.0
"""A convolution whose kernel is made anew in every cell, from the cell and the prototype of its region.

    x --- norm ---+--- 1x1, 1x1 --- values ---+--- convolution, kernels a cell --- channel gates --- 1x1 --- + x
                  |                           |              |
                  +--- means over regions ----+--- 1x1, 3x3 -+

"Region-Adaptive Transform with Segmentation Prior for Image Compression" (SegPIC, ECCV 2024), the region-adaptive
transform: kernels are depthwise, and start about the identity. The traps: values and the kernels that multiply them
both come from x, so without the norm the output grows as its square; and with a last layer that starts at zero, behind
others that do, kernels learn nothing in a short run.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import check_odd, pointwise
from mezzotint.lab.layers.norm import ChannelNorm
from mezzotint.lab.layers.regions import prototypes
from mezzotint.lab.layers.reweight import Reweight


class RegionAdaptive(nn.Module):
    """x (B, C, H, W), regions (B or 1, h, w) int64 -> (B, C, H, W)."""

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__()
        check_odd(kernel)
        self.kernel = kernel
        self.norm = ChannelNorm(channels)
        self.values = nn.Sequential(
            pointwise(channels, channels), nn.LeakyReLU(0.1), pointwise(channels, channels)
        )
        self.join = pointwise(2 * channels, channels)
        self.taps = nn.Conv2d(channels, channels * kernel**2, kernel, padding=kernel // 2, groups=channels)
        nn.init.normal_(self.taps.weight, std=0.1)
        middle = torch.zeros(channels, kernel**2)
        middle[:, kernel**2 // 2] = 1
        self.taps.bias.data = middle.flatten()  # kernels start near the identity
        self.gates = Reweight(channels)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor, regions: Tensor) -> Tensor:
        normed = self.norm(x)
        values = self.values(normed)
        with torch.autocast(x.device.type, enabled=False):  # sums over many cells
            means = prototypes(normed.float(), regions).to(values.dtype)
        kernels = self.taps(F.leaky_relu(self.join(torch.cat([values, means], 1)), 0.1))  # (B, C k^2, H, W)
        return x + self.out(self.gates(convolve(values, kernels, self.kernel)))


def convolve(x: Tensor, kernels: Tensor, size: int) -> Tensor:
    """x (B, C, H, W), kernels (B, C size^2, H, W), of each cell in raster order -> (B, C, H, W); zeros all round."""
    around = F.unfold(x, size, padding=size // 2).view(len(x), x.shape[1], size**2, *x.shape[2:])
    return (around * kernels.view_as(around)).sum(2)
