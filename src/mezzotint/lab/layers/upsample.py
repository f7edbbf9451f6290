# SPDX-License-Identifier: Apache-2.0
"""Blocks that double a map's sides, of which networks that are videos are stacked; the plain one is here.

    UPSAMPLERS.build(spec, inputs, outputs, condition): (x (B, inputs, h, w), t (B, condition)) -> (B, outputs, 2h, 2w)

``t`` describes the frame; blocks that do not look at it still take it. "NeRV: Neural Representations for Videos" (Chen
et al., NeurIPS 2021), section 3.1: a convolution to four times the channels, a pixel shuffle, an activation.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.registry import Registry, Source

UPSAMPLERS = Registry("upsampling block")

SOURCE = Source("NeRV", "plain", "NeRV: Neural Representations for Videos", 2021, "sides are doubled, always")


def shuffled(inputs: int, outputs: int) -> nn.Conv2d:
    """A 3x3 convolution to 4 ``outputs`` channels that keeps the size of the signal, to be shuffled."""
    conv = nn.Conv2d(inputs, 4 * outputs, 3, padding=1)
    nn.init.normal_(conv.weight, std=(9 * inputs) ** -0.5)
    nn.init.zeros_(conv.bias)
    return conv


@UPSAMPLERS.register("plain_up", SOURCE)
class PlainUp(nn.Module):
    """``plain_up()``: convolution, pixel shuffle, GELU."""

    def __init__(self, inputs: int, outputs: int, condition: int) -> None:
        super().__init__()
        self.conv = shuffled(inputs, outputs)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return F.gelu(F.pixel_shuffle(self.conv(x), 2))
