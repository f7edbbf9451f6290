# SPDX-License-Identifier: Apache-2.0
"""FMViT's multi-frequency block: a reparameterised multigroup convolution beside attention at several pooling rates.

"FMViT: A multiple-frequency mixing Vision Transformer", 2023, its frequency-mixing block. High frequencies go through
convolutions of several group counts, a pointwise one and a skip, which are linear and fold into one grouped one; low
frequencies, one band a pooling rate, through lightweight attention; one pointwise fusion joins them. The trap: the
original folds a batch norm with each branch; ours has a gain a channel there, as nothing may look at the batch.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.pooled import PooledAttention
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FMViT",
    "frequency",
    "FMViT: A multiple-frequency mixing Vision Transformer",
    2023,
    scaled_down="one block instead of staged ones; gains instead of batch norms in the folded branches",
)


@MIXERS.register("fmvit", SOURCE)
class FMViT(nn.Module):
    """``fmvit(rates=(4, 8), heads=2)`` on (B, C, H, W): each rate has C / 4 channels of attention. Reach: all."""

    def __init__(self, channels: int, rates: tuple[int, ...] = (4, 8), heads: int = 2) -> None:
        super().__init__()
        if channels % 4 or not rates or min(rates) < 1:
            raise ValueError(
                f"{channels} channels, rates {rates}: give a multiple of 4 and rates of 1 or more"
            )
        self.reach, self.aligned = None, math.lcm(*rates)
        width = channels // 4
        self.high = MultiGroupConv(channels)
        self.low = nn.ModuleList(PooledAttention(channels, width, heads, rate) for rate in rates)
        self.fuse = pointwise(channels + width * len(rates), channels)

    def forward(self, x: Tensor) -> Tensor:
        bands = [self.high(x)] + [attention(x) for attention in self.low]
        return self.fuse(torch.cat(bands, 1))


class MultiGroupConv(nn.Module):
    """(B, C, H, W) -> the same: 3x3 convolutions in groups of 32, 8 and 1 channels, a 1x1 one and a skip, all added.

    ``branches`` runs them one by one; ``forward`` the one convolution that they fold into, with the same gradients.
    """

    def __init__(self, channels: int, widths: tuple[int, ...] = (32, 8, 1)) -> None:
        super().__init__()
        widths = tuple(math.gcd(channels, width) for width in widths)  # of a group
        self.groups = channels // widths[0]
        self.kernels = nn.ParameterList(
            torch.randn(channels, width, 3, 3) * (9 * width * len(widths)) ** -0.5 for width in widths
        )
        self.point = nn.Parameter(torch.randn(channels, widths[0], 1, 1) * widths[0] ** -0.5)
        self.gains = nn.Parameter(torch.ones(len(widths) + 2, channels, 1, 1, 1))  # a branch
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.fold(), self.bias, padding=1, groups=self.groups)

    def fold(self) -> Tensor:
        """(C, C / groups, 3, 3): every branch widened to the fewest groups and to 3x3, and added."""
        c, width = self.point.shape[:2]
        skip = torch.ones(c, 1, 1, 1, device=self.point.device)
        small = [self._widen(kernel, width) for kernel in (self.point, skip)]
        kernels = [self._widen(kernel, width) for kernel in self.kernels]
        kernels += [F.pad(kernel, (1, 1, 1, 1)) for kernel in small]
        return (self.gains * torch.stack(kernels)).sum(0)

    def branches(self, x: Tensor) -> Tensor:
        """What `forward` gives, run as it is trained: branch by branch."""
        c = x.shape[1]
        parts = [F.conv2d(x, k, padding=1, groups=c // k.shape[1]) for k in self.kernels]
        parts += [F.conv2d(x, self.point, groups=self.groups), x]
        gains = self.gains[..., 0].unbind(0)  # (C, 1, 1) each
        return sum(gain * part for gain, part in zip(gains, parts, strict=True)) + self.bias[:, None, None]

    @staticmethod
    def _widen(kernel: Tensor, width: int) -> Tensor:
        """(C, n, k, k) -> (C, width, k, k): groups of n channels placed on the diagonal of groups of ``width``."""
        c, n, k = kernel.shape[:3]
        inner = width // n
        eye = torch.eye(inner, device=kernel.device).reshape(1, inner, 1, inner, 1, 1, 1)
        return (kernel.reshape(c // width, inner, n, 1, n, k, k) * eye).reshape(c, width, k, k)
