# SPDX-License-Identifier: Apache-2.0
"""The skeleton with region-adaptive transforms at 1/8: told true regions in training, and a plain grid when coding.

    x --- stem, block at 1/8 --- region-adaptive --- down, affine --- blocks at 1/16 --- + --- y
     \\                                |                                                  /
      \\                          regions: of x in training, a 4 x 4 grid otherwise      /
       DCT 16x16 ------------------------------------------------------------------------

"Region-Adaptive Transform with Segmentation Prior for Image Compression" (SegPIC, ECCV 2024): regions are privileged
information, so a stream holds none. The synthesis mirrors the analysis. The trap: what decodes must never be handed
the regions of a picture, so only `forward` in training asks for them.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.data.regions import Source
from mezzotint.lab.layers.region_adaptive import RegionAdaptive
from mezzotint.lab.layers.regions import grid_map
from mezzotint.lab.layers.scale_affine import ScaleAffine
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.framed import Framed
from mezzotint.lab.models.skeleton import CONFIG
from mezzotint.lab.models.transform import Analysis, Synthesis
from mezzotint.lab.priors.entropy_model import EntropyModel

FINE, COARSE = CONFIG.analysis.fine, CONFIG.analysis.coarse


class Modules(nn.Module):
    """What a side has beside the skeleton's: ``transforms`` and, at both resolutions, ``affines`` in a row."""

    def __init__(self, transforms: int, affines: int) -> None:
        super().__init__()
        self.transforms = nn.ModuleList(RegionAdaptive(FINE) for _ in range(transforms))
        self.fine = nn.Sequential(*(ScaleAffine(FINE) for _ in range(affines)))
        self.coarse = nn.Sequential(*(ScaleAffine(COARSE) for _ in range(affines)))

    def forward(self, fine: Tensor, coarse: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """All of them, on maps (B, FINE, H, W) and (B, COARSE, h, w): for counting."""
        return self.adapt(self.fine(fine), regions), self.coarse(coarse)

    def adapt(self, h: Tensor, regions: Tensor) -> Tensor:
        """(B, FINE, H, W), regions (B or 1, ., .) -> (B, FINE, H, W)."""
        for transform in self.transforms:
            h = transform(h, regions)
        return h


class RegionalAnalysis(nn.Module):
    """x (B, 3, 16h, 16w), quality (B,), regions (B or 1, ., .) -> y (B, M, h, w)."""

    def __init__(self, trunk: Analysis, extra: Modules) -> None:
        super().__init__()
        self.trunk, self.extra = trunk, extra

    def forward(self, x: Tensor, quality: Tensor, regions: Tensor) -> Tensor:
        t = self.trunk
        h = t.fine(self.extra.fine(t.stem(x)) * t.enc_fine(quality))  # (B, FINE, H/8, W/8)
        h = self.extra.coarse(t.down(self.extra.adapt(h, regions))) * t.enc_coarse(quality)
        y: Tensor = t.shortcut(x) + t.head(t.coarse(h)) * t.spread
        return y


class RegionalSynthesis(nn.Module):
    """y_hat (B, M, h, w), quality (B,), regions (B or 1, ., .) -> x_hat (B, 3, 16h, 16w), not clipped."""

    def __init__(self, trunk: Synthesis, extra: Modules) -> None:
        super().__init__()
        self.trunk, self.extra = trunk, extra

    def forward(self, y_hat: Tensor, quality: Tensor, regions: Tensor) -> Tensor:
        t = self.trunk
        h = t.coarse(t.stem(y_hat * t.gain) * t.dec_coarse(quality))  # (B, COARSE, h, w)
        h = self.extra.adapt(t.up(self.extra.coarse(h)), regions) * t.dec_fine(quality)
        h = self.extra.fine(t.fine(h))
        x_hat: Tensor = t.shortcut(y_hat) + F.pixel_shuffle(t.head(h), 8)
        return x_hat


class Regional(Framed):
    """`Framed`, whose training also sees the regions that ``source`` finds in x; see data/regions.py."""

    def __init__(
        self, analysis: RegionalAnalysis, prior: EntropyModel, synthesis: RegionalSynthesis, source: Source
    ) -> None:
        super().__init__(analysis, prior, synthesis)
        self.source = source
        self.register_buffer("grid", grid_map(), persistent=False)

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        return self.guided(x, quality, self.source(x) if self.training else self.grid)

    def guided(self, x: Tensor, quality: Tensor, regions: Tensor) -> Output:
        """What `forward` gives when both sides are told these regions, (B or 1, ., .) int64."""
        step = self.step(quality)
        coded = self.prior(self.analysis(x, quality, regions) / step)
        x_hat = self.synthesis(coded.y_hat * step, quality, regions)
        return Output(x_hat, coded.bits, coded.bits.new_zeros(len(x)))

    def latent(self, x: Tensor, quality: Tensor) -> Tensor:
        """y in quantiser steps, found without regions."""
        y: Tensor = self.analysis(x, quality, self.grid) / self.step(quality)
        return y

    def pixels(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """What the prior gave back -> x_hat, found without regions."""
        x_hat: Tensor = self.synthesis(y_hat * self.step(quality), quality, self.grid)
        return x_hat
