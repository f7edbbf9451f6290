# SPDX-License-Identifier: Apache-2.0
"""Uniform noise in training, rounding in use: the density of y + noise, taken at integers, is the mass of rounded y.

"End-to-end Optimized Image Compression" (ICLR 2017), section 3. The trap: the synthesis learns from noisy latents and
meets rounded ones, and noise charges up to 0.14 bits for a symbol that rounding makes certain.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import check_latent, to_integers
from mezzotint.lab.quantizers import QUANTIZERS, Quantized
from mezzotint.lab.registry import Source

SOURCE = Source("Balle2017", "scalar", "End-to-end Optimized Image Compression", 2017)


@QUANTIZERS.register("noise", SOURCE)
class Noise(nn.Module):
    """``noise``: (B, C, H, W) -> the same; one symbol a number, K = C, no symbols in training."""

    alphabet, idempotent = None, True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = self.planes = channels

    @in_float32
    def forward(self, y: Tensor) -> Quantized:
        check_latent(y, self.channels, not self.training)
        nothing = y.new_zeros(())
        if self.training:
            return Quantized(y + torch.rand_like(y) - 0.5, None, nothing)
        symbols = to_integers(y)
        return Quantized(self.dequantise(symbols), symbols, nothing)

    def dequantise(self, symbols: Tensor) -> Tensor:
        """(B, C, H, W) integers -> y_hat."""
        return symbols.float()
