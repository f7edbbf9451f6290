# SPDX-License-Identifier: Apache-2.0
"""Syntheses of one and two layers, beside the deep one: y_hat (B, M, h, w) and a quality -> pixels (B, 3, 16h, 16w).

    one_layer    y_hat --- convolution, up 16 --------------------------------- pixels
    two_layer    y_hat -+- convolution, up 8 -------------------- + --- convolution, up 2 --- pixels
                        +- convolution, up 8 --- v (b + G |v|) ---+
    deep         y_hat --- the skeleton's, with as many blocks as one asks for --- pixels

"Asymmetrically-Powered Neural Image Compression with Shallow Decoders" (Yang and Mandt, ICCV 2023), section 3: kernels
overlap their neighbours a little, which plain blocks do not, and the two-layer form adds a branch with the simplified
inverse GDN of "Computationally Efficient Neural Image Compression" (Johnston et al., 2019). All start as the inverse
block transform. The trap: a layer of stride 8 over 192 channels is dear, so its width is that of the pixels (12 = 3 x 2
x 2) and no more.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.metablock import metastack
from mezzotint.lab.models.skeleton import CONFIG, hidden_width
from mezzotint.lab.models.transform import Synthesis
from mezzotint.lab.registry import Registry, Source

SYNTHESES = Registry("synthesis")
BLOCK = 16  # pixels a cell of y
HALF = 2  # pixels a cell between the two layers
NONLINEAR = (
    0.1  # of the nonlinear branch: its weights move as fast as all, and each sums up hundreds of latents
)

_PAPER = "Asymmetrically-Powered Neural Image Compression with Shallow Decoders"
_JPEG_LIKE = Source("Shallow-NTC", "synthesis", _PAPER, 2023)
_TWO = Source("Shallow-NTC", "synthesis", _PAPER, 2023, "smaller kernels: 10 where the paper has 13")
_DEEP = Source("plain", "synthesis", "the board's skeleton", 2026)


@SYNTHESES.register("one_layer", _JPEG_LIKE)
class OneLayer(nn.Module):
    """``one_layer(kernel=18)``: what JPEG's decoder is, with blocks that overlap by kernel - 16 samples."""

    def __init__(self, start: Start, kernel: int = 18) -> None:
        super().__init__()
        self.shortcut = transposed(start.rows.view(-1, 3, BLOCK, BLOCK), kernel, BLOCK)

    @in_float32
    def forward(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        return self.shortcut(y_hat)


@SYNTHESES.register("two_layer", _TWO)
class TwoLayer(nn.Module):
    """``two_layer(kernel=10)``: a linear and a nonlinear layer side by side, and a linear one on both."""

    def __init__(self, start: Start, kernel: int = 10) -> None:
        super().__init__()
        rows = F.pixel_unshuffle(start.rows.view(-1, 3, BLOCK, BLOCK), HALF)  # (M, 12, 8, 8)
        width = rows.shape[1]
        self.shortcut = transposed(rows, kernel, BLOCK // HALF)
        self.bent = transposed(torch.zeros_like(rows), kernel, BLOCK // HALF)
        self.floor = nn.Parameter(torch.ones(1, width, 1, 1))
        self.slope = nn.Parameter(0.1 * torch.eye(width)[..., None, None])
        self.out = nn.ConvTranspose2d(width, 3, 5, HALF, 2, output_padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        at = torch.arange(width)
        self.out.weight.data[at, at // HALF**2, 2 + at // HALF % HALF, 2 + at % HALF] = 1  # pixel_shuffle
        self.register_buffer("gain", NONLINEAR / start.spread.view(1, -1, 1, 1))

    @in_float32
    def forward(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        v = self.bent(y_hat * self.gain)  # (B, 12, 8h, 8w)
        v = v * (self.floor + F.conv2d(v.abs(), self.slope))
        return self.out(self.shortcut(y_hat) + v)


@SYNTHESES.register("deep", _DEEP)
def deep(start: Start, mixer: str = "depthwise", depth: int = 2) -> Synthesis:
    """``deep(mixer="depthwise", depth=2)``: blocks of these mixers (a cycle) at 1/16."""
    synthesis = Synthesis(CONFIG.synthesis, start.rows, start.spread, CONFIG.anchors)
    synthesis.coarse = metastack(depth, CONFIG.synthesis.coarse, hidden_width(mixer), mixer)
    return synthesis


def transposed(rows: Tensor, kernel: int, stride: int) -> nn.ConvTranspose2d:
    """(M, C, stride, stride) -> a layer of ``kernel`` that begins as these rows in its middle.

    ValueError where the overlap, kernel - stride, is odd or below 0.
    """
    edge, odd = divmod(kernel - stride, 2)
    if edge < 0 or odd:
        raise ValueError(f"a kernel of {kernel} at stride {stride}: give an even one of {stride} or more")
    layer = nn.ConvTranspose2d(len(rows), rows.shape[1], kernel, stride, edge)
    layer.weight.data = F.pad(rows, (edge, edge, edge, edge)).contiguous()
    nn.init.zeros_(layer.bias)
    return layer
