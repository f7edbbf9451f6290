# SPDX-License-Identifier: Apache-2.0
"""An upsampler between two separable-convolution residual blocks, beside a bilinear skip.

    x --- + [depthwise, GELU, pointwise] --- convolution, pixel shuffle, GELU --- + --- + [the same] ---
     \\                                                                           /
      `--- pointwise where channels differ --- twice the size, bilinear ---------'

"NERV++: An Enhanced Implicit Neural Video Representation" (Ghorbel, Hamidouche and Morin, 2024). The separable blocks
cost few weights, which are the bitstream; the skip carries low frequencies past the shuffle. The trap: residual
branches start near zero, so the block begins as the plain one plus its skip.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.upsample import UPSAMPLERS, shuffled
from mezzotint.lab.registry import Source

SOURCE = Source(
    "NeRV++",
    "separable",
    "NERV++: An Enhanced Implicit Neural Video Representation",
    2024,
    "one separable convolution a residual block, without a norm",
)
BEGIN = 0.1  # gain of a residual branch at the start


class SeparableResidual(nn.Module):
    """(B, C, h, w) -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depth = depthwise(channels, 3)
        self.point = pointwise(channels, channels)
        self.point.weight.data *= BEGIN

    def forward(self, x: Tensor) -> Tensor:
        return x + self.point(F.gelu(self.depth(x)))


@UPSAMPLERS.register("separable_up", SOURCE)
class SeparableUp(nn.Module):
    """``separable_up()``: see above; the skip has weights only where ``inputs`` and ``outputs`` differ."""

    def __init__(self, inputs: int, outputs: int, condition: int) -> None:
        super().__init__()
        self.before, self.after = SeparableResidual(inputs), SeparableResidual(outputs)
        self.conv = shuffled(inputs, outputs)
        self.skip = nn.Identity() if inputs == outputs else pointwise(inputs, outputs, bias=False)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        skip = F.interpolate(self.skip(x), scale_factor=2, mode="bilinear", align_corners=False)
        found: Tensor = self.after(F.gelu(F.pixel_shuffle(self.conv(self.before(x)), 2)) + skip)
        return found
