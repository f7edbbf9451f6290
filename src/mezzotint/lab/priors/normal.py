# SPDX-License-Identifier: Apache-2.0
"""Gaussians whose scale is one of 64 table indices: the density that most published priors give to y.

"Variational Image Compression with a Scale Hyperprior" (Balle et al., ICLR 2018), section 3, for zero means; "Joint
Autoregressive and Hierarchical Priors" (Minnen et al., NeurIPS 2018) for predicted ones. Scales run from 0.11 to 256,
the range that has become the custom. The traps: training takes any scale between two indices, coding only one of the
64, so evaluation must count bits at the rounded index; and a Gaussian's tail falls so fast that a far value would cost
millions of bits, while an escape costs some thirty.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.entropy import Table, TableSet
from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.priors.coding import Centred, Pick, Run
from mezzotint.lab.priors.tables import quantise

INDEX_COUNT = 64
SCALE_MIN, SCALE_MAX = 0.11, 256.0
SCALE_RATIO = (SCALE_MAX / SCALE_MIN) ** (1 / (INDEX_COUNT - 1))
REACH = 4.5  # in scales; what lies beyond, about 2^-17, escapes
FLOOR = 2.0**-24


def scale_of(index: Tensor) -> Tensor:
    return SCALE_MIN * torch.exp(index * math.log(SCALE_RATIO))


def tail(distance: Tensor) -> Tensor:
    """Bits where the mass is below FLOOR, for training: near an escape's, rising slowly with the distance in scales."""
    return 21 + 2 * torch.log2(1 + distance)


def mass(value: Tensor, scale: Tensor) -> Tensor:
    """On [value - 1/2, value + 1/2], by erfc: `torch.special.ndtr` has no digits left at five scales."""
    v, wide = value.abs(), math.sqrt(2) * scale
    return 0.5 * (torch.special.erfc((v - 0.5) / wide) - torch.special.erfc((v + 0.5) / wide))


@functools.cache
def tables() -> TableSet:
    """The 64 tables, each with an escape."""
    made = []
    for index in range(INDEX_COUNT):
        scale = torch.tensor(SCALE_MIN * SCALE_RATIO**index, dtype=torch.float64)
        reach = math.ceil(REACH * scale.item())
        inside = mass(torch.arange(-reach, reach + 1, dtype=torch.float64), scale).numpy()
        made.append(Table(-reach, quantise(np.append(inside, max(1 - inside.sum(), 2.0**-20))), escape=True))
    return TableSet(tuple(made))


@functools.cache
def escapes() -> tuple[Tensor, Tensor]:
    """For each index the last value with an entry of its own, and the bits of the entry that stands for the rest."""
    reach = torch.tensor([float(table.maximum) for table in tables().tables])
    share = torch.tensor([table.frequencies[-1] / 2.0**24 for table in tables().tables], dtype=torch.float32)
    return reach, -torch.log2(share)


@dataclass(frozen=True, eq=False)
class Normal(Centred):
    """A density (see coding.py) of elements with a mean and an index each, all (B, C, h, w)."""

    mean: Tensor
    index: Tensor  # 0..63
    exact: bool = True  # evaluation: indices are whole, and bits those of the tables

    def bits(self, residual: Tensor) -> Tensor:
        scale = scale_of(self.index)
        found = mass(residual, scale)
        inside = -torch.log2(found.clamp_min(FLOOR))
        if not self.exact:
            return torch.where(found > FLOOR, inside, tail(residual.abs() / scale))
        reach, price = (part.to(residual.device)[self.index.long()] for part in escapes())
        beyond = residual.abs() - reach
        code = (2 * beyond - 1).clamp_min(1)  # docs/format.md 9.4, but for its last bit: seven bits a byte
        return torch.where(beyond > 0, price + 8 + 8 * (torch.log2(code) / 7).floor(), inside)

    def at(self, pick: Pick) -> Normal:
        """Of a part of the elements."""
        return Normal(pick(self.mean), pick(self.index), self.exact)

    def runs(self) -> Iterator[Run]:
        yield Run(tables(), self.index.flatten().cpu().numpy().astype(np.uint16))


def index_of_raw(raw: Tensor) -> Tensor:
    """Any number -> an index between 0 and 63; 0 is a scale of 1, and gradients fade slowly to either side."""
    start = math.log(1 / SCALE_MIN) / math.log(
        SCALE_MAX / SCALE_MIN
    )  # the share of the range that lies below 1
    return (INDEX_COUNT - 1) * torch.sigmoid(raw + math.log(start / (1 - start)))


def normal(mean: Tensor, raw: Tensor, training: bool) -> Normal:
    """``raw`` as in `index_of_raw`."""
    index = index_of_raw(raw)
    return Normal(mean, index, False) if training else Normal(mean, index.round())


class NormalHead(nn.Module):
    """Features (B, F, h, w) -> the Normal of ``channels`` elements a position, by two pointwise layers."""

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        hidden = max(features, 2 * channels)
        self.up = pointwise(features, hidden)
        self.down = pointwise(hidden, 2 * channels)
        self.down.weight.data *= 0.1

    def forward(self, features: Tensor) -> Normal:
        mean, raw = self.down(F.leaky_relu(self.up(features))).chunk(2, 1)
        return normal(mean, raw, self.training)
