# SPDX-License-Identifier: Apache-2.0
"""SpectFormer's spectral block: the map's Fourier transform times a learned complex filter a channel, and back.

"SpectFormer: Frequency and Attention is what you need in a Vision Transformer", 2023, its spectral gating. The filter
is learned on a grid of frequencies and interpolated to those that a map has. The trap: rows of a transform begin at
frequency 0 and wrap; interpolation is in frequency, from -1/2 to 1/2 of a cycle a cell, not in the index.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.fourier import irfft2, rfft2
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "SpectFormer",
    "fourier",
    "SpectFormer: Frequency and Attention is what you need in a Vision Transformer",
    2023,
    scaled_down="the spectral blocks only: the attention blocks that follow them are other mixers",
)


@MIXERS.register("spectformer", SOURCE)
class SpectFormer(nn.Module):
    """``spectformer(knots=9)`` on (B, C, H, W): a filter on (2 knots - 1) x knots frequencies. Reach: the picture."""

    def __init__(self, channels: int, knots: int = 9) -> None:
        super().__init__()
        if knots < 2:
            raise ValueError(f"knots {knots}: at least 2, for the frequencies 0 and 1/2")
        self.reach, self.aligned = None, 1
        self.knots = knots
        self.real = nn.Parameter(1 + 0.02 * torch.randn(channels, 2 * knots - 1, knots))
        self.imaginary = nn.Parameter(0.02 * torch.randn(channels, 2 * knots - 1, knots))

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        real, imaginary = rfft2(x)  # (B, C, H, W // 2 + 1)
        f_real, f_imaginary = self.filter(h, w)
        turned = real * f_imaginary + imaginary * f_real
        return irfft2((real * f_real - imaginary * f_imaginary, turned), h, w)

    def filter(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Real and imaginary part, (C, H, W // 2 + 1), at the frequencies of a map of that size."""
        device = self.real.device
        row = torch.arange(height, device=device)
        row = torch.where(2 * row < height, row, row - height) / height  # -1/2 .. 1/2
        column = torch.arange(width // 2 + 1, device=device) / width  # 0 .. 1/2
        rows, columns = between(row + 0.5, 2 * self.knots - 1), between(2 * column, self.knots)
        return rows @ self.real @ columns.T, rows @ self.imaginary @ columns.T


def between(places: Tensor, knots: int) -> Tensor:
    """(P, knots) weights of linear interpolation at ``places`` in 0..1."""
    distance = places[:, None] * (knots - 1) - torch.arange(knots, device=places.device)
    return (1 - distance.abs()).clamp(min=0)
