# SPDX-License-Identifier: Apache-2.0
"""MLICv2's references: earlier slices, coded neighbours and the whole picture, weighed channel by channel.

    guide: the slice before, or for the first slice a map of the hyperprior's features
    others of slice i   <-  features | guide | earlier slices, near and global | neighbours | global(guide, anchors)
    anchors of slice i  <-  features | guide | earlier slices, near and global | 0          | 0

"MLICv2: Enhanced Multi-Reference Entropy Modeling for Learned Image Compression" (TOMM 2025). How places resemble each
other is read off the guide, which is known everywhere; by that resemblance what the anchors hold is carried to the
other colour. The first slice has no slice before it: its guide comes from the hyperprior, which is this version's step,
as are the channel gates over all references, and that symbols of small scales are not sent (selective.py). The
attentions are the linear ones of MLIC++ (global_context.py). The trap: y counts in steps, ones at low quality and
hundreds at high; references see asinh of it, and a norm stands before the head, or training takes wild turns.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.checkerboard import CheckerboardConv
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.global_context import GlobalContext, InterContext
from mezzotint.lab.layers.norm import ChannelNorm
from mezzotint.lab.layers.reweight import Reweight
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.priors.normal import NormalHead
from mezzotint.lab.priors.refine import Refine
from mezzotint.lab.priors.selective import Selective, check_skip
from mezzotint.lab.priors.slices import CheckeredSlices
from mezzotint.lab.registry import Source

SOURCE = Source(
    "MLICv2",
    "prior",
    "MLICv2: Enhanced Multi-Reference Entropy Modeling for Learned Image Compression",
    2025,
    "the entropy model only; no position embedding, and no loss that guides what is skipped; a masked convolution in "
    "place of attention in windows for the neighbours; four slices by default; the hyper path is convolutional; "
    "the norms are ours",
)
SHARE = 4  # channels that a slice takes of the features, for each of its own


@PRIORS.register("mlicv2", SOURCE)
class MlicV2(CheckeredSlices):
    """``mlicv2(slices=4, heads=2, width=192, skip=3)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)).

    One chunk for z and two a slice. ``width``, the channels of z and of the side path, is C where it is left out;
    symbols of the ``skip`` smallest of the 64 scales are not sent, 0 for sending all; those of the first three differ
    from 0 less than once in a thousand, if the scale is right.
    """

    def __init__(
        self, channels: int, slices: int = 4, heads: int = 2, width: int | None = None, skip: int = 3
    ) -> None:
        super().__init__(channels, slices, width, partial(MlicStage, heads=heads, skip=check_skip(skip)))


class MlicStage(nn.Module):
    """The context of slice ``before`` (see slices.py)."""

    def __init__(self, features: int, before: int, size: int, heads: int, skip: int) -> None:
        super().__init__()
        self.size, self.skip = size, skip
        wide = 2 * size
        self.share = pointwise(features, SHARE * size)
        self.guide = None if before else nn.Conv2d(features, size, 3, padding=1)
        self.channel = nn.Conv2d(before * size, wide, 3, padding=1) if before else None
        self.inter = InterContext(before * size, wide, heads) if before else None
        self.local = CheckerboardConv(size, wide, 5)
        self.globe = GlobalContext(size, wide, heads)
        support = SHARE * size + size + (2 * wide if before else 0)
        self.reweight = Reweight(support + 2 * wide)
        self.head = nn.Sequential(ChannelNorm(support + 2 * wide), NormalHead(support + 2 * wide, size))
        self.residual = Refine(support, size)

    def prepare(self, features: Tensor, done: list[Tensor]) -> Tensor:
        """(B, S, h, w): the guide, this slice's share of the features, and what earlier slices say."""
        share = self.share(features)
        if self.guide is not None:
            return torch.cat([self.guide(features), share], 1)
        earlier = torch.asinh(torch.cat(done, 1))
        return torch.cat([earlier[:, -self.size :], share, self.channel(earlier), self.inter(earlier)], 1)

    def forward(self, support: Tensor, anchors: Tensor | None) -> Selective:
        if anchors is None:
            b, _, h, w = support.shape
            found = [support.new_zeros(b, 4 * self.size, h, w)]
        else:
            seen = torch.asinh(anchors)
            found = [self.local(seen), self.globe(support[:, : self.size], seen)]
        return Selective.of(self.head(self.reweight(torch.cat([support, *found], 1))), self.skip)

    def refine(self, support: Tensor, y_hat: Tensor) -> Tensor:
        """(B, size, h, w) -> the same, each element moved by less than 1/2."""
        seen = torch.asinh(y_hat)
        return y_hat + (self.residual(support, seen) - seen)
