# SPDX-License-Identifier: Apache-2.0
"""The factorized prior: every channel of y has one fixed density of any shape, and nothing is sent beside y.

"End-to-end Optimized Image Compression" (Balle et al., ICLR 2017), with the monotone network of the 2018
paper's appendix in place of piecewise linear densities. The trap: it knows nothing of where in the picture it is, so
what it saves is only the shape of each channel's histogram.
"""

from __future__ import annotations

from torch import Tensor

from mezzotint.lab.priors import PRIORS, coding
from mezzotint.lab.priors.cumulative import Cumulative
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.registry import Source

SOURCE = Source("factorized", "prior", "End-to-end Optimized Image Compression", 2017)


@PRIORS.register("factorized_prior", SOURCE)
class FactorizedPrior(EntropyModel):
    """``factorized_prior()``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)), in one chunk."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.density = Cumulative(channels)

    def walk(self, code: coding.Code) -> Tensor:
        return code(coding.whole, self.density.density(code.size))
