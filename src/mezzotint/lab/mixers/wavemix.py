# SPDX-License-Identifier: Apache-2.0
"""WaveMix: tokens mix because a multi-level wavelet brings them into one cell, where pointwise maps see them all.

"WaveMix: A Resource-efficient Neural Network for Image Analysis", 2022: channels are first cut to a quarter, so that
the four sub-bands of a level are as many channels as came in; each level's pointwise maps are followed by a transposed
convolution to the level above. The trap: a 2x2 kernel in the latter would never cross the wavelet's cells, so it is
4x4 as in the paper.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.layers.convolution import pointwise
from mezzotint.lab.layers.wavelet import haar_split
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "WaveMix",
    "frequency",
    "WaveMix: A Resource-efficient Neural Network for Image Analysis",
    2022,
    scaled_down="no batch norms and no dropout; two levels of wavelet instead of up to four",
)


@MIXERS.register("wavemix", SOURCE)
class WaveMix(nn.Module):
    """``wavemix(levels=2, expand=2)`` on (B, C, H, W); level l has C channels at 1 / 2^l.

    Reach: 2^(levels + 1) - 2.
    """

    def __init__(self, channels: int, levels: int = 2, expand: int = 2) -> None:
        super().__init__()
        if channels % 4 or levels < 1 or expand < 1:
            raise ValueError(
                f"{channels} channels, levels {levels}: channels a multiple of 4, at least one level"
            )
        self.reach, self.aligned = 2 ** (levels + 1) - 2, 2**levels
        self.reduce = pointwise(channels, channels // 4)
        self.levels = nn.ModuleList(
            Level(channels, expand, first=level == 0, last=level == levels - 1) for level in range(levels)
        )

    def forward(self, x: Tensor) -> Tensor:
        low, sizes, bands = self.reduce(x), [], []
        for _ in self.levels:  # from fine to coarse
            sizes.append(low.shape[2:])
            bands.append(haar_split(low))  # (B, 4, C / 4, h, w)
            low = bands[-1][:, 0]
        deeper: list[Tensor] = []
        for level, band, (h, w) in reversed(list(zip(self.levels, bands, sizes, strict=True))):
            deeper = [level(torch.cat([band.flatten(1, 2), *deeper], 1))[:, :, :h, :w]]
        return deeper[0]


class Level(nn.Module):
    """Sub-bands (B, C, h, w), with C / 2 channels of the level below -> (B, C or C / 2, 2 h, 2 w)."""

    def __init__(self, channels: int, expand: int, *, first: bool, last: bool) -> None:
        super().__init__()
        inner, out = channels + (0 if last else channels // 2), channels if first else channels // 2
        self.mix = nn.Sequential(
            pointwise(inner, expand * channels), nn.GELU(), pointwise(expand * channels, channels)
        )
        self.up = nn.ConvTranspose2d(channels, out, 4, stride=2, padding=1)
        nn.init.normal_(self.up.weight, std=(4 * channels) ** -0.5)  # four taps meet in a cell

    def forward(self, bands: Tensor) -> Tensor:
        return self.up(self.mix(bands))
