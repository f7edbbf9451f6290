# SPDX-License-Identifier: Apache-2.0
"""The checkerboard's masked convolution: a cell sees those of the other colour only, itself not included.

"Checkerboard Context Model for Efficient Learned Image Compression" (He et al., CVPR 2021).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import check_odd


class CheckerboardConv(nn.Module):
    """(B, inputs, H, W) -> (B, outputs, H, W); weights between cells of one colour are masked."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        check_odd(kernel)
        if kernel < 3:
            raise ValueError(f"a checkerboard kernel of {kernel} sees nothing: choose 3 or more")
        place = torch.arange(kernel)
        mask = (
            (place[:, None] + place[None] + kernel // 2 * 2) % 2
        ).float()  # 0 at the middle and at its colour
        self.register_buffer("mask", mask, persistent=False)
        self.weight = nn.Parameter(
            torch.randn(outputs, inputs, kernel, kernel) * (inputs * mask.sum()) ** -0.5
        )
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.weight.shape[-1] // 2)
