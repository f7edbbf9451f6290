# SPDX-License-Identifier: Apache-2.0
"""Fast Fourier convolution: some channels see their neighbours, the others the whole picture through its spectrum.

"Binarizing Documents by Leveraging both Space and Frequency", ICDAR 2024, built of the operator of Chi et al., "Fast
Fourier Convolution", NeurIPS 2020. Local and global channels exchange by 3x3 convolutions; the global path maps real
and imaginary parts of each frequency by one pointwise layer. The trap: batch norms keep the originals at a common
scale; here the transform is orthonormal instead, so that a spectrum is as large as its picture.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.fourier import irfft2, rfft2
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "FFC-Binarize",
    "fourier",
    "Binarizing Documents by Leveraging both Space and Frequency",
    2024,
    scaled_down="no batch norms, and no local Fourier unit on quarters of the picture",
)


@MIXERS.register("ffc", SOURCE)
class FFC(nn.Module):
    """``ffc(ratio=0.75)`` on (B, C, H, W): G = ratio * C channels are global, L = C - G local. Reach: the picture."""

    def __init__(self, channels: int, ratio: float = 0.75) -> None:
        super().__init__()
        wide = round(ratio * channels)
        near = channels - wide
        if wide < 2 or near < 1:
            raise ValueError(
                f"ratio {ratio} of {channels} channels leaves one part empty: choose between 0 and 1"
            )
        self.reach, self.aligned, self.split = None, 1, [near, wide]
        self.to_near = nn.Conv2d(channels, near, 3, padding=1)  # local to local and global to local, added
        self.near_to_wide = nn.Conv2d(near, wide, 3, padding=1)
        self.wide_to_wide = SpectralTransform(wide)

    def forward(self, x: Tensor) -> Tensor:
        near, wide = x.split(self.split, 1)
        return torch.cat((self.to_near(x), self.near_to_wide(near) + self.wide_to_wide(wide)), 1)


class SpectralTransform(nn.Module):
    """(B, G, H, W) -> the same: to G / 2 channels, plus their Fourier unit, and back to G."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.enter = nn.Conv2d(channels, half, 1)
        self.spectrum = nn.Conv2d(2 * half, 2 * half, 1)
        self.leave = nn.Conv2d(half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.enter(x))
        return self.leave(x + self.fourier_unit(x))

    def fourier_unit(self, x: Tensor) -> Tensor:
        """Real and imaginary parts as channels (B, G, H, W // 2 + 1), one pointwise layer, and back."""
        h, w = x.shape[2:]
        real, imaginary = F.relu(self.spectrum(torch.cat(rfft2(x), 1))).chunk(2, 1)
        return irfft2((real, imaginary), h, w)
