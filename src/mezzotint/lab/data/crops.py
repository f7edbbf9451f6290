# SPDX-License-Identifier: Apache-2.0
"""Random crops for training: position, downscale 0.6-1.0 (hides the source's own artefacts), flips and transpose.

Which crop comes at which step depends on the seed and the step alone, so a resumed run sees what the unbroken
one would.
"""

from __future__ import annotations

import math
import random

import torch
import torch.nn.functional as F
from torch import Tensor


class Crops:
    """Photos (list of uint8 (3, H, W)) -> float batches (B, 3, size, size) in [-1/2, 1/2] on the photos' device."""

    def __init__(
        self,
        photos: list[Tensor],
        size: int,
        batch: int,
        seed: int = 0,
        scales: tuple[float, float] = (0.6, 1.0),
    ) -> None:
        self.photos = [p for p in photos if min(p.shape[1:]) >= size]
        if not self.photos:
            raise ValueError(f"no photo has {size} pixels on both sides: take smaller crops or larger photos")
        self.size, self.batch, self.seed, self.scales = size, batch, seed, scales
        # A photo is drawn in proportion to its area, so that every pixel is as likely.
        self.areas = [p.shape[1] * p.shape[2] for p in self.photos]

    def at(self, step: int) -> Tensor:
        """The batch of a step."""
        rng = random.Random(f"{self.seed}/{step}")
        chosen = rng.choices(self.photos, self.areas, k=self.batch)
        return torch.stack([self._crop(p, rng) for p in chosen]).contiguous(memory_format=torch.channels_last)

    def _crop(self, photo: Tensor, rng: random.Random) -> Tensor:
        height, width = photo.shape[1:]
        scale = rng.uniform(*self.scales)
        side = min(math.ceil(self.size / scale), height, width)
        top, left = rng.randint(0, height - side), rng.randint(0, width - side)
        crop = photo[:, top : top + side, left : left + side].float() / 255 - 0.5
        if side != self.size:
            crop = F.interpolate(crop[None], (self.size, self.size), mode="bicubic", antialias=True)[0].clamp(
                -0.5, 0.5
            )
        dims = [d for d in (1, 2) if rng.random() < 0.5]
        crop = crop.flip(dims) if dims else crop
        return crop.transpose(1, 2) if rng.random() < 0.5 else crop
