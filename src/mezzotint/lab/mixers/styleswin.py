# SPDX-License-Identifier: Apache-2.0
"""StyleSwin's double attention: half of the heads attend in plain windows, the other half in shifted ones.

"StyleSwin: Transformer-based GAN for High-resolution Image Generation" (CVPR 2022), section 3.2. So one layer sees
across the seams of either half at no more cost than plain windows. The trap: a position sees the union of two windows,
and the halves meet only in the output product.
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
    "StyleSwin",
    "window",
    "StyleSwin: Transformer-based GAN for High-resolution Image Generation",
    2022,
    "double attention only: no style modulation, no absolute position, no wavelet discriminator",
)


@MIXERS.register("styleswin", SOURCE)
class StyleSwin(nn.Module):
    """``styleswin(window=8, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    Channels 0 .. C/2 of the attention come from plain windows, the others from windows shifted by window // 2.
    Reach window - 1 (that of the farther of both windows), windows of ``window``.
    """

    def __init__(self, channels: int, window: int = 8, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        if heads % 2:
            raise ValueError(f"{heads} heads cannot be shared by two kinds of window: choose an even number")
        if window < 2:
            raise ValueError(f"a window of {window} cannot be shifted by its half: choose 2 or more")
        self.reach, self.aligned = window - 1, window
        self.heads = heads // 2
        self.halves = (Windows(window, window), Windows(window, window, window // 2, window // 2))
        self.qkv = pointwise(
            channels, 3 * channels
        )  # rows: q, k, v of the plain half, then of the shifted one
        self.bias = nn.ModuleList(RelativeBias(window, window, self.heads) for _ in self.halves)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = []
        for qkv, windows, bias in zip(self.qkv(x).chunk(2, 1), self.halves, self.bias, strict=True):
            q, k, v = qkv.chunk(3, 1)  # (B, C / 2, H, W) each
            parts.append(attend_in_windows(q, k, v, self.heads, windows, bias()))
        return self.out(torch.cat(parts, 1))
