# SPDX-License-Identifier: Apache-2.0
"""The block that every mixer can stand in: norm, mixer, shortcut; norm, gated MLP, shortcut (pre-norm, as in ViT).

"MetaFormer Is Actually What You Need for Vision" (CVPR 2022), section 3.1: the frame stays, the mixer changes. Two
traps: attention starts with a small output and products of several factors with a large one, so the norm stands before
the mixer and a learned gain a channel behind it; and where a paper alternates (shifted and plain windows, small and
large ones), the alternation is that of the stack, so a spec may name a cycle: ``"swin(shift=0) | swin()"``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.mlp import GatedMlp
from mezzotint.lab.layers.norm import ChannelNorm
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.models import parts as parts  # registers the mixers
from mezzotint.lab.registry import parse_spec


class MetaBlock(nn.Module):
    """(B, C, H, W) -> the same: x + gain * mixer(norm(x)), then x + MLP(norm(x))."""

    def __init__(self, channels: int, hidden: int, mixer: str) -> None:
        super().__init__()
        self.mixer_norm = ChannelNorm(channels)
        self.mixer = MIXERS.build(mixer, channels)
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.mlp_norm = ChannelNorm(channels)
        self.mlp = GatedMlp(channels, hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.gain * self.mixer(self.mixer_norm(x))
        return x + self.mlp(self.mlp_norm(x))


def cycle(spec: str) -> list[str]:
    """``"swin(shift=0) | swin()"`` -> its members; ValueError where one is no spec."""
    members = [member.strip() for member in spec.split("|")]
    for member in members:
        parse_spec(member)
    return members


def mixers_of(spec: str, depth: int) -> list[str]:
    """The spec of each of ``depth`` blocks in a row, the cycle as often as it goes."""
    members = cycle(spec)
    return [members[i % len(members)] for i in range(depth)]


def metastack(depth: int, channels: int, hidden: int, spec: str) -> nn.Sequential:
    return nn.Sequential(*(MetaBlock(channels, hidden, mixer) for mixer in mixers_of(spec, depth)))
