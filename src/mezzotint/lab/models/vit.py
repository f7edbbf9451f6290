# SPDX-License-Identifier: Apache-2.0
"""Transforms of a ViT tokenizer: patches of 16 x 16 pixels through transformer blocks, beside the skeleton's DCT.

    patches 16x16 --- DCT ------------------------------------------------------- + --- y
        \\                                                                          /
         linear --- + place --- blocks, each window of 16 x 16 patches by itself --- linear (zero at first)

"Vector-quantized Image Modeling with Improved VQGAN" (ICLR 2022), section 3.1: convolutions leave both sides. Its
pictures are of one size; here a window of 256 x 256 pixels is one. The trap: windows do not see each other, so their
borders can show where the shortcut leaves off.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.patch import PatchAnalysis, PatchSynthesis
from mezzotint.lab.layers.token_windows import windows
from mezzotint.lab.layers.transformer import TransformerBlock

SIDE, PATCH = 16, 16  # patches a side of a window, pixels a side of a patch


class Tower(nn.Module):
    """(B, C, h, w) -> the same: places added, then ``depth`` blocks within windows."""

    def __init__(self, channels: int, depth: int, heads: int) -> None:
        super().__init__()
        self.rows, self.columns = (nn.Parameter(0.1 * torch.randn(channels, SIDE)) for _ in range(2))
        self.blocks = nn.ModuleList(TransformerBlock(channels, heads, 2 * channels) for _ in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        cut = windows(*x.shape[2:], SIDE)
        parts = cut.cut(x) + self.rows[:, : cut.rows, None] + self.columns[:, None, : cut.columns]
        tokens = parts.flatten(2).transpose(1, 2)  # (B * n, N, C)
        for block in self.blocks:
            tokens = block(tokens)
        return cut.join(tokens.transpose(1, 2).unflatten(2, (cut.rows, cut.columns)))


class VitAnalysis(nn.Module):
    """x (B, 3, 16h, 16w) in [-1/2, 1/2] -> y (B, M, h, w); ``rows`` and ``spread`` are those of `framed.Start`."""

    def __init__(self, rows: Tensor, spread: Tensor, channels: int, depth: int, heads: int) -> None:
        super().__init__()
        self.shortcut = PatchAnalysis(rows, PATCH)
        self.stem = nn.Conv2d(3, channels, PATCH, stride=PATCH)
        self.tower = Tower(channels, depth, heads)
        self.head = _silent(nn.Conv2d(channels, len(rows), 1))
        nn.init.normal_(self.stem.weight, std=0.1)
        self.register_buffer("spread", spread.view(1, -1, 1, 1).clone())

    def forward(self, x: Tensor, quality: Tensor) -> Tensor:
        """``quality`` is for other transforms: this one has no dial."""
        return self.shortcut(x) + self.head(self.tower(self.stem(x))) * self.spread


class VitSynthesis(nn.Module):
    """y_hat (B, M, h, w) -> x_hat (B, 3, 16h, 16w), not clipped."""

    def __init__(self, rows: Tensor, spread: Tensor, channels: int, depth: int, heads: int) -> None:
        super().__init__()
        self.shortcut = PatchSynthesis(rows, PATCH)
        self.stem = nn.Conv2d(len(rows), channels, 1)
        self.tower = Tower(channels, depth, heads)
        self.head = _silent(nn.Conv2d(channels, 3 * PATCH**2, 1))
        self.register_buffer("gain", (1 / spread).view(1, -1, 1, 1))

    def forward(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        added = self.head(self.tower(self.stem(y_hat * self.gain)))
        return self.shortcut(y_hat) + F.pixel_shuffle(added, PATCH)


def _silent(conv: nn.Conv2d) -> nn.Conv2d:
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)
    return conv
