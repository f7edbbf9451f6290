# SPDX-License-Identifier: Apache-2.0
"""FTIC's frequency-decomposition window attention: four groups of heads in windows of four shapes.

"Frequency-Aware Transformer for Learned Image Compression" (FTIC, ICLR 2024), section 3.2. Small squares are left with
high frequencies, large squares catch low ones, flat and tall windows the two directions; all four look at the same
input and meet in the output product. The trap: the shapes have different numbers of tokens, so each needs a bias table
of its own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.shifted import Windows, attend_in_windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FTIC",
    "window",
    "Frequency-Aware Transformer for Learned Image Compression",
    2024,
    "window attention only, no FFT-gated network; one shift a mixer, the stack alternates it",
)


@MIXERS.register("ftic_windows", SOURCE)
class FticWindows(nn.Module):
    """``ftic_windows(side=4, heads=8, shifted=False)``: (B, C, H, W) -> (B, C, H, W).

    With s = side, groups of C / 4 channels attend in windows of s x s, s x 4s (flat), 4s x s (tall) and 4s x 4s;
    ``shifted`` moves each by half of itself. Reach 4s - 1, windows of 4s.
    """

    def __init__(self, channels: int, side: int = 4, heads: int = 8, shifted: bool = False) -> None:
        super().__init__()
        check_heads(channels, heads)
        if heads % 4:
            raise ValueError(f"{heads} heads cannot be shared by four shapes: choose a multiple of 4")
        if side < 1:
            raise ValueError(f"a window cannot have a side of {side}: choose 1 or more")
        long = 4 * side
        self.reach, self.aligned = long - 1, long
        self.heads = heads // 4
        shapes = ((side, side), (side, long), (long, side), (long, long))
        self.groups = [
            Windows(rows, columns, rows // 2 * shifted, columns // 2 * shifted) for rows, columns in shapes
        ]
        self.qkv = pointwise(
            channels, 3 * channels
        )  # rows: q, k, v of the first group, then of the second ...
        self.bias = nn.ModuleList(RelativeBias(rows, columns, self.heads) for rows, columns in shapes)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = []
        for qkv, windows, bias in zip(self.qkv(x).chunk(4, 1), self.groups, self.bias, strict=True):
            q, k, v = qkv.chunk(3, 1)  # (B, C / 4, H, W) each
            parts.append(attend_in_windows(q, k, v, self.heads, windows, bias()))
        return self.out(torch.cat(parts, 1))
