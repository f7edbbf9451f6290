# SPDX-License-Identifier: Apache-2.0
"""Hyper analysis h_a (y -> z) and hyper synthesis h_s (z_hat -> features for means and steps); Balle et al., ICLR 2018.

h_a sees y in quantiser steps, compressed: what the scales depend on is the magnitude, so its logarithm goes in
beside the signed value. The scales themselves come from z_hat by the integer map of `priors.scale_map`, never
from h_s.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.quality import QualityVector
from mezzotint.lab.layers.resample import HaarDown, HaarUp
from mezzotint.lab.models.block import Block


class HyperAnalysis(nn.Module):
    """u = y / step (B, M, h, w) -> z (B, Cz, h/4, w/4), real-valued."""

    def __init__(self, channels: int, hyper_channels: int, width: int, mixer: str) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2 * channels, width, 1)
        self.body = nn.Sequential(
            Block(width, width, mixer),
            HaarDown(width, width),
            Block(width, width, mixer),
            HaarDown(width, width),
            nn.Conv2d(width, hyper_channels, 1),
        )

    def forward(self, u: Tensor) -> Tensor:
        magnitude = u.abs()
        signed = u / (1 + magnitude)
        return self.body(self.stem(torch.cat([signed, torch.log(1 + 4 * magnitude)], 1)))


class HyperSynthesis(nn.Module):
    """z_hat (B, Cz, h/4, w/4) -> features (B, P, h, w)."""

    def __init__(self, hyper_channels: int, features: int, mixer: str, anchors: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(hyper_channels, features, 1)
        self.ctx_hyper = QualityVector(features, anchors)
        self.body = nn.Sequential(
            HaarUp(features, features),
            Block(features, features, mixer),
            HaarUp(features, features),
            nn.Conv2d(features, features, 1),
        )

    def forward(self, z_hat: Tensor, quality: Tensor) -> Tensor:
        return F.silu(self.body(self.stem(0.25 * z_hat) * self.ctx_hyper(quality)))


class ElementStep(nn.Module):
    """Features (B, P, h, w) -> factors (B, M, h, w) in 1/e..e on the quantiser step of every element of y; 1 at first.

    As in EVC (Wang et al., ICLR 2023). Float, as the means are: a drift moves y_hat a little and changes no symbol.
    """

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(features, channels, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    @in_float32
    def forward(self, features: Tensor) -> Tensor:
        return torch.exp(self.head(features).clamp(-1, 1))
