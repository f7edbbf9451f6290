# SPDX-License-Identifier: Apache-2.0
"""Checkerboard context: half the positions are coded first, the other half with their coded neighbours in sight.

    y_hat of anchors --- masked 5x5 convolution --- context --+
    z_hat --- h_s --- features -------------------------------+--- pointwise layers --- mean, scale

"Checkerboard Context Model for Efficient Learned Image Compression" (He et al., CVPR 2021): two parallel
passes where a serial context takes one a position. The trap: anchors have no context, and must be told so by zeros
rather than by the convolution's bias, which they would otherwise share with true contexts.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from mezzotint.lab.layers.checkerboard import CheckerboardConv
from mezzotint.lab.layers.phases import ANCHORS, OTHERS, put, take
from mezzotint.lab.priors import PRIORS, coding
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.normal import NormalHead
from mezzotint.lab.priors.side import Side
from mezzotint.lab.registry import Source

SOURCE = Source(
    "checkerboard", "prior", "Checkerboard Context Model for Efficient Learned Image Compression", 2021
)


@PRIORS.register("checkerboard", SOURCE)
class Checkerboard(EntropyModel):
    """``checkerboard(kernel=5, width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)), in three chunks.

    ``width``, the channels of z and of the side path, is C where it is left out.
    """

    def __init__(self, channels: int, kernel: int = 5, width: int | None = None) -> None:
        super().__init__(channels)
        self.side = Side(channels, width)
        self.context = CheckerboardConv(channels, 2 * channels, kernel)
        self.head = NormalHead(4 * channels, channels)

    def walk(self, code: coding.Code) -> Tensor:
        features = self.side(code)  # (B, 2C, h, w)
        first, second = partial(take, step=ANCHORS), partial(take, step=OTHERS)
        blind = self.head(torch.cat([features, torch.zeros_like(features)], 1))
        anchors = put(code(first, blind.at(first)), ANCHORS)  # (B, C, h, w), zeros at the others
        seeing = self.head(torch.cat([features, self.context(anchors)], 1))
        return anchors + put(code(second, seeing.at(second)), OTHERS)
