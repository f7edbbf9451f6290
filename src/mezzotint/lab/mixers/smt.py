# SPDX-License-Identifier: Apache-2.0
"""SMT's scale-aware modulation: depthwise heads of growing kernels, aggregated across heads, multiply the values.

"Scale-Aware Modulation Meet Transformer" (ICCV 2023), section 3: multi-head mixed convolution (MHMC), then
scale-aware aggregation (SAA). The trap: aggregation first shuffles, so that each of its groups holds one channel of
every head; grouped the plain way it would mix channels of one scale only.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "SMT",
    "global",
    "Scale-Aware Modulation Meet Transformer",
    2023,
    "the modulation; a stack turns to attention with depth by naming other mixers there. No batch norm",
)


@MIXERS.register("smt", SOURCE)
class SMT(nn.Module):
    """``smt(heads=4, expand=2)``: (B, C, H, W) -> (B, C, H, W).

    Head i of n convolves d = C / n channels with a kernel of 3 + 2 i; a group of the aggregation has n channels, and
    ``expand`` times as many behind it. Reach heads, no windows.
    """

    def __init__(self, channels: int, heads: int = 4, expand: int = 2) -> None:
        super().__init__()
        check_heads(channels, heads)
        if expand < 1:
            raise ValueError(f"expand={expand} leaves no channels: choose 1 or more")
        self.reach, self.aligned = heads, 1  # the largest kernel is 2 heads + 1
        self.heads = heads
        d = channels // heads
        self.value = pointwise(channels, channels)
        self.input = pointwise(channels, channels)
        self.scales = nn.ModuleList(depthwise(d, 3 + 2 * i) for i in range(heads))
        self.groups = nn.Conv2d(channels, expand * channels, 1, groups=d)
        nn.init.normal_(self.groups.weight, std=heads**-0.5)
        nn.init.zeros_(self.groups.bias)
        self.across = pointwise(expand * channels, channels)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.modulator(x) * self.value(x))

    def modulator(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W), what the values are multiplied by."""
        return self.across(F.gelu(self.groups(self.shuffled(self.input(x)))))

    def shuffled(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same after each head's kernel; channel c of head i stands at c * heads + i."""
        parts = [scale(part) for scale, part in zip(self.scales, x.chunk(self.heads, 1), strict=True)]
        return torch.stack(parts, 2).flatten(1, 2)
