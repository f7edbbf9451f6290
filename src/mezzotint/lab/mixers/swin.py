# SPDX-License-Identifier: Apache-2.0
"""Swin attention: tokens attend inside square windows, which every other block shifts by half a window.

"Swin Transformer: Hierarchical Vision Transformer using Shifted Windows" (ICCV 2021), section 3.2. The trap: one mixer
has one shift. A stack must alternate ``shift=0`` with the default of half a window, or nothing ever crosses a seam.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.position import RelativeBias
from mezzotint.lab.layers.shifted import Windows, attend_in_windows
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "Swin",
    "window",
    "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
    2021,
    "one shift a mixer: the alternation is the stack's, and so are the stages that merge patches",
)


@MIXERS.register("swin", SOURCE)
class Swin(nn.Module):
    """``swin(window=8, heads=4, shift=4)``: (B, C, H, W) -> (B, C, H, W).

    ``shift`` left out is window // 2; 0 gives the plain windows. Reach window - 1, windows of ``window``.
    """

    def __init__(self, channels: int, window: int = 8, heads: int = 4, shift: int | None = None) -> None:
        super().__init__()
        check_heads(channels, heads)
        shift = window // 2 if shift is None else shift
        if window < 1 or not 0 <= shift < window:
            raise ValueError(f"a window of {window} cannot be shifted by {shift}: choose 0 <= shift < window")
        self.reach, self.aligned = window - 1, window
        self.heads = heads
        self.windows = Windows(window, window, shift, shift)
        self.qkv = pointwise(channels, 3 * channels)
        self.bias = RelativeBias(window, window, heads)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, 1)  # (B, C, H, W) each
        return self.out(attend_in_windows(q, k, v, self.heads, self.windows, self.bias()))
