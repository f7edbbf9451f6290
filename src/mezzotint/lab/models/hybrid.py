# SPDX-License-Identifier: Apache-2.0
"""A block that halves its channels: a convolution for detail, scans and band weights for what lies far apart.

    x --- norm ---+--- half: convolution ------------------------+--- 1x1 --- + x --- norm, MLP --- + --- out
                  +--- half: scans --- DCT bands weighted --------+

"Hybrid Convolution and Frequency State Space Network for Image Compression" (HCFSSNet, 2025), which joins a convolution
with its vision frequency state space block. The trap: a block starts with the size that its shortcut has, so the join
starts with unit gain behind a norm, as in metablock.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.frequency_modulation import FrequencyModulation
from mezzotint.lab.layers.mlp import GatedMlp
from mezzotint.lab.layers.norm import ChannelNorm
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.models import parts as parts  # registers the mixers


@dataclass(frozen=True)
class HybridConfig:
    """``detail`` and ``scan`` are specs of mixers; ``weightings`` FrequencyModulations stand behind the scan."""

    detail: str
    scan: str
    weightings: int
    window: int = 8
    squeeze: int = 4


class Hybrid(nn.Module):
    """(B, C, H, W) -> the same; C is even."""

    def __init__(self, channels: int, c: HybridConfig) -> None:
        super().__init__()
        half = channels // 2
        self.detail = MIXERS.build(c.detail, half)
        self.scan = MIXERS.build(c.scan, half)
        self.weightings = nn.Sequential(
            *(FrequencyModulation(half, c.window, c.squeeze) for _ in range(c.weightings))
        )
        self.join = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        near, far = x.chunk(2, 1)
        joined: Tensor = self.join(torch.cat([self.detail(near), self.weightings(self.scan(far))], 1))
        return joined


class HybridBlock(nn.Module):
    """(B, C, H, W) -> the same: x + hybrid(norm(x)), then x + MLP(norm(x))."""

    def __init__(self, channels: int, hidden: int, c: HybridConfig) -> None:
        super().__init__()
        self.hybrid_norm, self.mlp_norm = ChannelNorm(channels), ChannelNorm(channels)
        self.hybrid = Hybrid(channels, c)
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.mlp = GatedMlp(channels, hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.gain * self.hybrid(self.hybrid_norm(x))
        return x + self.mlp(self.mlp_norm(x))
