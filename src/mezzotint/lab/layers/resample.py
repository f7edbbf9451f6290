# SPDX-License-Identifier: Apache-2.0
"""Resolution changes by the 2x2 Haar wavelet with a learned 1x1 map (Mallat 1989; AuxT, ICLR 2025, for codecs).

The wavelet is folded into the weight, so that the exported graph holds one plain convolution: the wavelet costs
nothing at run time, it only sets the coordinates that training works in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Rows: LL, LH, HL, HH of a 2x2 cell in the order (0,0) (0,1) (1,0) (1,1).
HAAR = 0.5 * torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])


class HaarDown(nn.Module):
    """(B, C, H, W) -> (B, out, H/2, W/2)."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out, channels, 4) * (4 * channels) ** -0.5)
        self.bias = nn.Parameter(torch.zeros(out))
        self.register_buffer("haar", HAAR.clone(), persistent=False)
        self.folded: Tensor | None = None  # set while exporting: `effective` as a constant

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.effective(), self.bias, stride=2)

    def effective(self) -> Tensor:
        """(out, C, 2, 2): the convolution that wavelet and map amount to."""
        if self.folded is not None:
            return self.folded
        return (self.weight @ self.haar).unflatten(2, (2, 2))


class HaarUp(nn.Module):
    """(B, C, H, W) -> (B, out, 2H, 2W)."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out, 4, channels) * channels**-0.5)
        self.bias = nn.Parameter(torch.zeros(out))
        self.register_buffer("haar", HAAR.clone(), persistent=False)
        self.folded: Tensor | None = None  # set while exporting: `effective` as a constant

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(F.conv2d(x, self.effective(), self.bias.repeat_interleave(4)), 2)

    def effective(self) -> Tensor:
        """(4 out, C, 1, 1), in the order of pixel_shuffle."""
        if self.folded is not None:
            return self.folded
        return (self.haar.T @ self.weight).flatten(0, 1)[:, :, None, None]
