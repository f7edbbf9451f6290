# SPDX-License-Identifier: Apache-2.0
"""Rounding whose derivative is taken as one: training sees the very latents that will be decoded.

"Lossy Image Compression with Compressive Autoencoders" (ICLR 2017), section 2.1. The trap: rounded values have no
density, so bits counted on this y_hat have no useful gradient. Count them on the latent with noise added
(Minnen and Singh, ICIP 2020), and keep this one for the distortion.
"""

from __future__ import annotations

from torch import Tensor

from mezzotint.lab.layers.rounding import straight_through, to_integers
from mezzotint.lab.quantizers import QUANTIZERS, Quantized, WholeNumbers
from mezzotint.lab.registry import Source

SOURCE = Source("Theis2017-CAE", "scalar", "Lossy Image Compression with Compressive Autoencoders", 2017)


@QUANTIZERS.register("ste", SOURCE)
class StraightThrough(WholeNumbers):
    """``ste``: (B, C, H, W) -> the same; one symbol a number, K = C."""

    def train_on(self, y: Tensor) -> Quantized:
        return Quantized(straight_through(y, y.round()), to_integers(y), y.new_zeros(()))
