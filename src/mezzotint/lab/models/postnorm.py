# SPDX-License-Identifier: Apache-2.0
"""Swin V2's block, its norms behind mixer and MLP and not before, and a group of such blocks with its own shortcut.

    x --- mixer --- norm --- + --- gated MLP --- norm --- + ---        a block
     \\______________________/ \\__________________________/

"Swin Transformer V2: Scaling Up Capacity and Resolution" (CVPR 2022), section 3.1 (residual post-norm: what a block
adds has a size that does not grow with depth); the shortcut round the group is that of SwinIR (2021) and S2LIC (2024).
The trap: with the norm behind it a block adds much from its first step on, so its gains start below one.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.mlp import GatedMlp
from mezzotint.lab.layers.norm import ChannelNorm
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.models.metablock import mixers_of

START = 0.2  # of the norms' gains


class PostNormBlock(nn.Module):
    """(B, C, H, W) -> the same: x + norm(mixer(x)), then x + norm(MLP(x))."""

    def __init__(self, channels: int, hidden: int, mixer: str) -> None:
        super().__init__()
        self.mixer, self.mixer_norm = MIXERS.build(mixer, channels), ChannelNorm(channels)
        self.mlp, self.mlp_norm = GatedMlp(channels, hidden), ChannelNorm(channels)
        for norm in (self.mixer_norm, self.mlp_norm):
            nn.init.constant_(norm.gain, START)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.mixer_norm(self.mixer(x))
        return x + self.mlp_norm(self.mlp(x))


class ResidualGroup(nn.Module):
    """(B, C, H, W) -> the same: x + blocks(x), ``depth`` of them with a cycle of mixers (see metablock.py)."""

    def __init__(self, depth: int, channels: int, hidden: int, mixer: str) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            *(PostNormBlock(channels, hidden, spec) for spec in mixers_of(mixer, depth))
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.blocks(x)
