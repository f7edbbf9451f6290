# SPDX-License-Identifier: Apache-2.0
"""DCT coefficients of a window weighted by what the window holds, each band and channel by a number of its own.

    x --- DCT of each window --- * weights --- inverse DCT --- out
                  \\                /
                   sizes --- network

"Hybrid Convolution and Frequency State Space Network for Image Compression" (HCFSSNet, 2025), the adaptive frequency
modulation module. A small network reads the size of each coefficient and of its window's others; at the start all
weights are 1, which makes the layer the identity. The trap: coefficients span orders of size, so the network reads
logarithms.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.dct import window_dct, window_idct
from mezzotint.lab.layers.patch import dct_matrix


class FrequencyModulation(nn.Module):
    """(B, C, H, W) -> the same, any H and W; T = window^2 coefficients, C / squeeze hidden numbers a coefficient."""

    def __init__(self, channels: int, window: int, squeeze: int) -> None:
        super().__init__()
        if window < 1 or not 1 <= squeeze <= channels:
            raise ValueError(
                f"window {window}, squeeze {squeeze}: squeeze divides {channels} channels, at least 1"
            )
        self.register_buffer("basis", dct_matrix(window), persistent=False)
        self.weights = BandWeights(channels, channels // squeeze, window * window)

    def forward(self, x: Tensor) -> Tensor:
        coefficients, grid = window_dct(x, self.basis)  # (B * windows, T, C)
        return window_idct(self.weights(coefficients) * coefficients, grid, self.basis)


class BandWeights(nn.Module):
    """Coefficients (N, T, C) -> weights of the same shape in 0..2, all 1 at the start."""

    def __init__(self, channels: int, hidden: int, bands: int) -> None:
        super().__init__()
        self.own = nn.Linear(channels, hidden)
        self.others = nn.Linear(channels, hidden, bias=False)
        self.band = nn.Parameter(0.02 * torch.randn(bands, hidden))
        self.excite = nn.Linear(hidden, channels)
        nn.init.zeros_(self.excite.weight)
        nn.init.zeros_(self.excite.bias)

    def forward(self, coefficients: Tensor) -> Tensor:
        size = torch.log(1 + coefficients.abs())
        hidden = self.own(size) + self.others(size.mean(1, keepdim=True)) + self.band  # (N, T, hidden)
        return 2 * torch.sigmoid(self.excite(F.gelu(hidden)))
