# SPDX-License-Identifier: Apache-2.0
"""Dense feature enhancement: every layer sees the input and all layers before it; a shortcut round them.

"Densely Connected Convolutional Networks" (CVPR 2017), in the residual form of "Residual Dense Network for Image
Super-Resolution" (CVPR 2018), section 3.2; S2LIC (2024) has it before its analysis and behind its synthesis. The trap:
the last, pointwise layer starts small and not at zero, or the layers before it would learn nothing in the first step.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DenseBlock(nn.Module):
    """(B, C, H, W) -> the same, by ``depth`` 3x3 layers of ``growth`` channels; a depth of 0 is the identity."""

    def __init__(self, channels: int, growth: int, depth: int) -> None:
        super().__init__()
        if growth < 1 or depth < 0:
            raise ValueError(
                f"growth={growth}, depth={depth}: choose a growth of 1 or more and a depth of 0 or more"
            )
        self.layers = nn.ModuleList(
            nn.Conv2d(channels + i * growth, growth, 3, padding=1) for i in range(depth)
        )
        self.fuse = nn.Conv2d(channels + depth * growth, channels, 1) if depth else None
        if self.fuse is not None:
            nn.init.normal_(self.fuse.weight, std=0.1 * (channels + depth * growth) ** -0.5)
            nn.init.zeros_(self.fuse.bias)

    def forward(self, x: Tensor) -> Tensor:
        if self.fuse is None:
            return x
        known = x
        for layer in self.layers:
            known = torch.cat([known, F.leaky_relu(layer(known), 0.2)], 1)
        return x + self.fuse(known)
