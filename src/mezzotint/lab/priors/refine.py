# SPDX-License-Identifier: Apache-2.0
"""Latent residual prediction: what is known of a coded slice guesses a part of its rounding error.

"Channel-wise Autoregressive Entropy Models for Learned Image Compression" (Minnen and Singh, ICIP 2020).
The guess is at most half a step, since no rounding error is larger.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Refine(nn.Module):
    """Support (B, S, h, w) and y_hat (B, C, h, w) -> y_hat, each element moved by less than 1/2."""

    def __init__(self, support: int, channels: int) -> None:
        super().__init__()
        hidden = max(8, 2 * channels)
        self.net = nn.Sequential(
            nn.Conv2d(support + channels, hidden, 3, padding=1),
            nn.LeakyReLU(),
            nn.Conv2d(hidden, channels, 3, padding=1),
        )
        self.net[2].weight.data *= 0.1

    def forward(self, support: Tensor, y_hat: Tensor) -> Tensor:
        return y_hat + 0.5 * torch.tanh(self.net(torch.cat([support, y_hat], 1)))
