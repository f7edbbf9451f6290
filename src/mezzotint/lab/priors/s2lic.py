# SPDX-License-Identifier: Apache-2.0
"""S2LIC's context (ACGC): slices in checkerboards, with channel attention and deformable attention to slices before.

    earlier slices --- two 3x3 layers * places ------------------------- + --- adaptive channel context
                  \\--- depthwise 3x3 * channels ----------------------- +
    features, anchors --- queries --- deformable attention * channels -- + --- adaptive global context
    earlier slices --- keys, values --/  depthwise 3x3 * places -------- +
    anchors of this slice --- masked convolution (for the others only)        all these --- gates --- mean, scale

"S2LIC: Learned Image Compression with the SwinV2 Block, Adaptive Channel-wise and Global-inter Attention Context"
(2024). Earlier slices hold the same picture at the same places, so where to look in them can be learned from what is
known here, and it may be far away: each earlier slice has offsets of its own, and the second pass of a slice asks again
with its anchors in hand. The two branches of a context weigh each other (layers/crossed.py). The traps: the first slice
has nothing to look at, and does without both; and y counts in steps, ones at low quality and hundreds at high, so
contexts see asinh of it, and a norm stands before the head.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.checkerboard import CheckerboardConv
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.crossed import ChannelGate, Crossed, PlaceGate
from mezzotint.lab.layers.deformable import DeformableAttention
from mezzotint.lab.layers.norm import ChannelNorm
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
    "the entropy model only; four equal slices by default, where the paper has ten; one head of parameters for both "
    "colours; no batch norms in the gates; the masked convolution, the gates over all contexts and the norms are "
    "ours; the hyper path is convolutional",
)
SHARE = 4  # channels that a slice takes of the features, for each of its own


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
        self.size, self.wide, self.known = size, wide, before * size
        self.share = pointwise(features, SHARE * size)
        self.channel = self.inter = None
        if before:
            self.channel = ChannelContext(before * size, wide)
            self.inter = GlobalInterContext(SHARE * size + size, before * size, wide, heads, before)
        self.local = CheckerboardConv(size, wide, 5)
        support = SHARE * size + self.known + (wide if before else 0)
        found = wide + (wide if before else 0)
        self.reweight = Reweight(support + found)
        self.head = nn.Sequential(ChannelNorm(support + found), NormalHead(support + found, size))
        self.residual = Refine(support, size)

    def prepare(self, features: Tensor, done: list[Tensor]) -> Tensor:
        """(B, S, h, w): earlier slices, this slice's share of the features, the channel context of the former."""
        share = self.share(features)
        if self.channel is None:
            return share
        earlier = torch.asinh(torch.cat(done, 1))
        return torch.cat([earlier, share, self.channel(earlier)], 1)

    def forward(self, support: Tensor, anchors: Tensor | None) -> Normal:
        b, _, h, w = support.shape
        seen = support.new_zeros(b, self.size, h, w) if anchors is None else torch.asinh(anchors)
        found = [support.new_zeros(b, self.wide, h, w) if anchors is None else self.local(seen)]
        if self.inter is not None:
            earlier, share, _ = support.split([self.known, SHARE * self.size, self.wide], 1)
            found.append(self.inter(torch.cat([share, seen], 1), earlier))
        return self.head(self.reweight(torch.cat([support, *found], 1)))

    def refine(self, support: Tensor, y_hat: Tensor) -> Tensor:
        """(B, size, h, w) -> the same, each element moved by less than 1/2."""
        seen = torch.asinh(y_hat)
        return y_hat + (self.residual(support, seen) - seen)


class ChannelContext(nn.Module):
    """Earlier slices (B, S, h, w) -> (B, E, h, w): what their channels say together."""

    def __init__(self, source: int, out: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(
            nn.Conv2d(source, out, 3, padding=1), nn.GELU(), nn.Conv2d(out, out, 3, padding=1), nn.GELU()
        )
        self.beside = nn.Sequential(pointwise(source, out), depthwise(out, 3))
        self.crossed = Crossed(PlaceGate(out), ChannelGate(out))

    def forward(self, earlier: Tensor) -> Tensor:
        return self.crossed(self.attention(earlier), self.beside(earlier))


class GlobalInterContext(nn.Module):
    """What is known here (B, Q, h, w) and earlier slices (B, S, h, w) -> (B, E, h, w): what lies there, far or near."""

    def __init__(self, queries: int, source: int, out: int, heads: int, groups: int) -> None:
        super().__init__()
        self.attention = DeformableAttention(queries, source, out, heads, groups=groups)
        self.smooth = nn.Conv2d(out, out, 5, padding=2)
        self.beside = nn.Sequential(pointwise(source, out), depthwise(out, 3))
        self.crossed = Crossed(ChannelGate(out), PlaceGate(out))

    def forward(self, known: Tensor, earlier: Tensor) -> Tensor:
        return self.crossed(self.smooth(self.attention(known, earlier)), self.beside(earlier))
