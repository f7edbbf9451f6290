# SPDX-License-Identifier: Apache-2.0
"""Random crops for training: position, downscale 0.6-1.0 (hides the source's own artefacts), flips and transpose.

Which crop comes at which step depends on the seed and the step alone, so a resumed run sees what the unbroken one
would, and several processes that share a batch see together what one alone would.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

WHOLE = slice(None)


@dataclass(frozen=True)
class Draw:
    """What chance decides of one crop: a square of ``side`` pixels of a photo, and how it is turned."""

    photo: Tensor
    side: int
    top: int
    left: int
    flips: tuple[int, ...]  # axes of (3, H, W)
    transpose: bool
    grey: bool


class Crops:
    """Photos (list of uint8 (3, H, W)) -> float batches (B, 3, size, size) in [-1/2, 1/2] on the photos' device.

    A share ``grey`` of the crops loses its colour.
    ValueError where no photo has ``size`` pixels on both sides; smaller ones among larger are not drawn.
    """

    def __init__(
        self,
        photos: list[Tensor],
        size: int,
        batch: int,
        seed: int = 0,
        scales: tuple[float, float] = (0.6, 1.0),
        grey: float = 0.0,
    ) -> None:
        self.photos = [p for p in photos if min(p.shape[1:]) >= size]
        if not self.photos:
            raise ValueError(f"no photo has {size} pixels on both sides: take smaller crops or larger photos")
        self.size, self.batch, self.seed, self.scales, self.grey = size, batch, seed, scales, grey
        # A photo is drawn in proportion to its area, so that every pixel is as likely.
        self.areas = [p.shape[1] * p.shape[2] for p in self.photos]

    def at(self, step: int, share: slice = WHOLE) -> Tensor:
        """The batch of a step, or a share of it: all of it is drawn, only the share is cut."""
        rng = random.Random(f"{self.seed}/{step}")
        chosen = rng.choices(self.photos, self.areas, k=self.batch)
        drawn = [self._draw(photo, rng) for photo in chosen]
        return torch.stack([self._cut(d) for d in drawn[share]]).contiguous(memory_format=torch.channels_last)

    def _draw(self, photo: Tensor, rng: random.Random) -> Draw:
        height, width = photo.shape[1:]
        scale = rng.uniform(*self.scales)
        side = min(math.ceil(self.size / scale), height, width)
        top, left = rng.randint(0, height - side), rng.randint(0, width - side)
        flips = tuple(axis for axis in (1, 2) if rng.random() < 0.5)
        transpose, grey = rng.random() < 0.5, self.grey > 0 and rng.random() < self.grey
        return Draw(photo, side, top, left, flips, transpose, grey)

    def _cut(self, draw: Draw) -> Tensor:
        crop = signed(draw.photo[:, draw.top : draw.top + draw.side, draw.left : draw.left + draw.side])
        if draw.side != self.size:
            crop = F.interpolate(crop[None], (self.size, self.size), mode="bicubic", antialias=True)[0].clamp(
                -0.5, 0.5
            )
        if draw.grey:
            crop = crop.mean(0, keepdim=True).expand(3, -1, -1)
        crop = crop.flip(draw.flips) if draw.flips else crop
        return crop.transpose(1, 2) if draw.transpose else crop


def signed(pixels: Tensor) -> Tensor:
    """uint8 0..255 -> float32 in [-1/2, 1/2], which is what the networks take."""
    return pixels.float() / 255 - 0.5


def middles(photos: list[Tensor], size: int) -> list[Tensor]:
    """The middle (3, size, size) of every photo that has one, as views: what a run is measured on."""
    found = []
    for photo in photos:
        height, width = photo.shape[1:]
        if min(height, width) >= size:
            top, left = (height - size) // 2, (width - size) // 2
            found.append(photo[:, top : top + size, left : left + size])
    return found
