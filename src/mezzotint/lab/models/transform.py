# SPDX-License-Identifier: Apache-2.0
"""Analysis g_a (pixels -> y) and synthesis g_s (y -> pixels): a linear block transform beside a small network.

        pixels --- DCT 16x16, luma-chroma --------------------------------- + --- y       (PatchAnalysis)
           \\                                                                /
            8x8 patches - 1x1 - blocks at 1/8 - Haar down - blocks at 1/16 - 1x1 (starts at zero)

The synthesis mirrors it. With the last layers at zero the untrained pair is a plain transform codec; training
starts at JPEG's level rather than at noise (AuxT, ICLR 2025, uses the same shortcut stage by stage).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.patch import PatchAnalysis, PatchSynthesis
from mezzotint.lab.layers.quality import QualityVector
from mezzotint.lab.layers.resample import HaarDown, HaarUp
from mezzotint.lab.models.block import stack


@dataclass(frozen=True)
class TransformConfig:
    """Widths and depths at 1/8 (``fine``) and 1/16 (``coarse``) of the picture's side."""

    fine: int = 96
    fine_hidden: int = 96
    fine_depth: int = 4
    coarse: int = 192
    coarse_hidden: int = 256
    coarse_depth: int = 5
    mixer: str = "depthwise(3)"


class Analysis(nn.Module):
    """x (B, 3, 16h, 16w) in [-1/2, 1/2] -> y (B, M, h, w), in the units of an orthonormal transform of x."""

    def __init__(self, c: TransformConfig, rows: Tensor, spread: Tensor, anchors: int) -> None:
        super().__init__()
        self.shortcut = PatchAnalysis(rows)
        self.stem = nn.Conv2d(3, c.fine, 8, stride=8)
        self.enc_fine = QualityVector(c.fine, anchors)
        self.fine = stack(c.fine_depth, c.fine, c.fine_hidden, c.mixer)
        self.down = HaarDown(c.fine, c.coarse)
        self.enc_coarse = QualityVector(c.coarse, anchors)
        self.coarse = stack(c.coarse_depth, c.coarse, c.coarse_hidden, c.mixer)
        self.head = nn.Conv2d(c.coarse, len(rows), 1)
        nn.init.normal_(self.stem.weight, std=0.3)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.register_buffer(
            "spread", spread.view(1, -1, 1, 1)
        )  # the network speaks in standard deviations of y

    def forward(self, x: Tensor, quality: Tensor) -> Tensor:
        h = self.stem(x) * self.enc_fine(quality)  # (B, fine, H/8, W/8)
        h = self.down(self.fine(h)) * self.enc_coarse(quality)  # (B, coarse, H/16, W/16)
        return self.shortcut(x) + self.head(self.coarse(h)) * self.spread


class Synthesis(nn.Module):
    """y_hat (B, M, h, w) -> x_hat (B, 3, 16h, 16w), not clipped."""

    def __init__(self, c: TransformConfig, rows: Tensor, spread: Tensor, anchors: int) -> None:
        super().__init__()
        self.shortcut = PatchSynthesis(rows)
        self.stem = nn.Conv2d(len(rows), c.coarse, 1)
        self.dec_coarse = QualityVector(c.coarse, anchors)
        self.coarse = stack(c.coarse_depth, c.coarse, c.coarse_hidden, c.mixer)
        self.up = HaarUp(c.coarse, c.fine)
        self.dec_fine = QualityVector(c.fine, anchors)
        self.fine = stack(c.fine_depth, c.fine, c.fine_hidden, c.mixer)
        self.head = nn.Conv2d(c.fine, 192, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("gain", (1 / spread).view(1, -1, 1, 1))

    def forward(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        return self.shortcut(y_hat) + F.pixel_shuffle(self.head(self.features(y_hat, quality)), 8)

    def features(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """(B, fine, H/8, W/8), from which the head makes what the network adds to the samples of each 8x8 cell."""
        h = self.stem(y_hat * self.gain) * self.dec_coarse(quality)
        h = self.up(self.coarse(h)) * self.dec_fine(quality)
        return self.fine(h)


def halo(c: TransformConfig) -> tuple[int, int]:
    """(pixels around a window of the analysis, y cells around a window of the synthesis) that a tile depends on."""
    reach = 1  # of depthwise(3), in cells of its own resolution
    pixels = 8 * reach * c.fine_depth + 16 * reach * c.coarse_depth
    cells = -(-reach * c.fine_depth // 2) + reach * c.coarse_depth
    return -(-pixels // 64) * 64, cells
