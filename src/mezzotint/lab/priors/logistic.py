# SPDX-License-Identifier: Apache-2.0
"""The prior of y: a zero-mean logistic whose scale is one of 64 table indices.

A logistic has the heavier tails that latents of a coarsely predicted scale show; its mass on an interval is a
difference of two sigmoids, cheaper than erf. Index i stands for scale SCALE_MIN * SCALE_RATIO**i, in units of
the quantiser step; index 0 is so narrow that its symbol is taken as certain (docs/format.md, "y tables").
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

INDEX_COUNT = 64
SCALE_MIN = 0.06
SCALE_MAX = 80.0
SCALE_RATIO = (SCALE_MAX / SCALE_MIN) ** (1 / (INDEX_COUNT - 1))


def scale_of(index: Tensor) -> Tensor:
    """Index (may lie between two) -> logistic scale in quantiser steps."""
    return SCALE_MIN * torch.exp(index * math.log(SCALE_RATIO))


def index_of(scale: Tensor) -> Tensor:
    """The inverse of `scale_of`."""
    return torch.log(scale / SCALE_MIN) / math.log(SCALE_RATIO)


def bits(value: Tensor, index: Tensor) -> Tensor:
    """-log2 of the mass on [value - 1/2, value + 1/2], elementwise, float32."""
    scale = scale_of(index)
    v = value.abs()
    # Both sigmoids are taken on the left flank, where their difference keeps its digits.
    mass = torch.sigmoid((0.5 - v) / scale) - torch.sigmoid((-0.5 - v) / scale)
    # Below the floor the gradient of the log would vanish with the mass: continue linearly in the exponent.
    tail = (v - 0.5) / scale / math.log(2)
    return torch.where(mass > 1e-6, -torch.log2(mass.clamp_min(1e-6)), tail.clamp_min(0))


def masses(index: int, reach: int) -> Tensor:
    """Probabilities of the integers -reach..reach at a table index, float64; they sum to a little under one."""
    k = torch.arange(-reach, reach + 1, dtype=torch.float64).abs()
    scale = SCALE_MIN * SCALE_RATIO**index
    return torch.sigmoid((0.5 - k) / scale) - torch.sigmoid((-0.5 - k) / scale)
