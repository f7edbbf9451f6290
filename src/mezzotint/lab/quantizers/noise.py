# SPDX-License-Identifier: Apache-2.0
"""Uniform noise in training, rounding in use: the density of y + noise, taken at integers, is the mass of rounded y.

"End-to-end Optimized Image Compression" (ICLR 2017), section 3. The trap: the synthesis learns from noisy latents and
meets rounded ones, and noise charges up to 0.14 bits for a symbol that rounding makes certain.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mezzotint.lab.quantizers import QUANTIZERS, Quantized, WholeNumbers
from mezzotint.lab.registry import Source

SOURCE = Source("Balle2017", "scalar", "End-to-end Optimized Image Compression", 2017)


@QUANTIZERS.register("noise", SOURCE)
class Noise(WholeNumbers):
    """``noise``: (B, C, H, W) -> the same; one symbol a number, K = C, no symbols in training."""

    def train_on(self, y: Tensor) -> Quantized:
        return Quantized(y + torch.rand_like(y) - 0.5, None, y.new_zeros(()))
