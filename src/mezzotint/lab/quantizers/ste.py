# SPDX-License-Identifier: Apache-2.0
"""Rounding whose derivative is taken as one: training sees the very latents that will be decoded.

"Lossy Image Compression with Compressive Autoencoders" (ICLR 2017), section 2.1. The trap: rounded values have no
density, so bits counted on this y_hat have no useful gradient. Count them on the latent with noise added
(Minnen and Singh, ICIP 2020), and keep this one for the distortion.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.rounding import check_latent, straight_through, to_integers
from mezzotint.lab.quantizers import QUANTIZERS, Quantized
from mezzotint.lab.registry import Source

SOURCE = Source("Theis2017-CAE", "scalar", "Lossy Image Compression with Compressive Autoencoders", 2017)


@QUANTIZERS.register("ste", SOURCE)
class StraightThrough(nn.Module):
    """``ste``: (B, C, H, W) -> the same; one symbol a number, K = C."""

    alphabet, idempotent = None, True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = self.planes = channels

    @in_float32
    def forward(self, y: Tensor) -> Quantized:
        check_latent(y, self.channels, not self.training)
        symbols = to_integers(y)
        y_hat = straight_through(y, y.round()) if self.training else self.dequantise(symbols)
        return Quantized(y_hat, symbols, y.new_zeros(()))

    def dequantise(self, symbols: Tensor) -> Tensor:
        """(B, C, H, W) integers -> y_hat."""
        return symbols.float()
