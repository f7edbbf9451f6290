# SPDX-License-Identifier: Apache-2.0
"""Vector quantisation in a few dimensions on the unit sphere, with a codebook learned by gradient.

"Vector-quantized Image Modeling with Improved VQGAN" (ICLR 2022), section 3.2: a look-up in a low dimension, by cosine,
keeps nearly all codes in use without moving averages or restarts. The trap: length is lost on the sphere; a cell's
contrast must be carried by its direction, so the look-up needs one dimension more than its content has. And latents
that span fewer dimensions than the look-up leave the codes beside their plane idle for good.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.codebook import to_planes, to_rows
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.kmeans import nearest
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import check_latent, straight_through
from mezzotint.lab.quantizers import QUANTIZERS, Quantized
from mezzotint.lab.registry import Source

SOURCE = Source(
    "ViT-VQGAN",
    "vector",
    "Vector-quantized Image Modeling with Improved VQGAN",
    2022,
    "the bottleneck alone: no ViT before or after it, no autoregressive prior of its tokens",
)


def to_unit(rows: Tensor) -> Tensor:
    """(n, d) -> unit vectors; the root never meets zero, whose slope is infinite."""
    return rows * torch.rsqrt(rows.square().sum(1, keepdim=True) + 1e-6)


@QUANTIZERS.register("vq_normalised", SOURCE)
class NormalisedVQ(nn.Module):
    """``vq_normalised(codes=1024, width=16, commitment=0.25)``: (B, C, H, W) -> the same; one index a cell, K = 1.

    ``width`` is the dimension in which codes are looked up.
    """

    planes, idempotent = 1, False

    def __init__(self, channels: int, codes: int = 1024, width: int = 16, commitment: float = 0.25) -> None:
        super().__init__()
        if codes < 1 or width < 2:
            raise ValueError(f"codes={codes}, width={width}: choose at least 1 code and 2 dimensions")
        self.channels, self.alphabet, self.commitment = channels, codes, commitment
        self.down, self.up = pointwise(channels, width), pointwise(width, channels)
        self.vectors = nn.Parameter(torch.randn(codes, width))

    @in_float32
    def forward(self, y: Tensor) -> Quantized:
        check_latent(y, self.channels, not self.training)
        rows = to_unit(to_rows(self.down(y)))  # (B H W, width)
        index = nearest(rows.detach(), to_unit(self.vectors.detach()))
        symbols = to_planes(index[:, None], y)
        if not self.training:
            return Quantized(self.dequantise(symbols), symbols, y.new_zeros(()))
        code = to_unit(self.vectors)[index]
        loss = F.mse_loss(code, rows.detach()) + self.commitment * F.mse_loss(rows, code.detach())
        return Quantized(self.up(to_planes(straight_through(rows, code), y)), symbols, loss)

    def dequantise(self, symbols: Tensor) -> Tensor:
        """(B, 1, H, W) indices -> y_hat."""
        return self.up(to_unit(self.vectors)[symbols[:, 0]].permute(0, 3, 1, 2))
