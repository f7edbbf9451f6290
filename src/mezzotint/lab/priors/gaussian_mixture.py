# SPDX-License-Identifier: Apache-2.0
"""A mixture of Gaussians for each element: weights, means and scales from the hyperprior's features.

"Learned Image Compression with Discretized Gaussian Mixture Likelihoods and Attention Modules" (Cheng et al., CVPR
2020). A mixture can say "one or the other" where a Gaussian must say "about the middle". The trap: no
small set of tables covers all mixtures, so every symbol has a table of its own, made when it is coded; it costs far
more time than the networks do, and it is made from floats (see coding.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mezzotint.entropy import Table, TableSet
from mezzotint.lab.priors import PRIORS, coding, normal
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.priors.side import Side
from mezzotint.lab.priors.tables import quantise
from mezzotint.lab.registry import Source

SOURCE = Source(
    "gaussian-mixture",
    "prior",
    "Learned Image Compression with Discretized Gaussian Mixture Likelihoods and Attention Modules",
    2020,
    "the mixture and its hyperprior: no serial context model, and none of the transforms' attention",
)

REACH_MAX = 1000  # a table has at most so many entries on each side of its middle, and an escape
BLOCK = 256  # symbols whose masses are worked out at once
RUN = 1 << 15  # symbols, so tables, of one chunk


@PRIORS.register("gaussian_mixture", SOURCE)
class GaussianMixture(EntropyModel):
    """``gaussian_mixture(components=3, width=192)``: y (B, C, h, w) -> Coded(y_hat (B, C, h, w), bits (B,)).

    A chunk for z and one for each 2^15 symbols. ``width``, the channels of z and of the side path, is C where it is
    left out.
    """

    def __init__(self, channels: int, components: int = 3, width: int | None = None) -> None:
        super().__init__(channels)
        if components < 1:
            raise ValueError(f"a mixture of {components} components is empty: choose 1 or more")
        self.components = components
        self.side = Side(channels, width)
        hidden = 2 * channels * components
        self.head = nn.Sequential(
            nn.Conv2d(2 * channels, hidden, 1),
            nn.LeakyReLU(),
            nn.Conv2d(hidden, 3 * components * channels, 1),
        )

    def walk(self, code: coding.Code) -> Tensor:
        features = self.side(code)  # (B, 2C, h, w)
        parts = self.head(features).unflatten(1, (3, self.components, self.channels))
        weight, mean, raw = parts.unbind(1)  # (B, K, C, h, w) each
        spread = torch.linspace(-1, 1, self.components, device=mean.device).view(1, -1, 1, 1, 1)
        scale = normal.scale_of(normal.index_of_raw(raw))
        return code(coding.whole, Mixture(weight.softmax(1), mean + spread, scale))


@dataclass(frozen=True, eq=False)
class Mixture(coding.Uncentred):
    """A density (see coding.py) of whole numbers; weights, means and scales (B, K, C, h, w)."""

    weight: Tensor
    mean: Tensor
    scale: Tensor

    @property
    def shape(self) -> torch.Size:
        return self.mean[:, 0].shape

    def bits(self, residual: Tensor) -> Tensor:
        off = residual[:, None] - self.mean  # (B, K, C, h, w)
        mass = (self.weight * normal.mass(off, self.scale)).sum(1)
        far = normal.tail((off.abs() / self.scale).amin(1))
        return torch.where(mass > normal.FLOOR, -torch.log2(mass.clamp_min(normal.FLOOR)), far)

    def runs(self) -> Iterator[coding.Run]:
        components = self.mean.shape[1]
        flat = [
            part.transpose(0, 1).reshape(components, -1).double().cpu()
            for part in (self.weight, self.mean, self.scale)
        ]
        for run in zip(*(part.split(RUN, 1) for part in flat), strict=True):
            blocks = zip(*(part.split(BLOCK, 1) for part in run), strict=True)
            tables = TableSet(tuple(table for block in blocks for table in _tables(*block)))
            yield coding.Run(tables, np.arange(len(tables), dtype=np.uint16))


def _tables(weight: Tensor, mean: Tensor, scale: Tensor) -> Iterator[Table]:
    """(K, n) each, float64 -> n tables round the mixtures' means."""
    middle = (weight * mean).sum(0).round()  # (n,)
    needed = ((mean - middle).abs() + normal.REACH * scale).amax(0)
    reach = needed.ceil().clamp(1, REACH_MAX).long()
    widest = int(reach.max())
    values = middle[:, None] + torch.arange(-widest, widest + 1)  # (n, L)
    masses = (weight[..., None] * normal.mass(values - mean[..., None], scale[..., None])).sum(0).numpy()
    for row, centre, side in zip(masses, middle.tolist(), reach.tolist(), strict=True):
        inside = row[widest - side : widest + side + 1]
        escape = max(1 - inside.sum(), 2.0**-20)
        yield Table(int(centre) - side, quantise(np.append(inside, escape)), escape=True)
