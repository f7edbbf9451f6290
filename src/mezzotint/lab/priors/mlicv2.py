# SPDX-License-Identifier: Apache-2.0
"""MLICv2's references: earlier slices, coded neighbours and the whole picture, weighed channel by channel.

    guide: the slice before, or for the first slice a map of the hyperprior's features
    others of slice i   <-   features | guide | earlier slices | neighbours among the anchors | global(guide, anchors)
    anchors of slice i  <-   features | guide | earlier slices | 0                            | 0

"MLICv2: Enhanced Multi-Reference Entropy Modeling for Learned Image Compression" (TOMM 2025). How places resemble each
other is read off the guide, which is known everywhere; by that resemblance what the anchors hold is carried to the
other colour. The first slice has no slice before it: its guide comes from the hyperprior, which is this version's step.
The attention is the linear one of MLIC++. The trap: keys are normalised over anchors only; over all places, the zeros
that stand for unknown values would be mixed in.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.attention import check_heads
from mezzotint.lab.layers.checkerboard import CheckerboardConv
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.reweight import Reweight
from mezzotint.lab.layers.tokens import to_map, to_tokens
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.priors.normal import Normal, NormalHead
from mezzotint.lab.priors.refine import Refine
from mezzotint.lab.priors.slices import CheckeredSlices
from mezzotint.lab.registry import Source

SOURCE = Source(
    "MLICv2",
    "prior",
    "MLICv2: Enhanced Multi-Reference Entropy Modeling for Learned Image Compression",
    2025,
    "the entropy model only, without the global context between slices, position embedding and selective coding; a "
    "masked convolution in place of attention in windows for the neighbours; four slices by default",
)


@PRIORS.register("mlicv2", SOURCE)
class MlicV2(CheckeredSlices):
    """``mlicv2(slices=4, heads=2, width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)).

    One chunk for z and two a slice. ``width``, the channels of z and of the side path, is C where it is left out.
    """

    def __init__(self, channels: int, slices: int = 4, heads: int = 2, width: int | None = None) -> None:
        super().__init__(channels, slices, width, partial(MlicStage, heads=heads))


class MlicStage(nn.Module):
    """The context of slice ``before`` (see slices.py)."""

    def __init__(self, features: int, before: int, size: int, heads: int) -> None:
        super().__init__()
        self.size = size
        wide = 2 * size
        self.guide = None if before else nn.Conv2d(features, size, 3, padding=1)
        self.channel = nn.Conv2d(before * size, wide, 3, padding=1) if before else None
        self.local = CheckerboardConv(size, wide, 5)
        self.globe = GlobalContext(size, wide, heads)
        support = features + size + (wide if before else 0)
        self.reweight = Reweight(support + 2 * wide)
        self.head = NormalHead(support + 2 * wide, size)
        self.refine = Refine(support, size)

    def prepare(self, features: Tensor, done: list[Tensor]) -> Tensor:
        """(B, size + F + ..., h, w): the guide comes first."""
        if self.guide is not None:
            return torch.cat([self.guide(features), features], 1)
        return torch.cat([done[-1], features, self.channel(torch.cat(done, 1))], 1)

    def forward(self, support: Tensor, anchors: Tensor | None) -> Normal:
        if anchors is None:
            b, _, h, w = support.shape
            found = [support.new_zeros(b, 4 * self.size, h, w)]
        else:
            found = [self.local(anchors), self.globe(support[:, : self.size], anchors)]
        return self.head(self.reweight(torch.cat([support, *found], 1)))


class GlobalContext(nn.Module):
    """Guide and anchors (B, C, h, w), zeros at the other colour -> (B, E, h, w), at a cost linear in the places."""

    def __init__(self, channels: int, out: int, heads: int) -> None:
        super().__init__()
        check_heads(out, heads)
        self.heads = heads
        self.query, self.key = pointwise(channels, out), pointwise(channels, out)
        self.value, self.out = pointwise(channels, out), pointwise(out, out)

    def forward(self, guide: Tensor, anchors: Tensor) -> Tensor:
        h, w = guide.shape[2:]
        q, k, v = (
            to_tokens(layer(x), self.heads)  # (B, heads, N, E / heads)
            for layer, x in ((self.query, guide), (self.key, guide), (self.value, anchors))
        )
        rows, columns = torch.arange(h, device=q.device), torch.arange(w, device=q.device)
        others = ((rows[:, None] + columns[None]) % 2).flatten().bool()  # (N,)
        weight = torch.softmax(k.masked_fill(others[:, None], -torch.inf), 2)  # over the anchors
        return self.out(to_map(torch.softmax(q, 3) @ (weight.mT @ v), h, w))
