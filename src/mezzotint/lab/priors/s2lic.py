# SPDX-License-Identifier: Apache-2.0
"""S2LIC's context: slices in checkerboards, with channel gates and deformable attention to the slices before.

    features --- queries ---+
    earlier slices ---------+--- deformable attention ----------+
    earlier slices --- 3x3 --- channel gates -------------------+--- gates --- mean, scale
    anchors of this slice --- masked convolution (others only) -+

"S2LIC: Learned Image Compression with the SwinV2 Block, Adaptive Channel-wise and Global-inter Attention Context"
(2024), ACGC. Earlier slices hold the same picture at the same places, so where to look in them can be learned from what
is known here, and it may be far away. The trap: the first slice has nothing to look at, and does without both.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.checkerboard import CheckerboardConv
from mezzotint.lab.layers.deformable import DeformableAttention
from mezzotint.lab.layers.reweight import Reweight
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.priors.normal import Normal, NormalHead
from mezzotint.lab.priors.refine import Refine
from mezzotint.lab.priors.slices import CheckeredSlices
from mezzotint.lab.registry import Source

SOURCE = Source(
    "S2LIC",
    "prior",
    "S2LIC: Learned Image Compression with the SwinV2 Block, Adaptive Channel-wise and Global-inter Attention Context",
    2024,
    "the entropy model only; one group of offsets and one attention a slice; squeeze-and-excitation as channel gates; "
    "four equal slices by default; the hyper path is convolutional",
)


@PRIORS.register("s2lic", SOURCE)
class S2Lic(CheckeredSlices):
    """``s2lic(slices=4, heads=2, width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)).

    One chunk for z and two a slice. ``width``, the channels of z and of the side path, is C where it is left out.
    """

    def __init__(self, channels: int, slices: int = 4, heads: int = 2, width: int | None = None) -> None:
        super().__init__(channels, slices, width, partial(S2Stage, heads=heads))


class S2Stage(nn.Module):
    """The context of slice ``before`` (see slices.py)."""

    def __init__(self, features: int, before: int, size: int, heads: int) -> None:
        super().__init__()
        wide = 2 * size
        self.wide = wide
        self.channel = self.inter = None
        if before:
            self.channel = nn.Sequential(nn.Conv2d(before * size, wide, 3, padding=1), Reweight(wide))
            self.inter = DeformableAttention(features, before * size, wide, heads)
        self.local = CheckerboardConv(size, wide, 5)
        support = features + (2 * wide if before else 0)
        self.reweight = Reweight(support + wide)
        self.head = NormalHead(support + wide, size)
        self.refine = Refine(support, size)

    def prepare(self, features: Tensor, done: list[Tensor]) -> Tensor:
        """(B, F + ..., h, w)."""
        if not done:
            return features
        earlier = torch.cat(done, 1)
        return torch.cat([features, self.channel(earlier), self.inter(features, earlier)], 1)

    def forward(self, support: Tensor, anchors: Tensor | None) -> Normal:
        if anchors is None:
            b, _, h, w = support.shape
            found = support.new_zeros(b, self.wide, h, w)
        else:
            found = self.local(anchors)
        return self.head(self.reweight(torch.cat([support, found], 1)))
