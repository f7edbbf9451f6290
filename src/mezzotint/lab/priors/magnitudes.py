# SPDX-License-Identifier: Apache-2.0
"""How large a coefficient will be, from the magnitudes of those already coded: a learned weighted sum, in integers.

    lower frequencies of the block, and of the four beside it -+
    the same frequency in those four (second pass only) -------+--- weights of channel, pass and quality --- scale
    luma, for chroma; sums over the block and those beside it -+

Weighted neighbourhoods are how lossless coders estimate energies ("Context-based, Adaptive, Lossless Image Coding",
Wu and Memon, 1997); here the weights are learned, for each frequency and at anchors on the quality dial. They are not
negative, so that a scale is positive. Frequencies are coded from low to high, all blocks at once, in two passes of a
checkerboard. The trap is floating point: the scale chooses a table, so the decoder adds whole numbers only, and the
weights in them are rounded once, when training ends.
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mezzotint.lab.layers.quality import QUALITY_MAX

BANDS = (0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 17, 20, 23, 27)  # first diagonal u + v of each
PLANES = 3
LARGEST = 4095  # magnitudes and sums of them are cut here
POINT = 14  # bits of the weights behind the point: (1 << 14) is a scale of one step
WEIGHT_LOG = (-9.0, 1.5)  # natural logarithms of the least and of the largest weight
CONSTANT = 0.25  # share of the constant in a first scale
REACH = 19  # what a scale is added up of, all kinds

Whole = NDArray[np.int64]


class Magnitudes(nn.Module):
    """Channels (p, u, v) of blocks of ``size`` x ``size``, sorted by level; C of them.

    ``means`` says whether (p, 0, 0) is among them. ``reach`` limits what a scale is made of: 0 leaves a constant a
    channel, pass and quality. Rows (see `sources`), of which a scale is a sum, are

        magnitudes C | sums left and right C | above and below C | of levels below, (plane, level) | their sums
        beside | of the coarser grid, a plane | one | nothing
    """

    def __init__(self, size: int, means: bool, anchors: int, reach: int = REACH) -> None:
        super().__init__()
        self.size, self.anchors = size, anchors
        axes = torch.meshgrid(torch.arange(PLANES), torch.arange(size), torch.arange(size), indexing="ij")
        plane, u, v = (axis.flatten() for axis in axes)
        level = torch.searchsorted(torch.tensor(BANDS), u + v, right=True) - 1 + plane
        coded = torch.arange(len(plane)) if means else torch.nonzero(u + v).flatten()
        self.order = coded[torch.argsort(level[coded], stable=True)]  # (C,): channels of the transform
        self.plane, self.u, self.v, self.level = (t[self.order] for t in (plane, u, v, level))
        self.channels, self.levels = len(self.order), int(level.max()) + 1
        edges = torch.searchsorted(self.level, torch.arange(self.levels + 1)).tolist()
        self.spans = tuple(slice(*pair) for pair in itertools.pairwise(edges))
        self.energy = 3 * self.channels  # first rows of their kinds
        self.beside = self.energy + PLANES * self.levels
        self.outer = self.beside + PLANES * self.levels
        self.one = self.outer + PLANES
        self.rows = self.one + 2
        self.register_buffer("sources", self._sources(reach), persistent=False)  # (C, F)
        allowed = (self.sources != self.one + 1).expand(2, -1, -1).clone()
        allowed[0] &= (self.sources < self.channels) | (self.sources >= self.energy) | ~self._own()
        self.register_buffer("allowed", allowed, persistent=False)  # (2, C, F)
        self.log_weight = nn.Parameter(torch.full((anchors, *allowed.shape), -3.0))
        self.register_buffer("whole", torch.zeros(anchors, *allowed.shape, dtype=torch.int64))
        self.met: list[Tensor] = []
        self.freeze()

    def _sources(self, reach: int) -> Tensor:
        """(C, F): the rows that each channel's scale is a sum of, the constant last."""
        c, blank = self.channels, self.one + 1
        place = torch.full(
            (PLANES, self.size + 2, self.size + 2), blank
        )  # two lines of nothing before the first
        place[self.plane, self.u + 2, self.v + 2] = torch.arange(c)

        def at(kind: int, du: int, dv: int, plane: Tensor | None = None) -> Tensor:
            """Rows of a kind at frequencies that lie ``du``, ``dv`` lower, where they are coded before."""
            other = self.plane if plane is None else plane
            found = place[other.clamp_min(0), self.u + 2 - du, self.v + 2 - dv]
            known = self.level[found.clamp_max(c - 1)] < self.level + (kind > 0 and not du and not dv)
            return torch.where((found < c) & known & (other >= 0), found + kind * c, blank)

        luma = torch.where(self.plane > 0, 0, -1)
        chroma = torch.where(self.plane == 2, 1, -1)
        energy = self.energy + self.plane * self.levels + self.level
        below = torch.where(self.plane > 0, self.energy + self.level, blank)
        kinds = [energy, energy + self.beside - self.energy, self.outer + self.plane]
        kinds += [at(0, 1, 0), at(0, 0, 1), at(1, 0, 0), at(2, 0, 0), at(0, 1, 1), at(0, 2, 0), at(0, 0, 2)]
        kinds += [at(1, 0, 1), at(1, 1, 0), at(2, 0, 1), at(2, 1, 0)]
        kinds += [at(0, 0, 0, luma), at(1, 0, 0, luma), at(2, 0, 0, luma), at(0, 0, 0, chroma), below]
        return torch.stack([*kinds[:reach], torch.full((c,), self.one)], 1)

    def _own(self) -> Tensor:
        """(C, F): where the row is of the same channel, in the blocks beside."""
        channel = self.sources % self.channels
        return (self.sources < self.energy) & (channel == torch.arange(self.channels)[:, None])

    def weights(self, quality: Tensor) -> Tensor:
        """(B,) -> (B, 2, C, F)."""
        return between(self._positive(), quality)

    def _positive(self) -> Tensor:
        return self.log_weight.clamp(*WEIGHT_LOG).exp() * self.allowed

    def scales(self, rows: Tensor, first: int, quality: Tensor) -> Tensor:
        """Rows (R, B, N), sites of the first pass in front, and quality (B,) -> scales (C, B, N), for training."""
        weights = self.weights(quality).permute(1, 3, 2, 0)  # (2, F, C, B)
        halves = [rows[..., :first], rows[..., first:]]
        return torch.cat([self._sum(w, half) for w, half in zip(weights, halves, strict=True)], 2)

    def _sum(self, weights: Tensor, rows: Tensor) -> Tensor:
        total = weights[-1][..., None].expand(-1, -1, rows.shape[2])  # the row of ones is the last
        for weight, source in zip(weights[:-1], self.sources.T[:-1], strict=True):
            total = total + weight[..., None] * rows[source]
        return total

    def meet(self, rows: Tensor, first: int) -> None:
        """Keep the means of rows (R, B, N), for `begin`."""
        halves = rows[..., :first], rows[..., first:]
        self.met.append(torch.stack([half.mean((1, 2)) for half in halves]))

    @torch.no_grad()
    def begin(self, anchor: int) -> None:
        """Weights at an anchor under which the mean scale is what `meet` saw, CONSTANT of it from the constant."""
        means = torch.stack(self.met).mean(0).nan_to_num()  # (2, R)
        self.met.clear()
        share = (self.allowed & (means[:, self.sources] > 0)).float()  # (2, C, F)
        share[..., -1] = CONSTANT * share[..., :-1].sum(-1).clamp_min(1)
        goal = means.mean(0)[: self.channels, None] + 0.003
        weight = goal * share / share.sum(-1, keepdim=True) / means[:, self.sources].clamp_min(1e-6)
        self.log_weight[anchor] = torch.where(share > 0, weight, 0.01).log().clamp(*WEIGHT_LOG)

    def freeze(self) -> None:
        """Round the weights to what coding adds up; to be called when training ends."""
        self.whole.copy_((self._positive().detach().double() * (1 << POINT)).round().long())

    def integers(self, quality: int) -> Whole:
        """(2, C, F) weights at a quality, in units of 2^-POINT."""
        whole: Whole = self.whole.numpy()
        if len(whole) == 1:
            return whole[0]
        anchor = min(quality * (self.anchors - 1) // QUALITY_MAX, self.anchors - 2)
        rest = quality * (self.anchors - 1) - anchor * QUALITY_MAX
        return (whole[anchor] * (QUALITY_MAX - rest) + whole[anchor + 1] * rest) // QUALITY_MAX


def between(anchors: Tensor, quality: Tensor) -> Tensor:
    """Values (A, ...) at anchors spread evenly over the qualities, and quality (B,) -> (B, ...), linear between two."""
    if len(anchors) == 1:
        return anchors.expand(len(quality), *anchors.shape[1:])
    place = quality.float() / QUALITY_MAX * (len(anchors) - 1)
    k = place.floor().clamp(0, len(anchors) - 2).long()
    f = (place - k).view(-1, *[1] * (anchors.ndim - 1))
    return anchors[k] * (1 - f) + anchors[k + 1] * f
