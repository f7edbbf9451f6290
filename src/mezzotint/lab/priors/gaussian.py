# SPDX-License-Identifier: Apache-2.0
"""The conditional Gaussian alone: a mean and a scale for each element, from features that both sides already have.

"Joint Autoregressive and Hierarchical Priors for Learned Image Compression" (Minnen et al., NeurIPS 2018),
as a part: whoever uses it brings the features. Without any, a channel has one mean and one scale for every place. The
trap: the features must be made of what was sent, never of y.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.priors import PRIORS, coding
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.normal import NormalHead, normal
from mezzotint.lab.registry import Source

SOURCE = Source(
    "gaussian",
    "prior",
    "Joint Autoregressive and Hierarchical Priors for Learned Image Compression",
    2018,
    "the conditional density alone: neither hyperprior nor context model",
)

PACE = 8.0  # constants count in units of it, so that one step of an optimiser moves them by a useful amount


@PRIORS.register("gaussian", SOURCE)
class Gaussian(EntropyModel):
    """``gaussian(features=0)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)), in one chunk.

    With ``features`` above 0, all three methods take known features (B, features, h, w) as a last argument.
    """

    def __init__(self, channels: int, features: int = 0) -> None:
        super().__init__(channels)
        if features < 0:
            raise ValueError(f"features={features}: choose 0, or the channels of what is known beside y")
        self.features = features
        if features:
            self.head = NormalHead(features, channels)
        else:
            self.constant = nn.Parameter(torch.zeros(2, 1, channels, 1, 1))  # mean, raw scale

    def walk(self, code: coding.Code, *known: Tensor) -> Tensor:
        batch, height, width = code.size
        if self.features:
            expected = (batch, self.features, height, width)
            if len(known) != 1 or known[0].shape != expected:
                raise ValueError(f"give the features {expected} that both sides know")
            return code(coding.whole, self.head(known[0]))
        if known:
            raise ValueError("this prior takes no features: build it as gaussian(features=...)")
        mean, raw = (PACE * part.expand(batch, -1, height, width) for part in self.constant)
        return code(coding.whole, normal(mean, raw, self.training))
