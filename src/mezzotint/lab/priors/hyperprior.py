# SPDX-License-Identifier: Apache-2.0
"""The mean-scale hyperprior: z is sent first, and tells where y is large, and about where it lies.

    y --- h_a --- z --- round --- z_hat --- h_s --- mean, scale of every y

"Variational Image Compression with a Scale Hyperprior" (Balle et al., ICLR 2018); the means are those of "Joint
Autoregressive and Hierarchical Priors for Learned Image Compression" (Minnen et al., NeurIPS 2018). The trap: z costs
bits of its own, so on small latents it can lose to a factorized prior.
"""

from __future__ import annotations

from torch import Tensor

from mezzotint.lab.priors import PRIORS, coding
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.normal import NormalHead
from mezzotint.lab.priors.side import Side
from mezzotint.lab.registry import Source

SOURCE = Source(
    "hyperprior",
    "prior",
    "Variational Image Compression with a Scale Hyperprior",
    2018,
    "without the serial context model of the 2018 mean-scale paper",
)


@PRIORS.register("hyperprior", SOURCE)
class Hyperprior(EntropyModel):
    """``hyperprior(width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)), in two chunks: z and y.

    ``width``, the channels of z and of the side path, is C where it is left out.
    """

    def __init__(self, channels: int, width: int | None = None) -> None:
        super().__init__(channels)
        self.side = Side(channels, width)
        self.head = NormalHead(2 * channels, channels)

    def walk(self, code: coding.Code) -> Tensor:
        features = self.side(code)  # (B, 2C, h, w)
        return code(coding.whole, self.head(features))
