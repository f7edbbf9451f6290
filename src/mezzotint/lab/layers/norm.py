# SPDX-License-Identifier: Apache-2.0
"""Layer normalisation over the channels of each position (Ba, Kiros, Hinton 2016), on (B, C, H, W).

It looks at one position only, so that it keeps the tile rule; a norm over the picture would break it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ChannelNorm(nn.Module):
    """(B, C, H, W) -> the same, mean 0 and variance 1 over C, then a learned gain and bias a channel."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(1, keepdim=True)
        variance = centred.square().mean(1, keepdim=True)
        return centred * torch.rsqrt(variance + self.eps) * self.gain + self.bias
