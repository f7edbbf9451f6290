# SPDX-License-Identifier: Apache-2.0
"""A small labelled set for codecs that serve machines: twelve made textures, blended over crops of photos.

A texture lies in a soft round patch somewhere in a tile of 64x64, with a period, turn, colour, strength and noise of
its own; what it lies over is a photo. Classes come in pairs that only their detail tells apart (zigzags and waves,
stripes and saw teeth), so a codec that blurs them loses labels. It is about as hard as some hundred steps of training
can learn: full turns and fainter textures took several thousand. The trap: tiles of one batch share photos, so
training and test must be drawn from different photos, not only with different seeds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mezzotint.lab.data.crops import Crops, signed

SIDE = 64  # pixels of a tile
PLACE = 8  # pixels from the middle of a tile to that of its patch, at most, in each direction
RADII = (18, 30)  # pixels, of the patch
TURN = 0.4  # radians, to either side
PERIODS = (5.0, 9.0)  # pixels
STRENGTHS = (0.18, 0.40)  # of the texture, where pixels span 1
NOISE = 0.02  # largest standard deviation
Pattern = Callable[[Tensor, Tensor], Tensor]


def _triangle(u: Tensor) -> Tensor:
    return 2 / math.pi * torch.asin(torch.sin(u))


def _bricks(u: Tensor, v: Tensor) -> Tensor:
    row = torch.floor(v / (2 * math.pi))
    joint = torch.cos(u / 2 + math.pi / 2 * row) ** 8
    return 2 * torch.maximum(joint, torch.cos(v / 2) ** 8) - 1


def _hexagons(u: Tensor, v: Tensor) -> Tensor:
    tilted = math.sqrt(3) / 2 * v
    return (torch.cos(u) + torch.cos(u / 2 + tilted) + torch.cos(u / 2 - tilted)) / 1.5 - 0.5


# (u, v) in radians of the texture's period -> about [-1, 1]
PATTERNS: dict[str, Pattern] = {
    "stripes": lambda u, v: torch.sin(u),
    "saw": lambda u, v: torch.remainder(u / math.pi, 2) - 1,
    "checks": lambda u, v: torch.tanh(3 * torch.sin(u) * torch.sin(v)),
    "grid": lambda u, v: 2 * torch.maximum(torch.cos(u / 2) ** 8, torch.cos(v / 2) ** 8) - 1,
    "bricks": _bricks,
    "dots": lambda u, v: 2 * (torch.cos(u / 2) * torch.cos(v / 2)) ** 4 - 0.5,
    "hexagons": _hexagons,
    "zigzag": lambda u, v: torch.sin(v + 2 * _triangle(u / 2)),
    "waves": lambda u, v: torch.sin(v + 2 * torch.sin(u / 2)),
    "rings": lambda u, v: torch.sin(torch.hypot(u, v)),
    "spiral": lambda u, v: torch.sin(torch.hypot(u, v) + 3 * torch.atan2(v, u)),
    "spokes": lambda u, v: torch.sin(12 * torch.atan2(v, u)),
}
CLASSES = tuple(PATTERNS)


@dataclass(frozen=True, eq=False)
class Labels:
    """``pixels`` uint8 (N, 3, SIDE, SIDE), ``classes`` int64 (N,) in the order of `CLASSES`."""

    pixels: Tensor
    classes: Tensor

    @property
    def x(self) -> Tensor:
        """Pixels as networks take them, float (N, 3, SIDE, SIDE) in [-1/2, 1/2]."""
        return signed(self.pixels)


class Labelled:
    """Batches of tiles, each painted over a tile of the ``crops``; which ones depends on the seed and step alone.

    A crop of 64 k pixels a side, or more, gives k^2 tiles. ValueError where a crop is smaller than a tile.
    """

    def __init__(self, crops: Crops, seed: int = 0) -> None:
        if crops.size < SIDE:
            raise ValueError(f"crops of {crops.size} pixels are smaller than a tile: take {SIDE} or more")
        self.crops, self.seed = crops, seed
        self.across = crops.size // SIDE  # tiles along each side of a crop

    def at(self, step: int) -> Labels:
        """The batch of a step: across^2 tiles of every crop, on the CPU."""
        dice = torch.Generator().manual_seed(random.Random(f"labelled/{self.seed}/{step}").getrandbits(60))
        whole = SIDE * self.across
        return paint(cut(self.crops.at(step)[:, :, :whole, :whole].cpu(), self.across), dice)

    def draw(self, count: int) -> Labels:
        """The first ``count`` tiles."""
        batch = self.crops.batch * self.across**2
        parts = [self.at(step) for step in range(-(-count // batch))]
        pixels, classes = torch.cat([p.pixels for p in parts]), torch.cat([p.classes for p in parts])
        return Labels(pixels[:count], classes[:count])


class Painted:
    """The same tiles put together again, a picture a crop: what `Crops` gives, as a codec is trained on it."""

    def __init__(self, labelled: Labelled) -> None:
        crops = labelled.crops
        self.labelled, self.photos, self.batch = labelled, crops.photos, crops.batch
        self.size = SIDE * labelled.across

    def at(self, step: int) -> Tensor:
        """Float (B, 3, size, size) in [-1/2, 1/2] on the photos' device."""
        pictures = join(self.labelled.at(step).x, self.labelled.across)
        return pictures.contiguous(memory_format=torch.channels_last).to(self.photos[0].device)


def cut(pictures: Tensor, across: int) -> Tensor:
    """(B, C, across * s, across * s), or a little more, -> tiles (B * across^2, C, s, s), row by row."""
    side = pictures.shape[2] // across
    square = pictures[:, :, : side * across, : side * across]
    tiles = square.unflatten(3, (across, side)).unflatten(2, (across, side))  # (B, C, rows, s, columns, s)
    return tiles.permute(0, 2, 4, 1, 3, 5).flatten(0, 2)


def join(tiles: Tensor, across: int) -> Tensor:
    """The inverse of `cut`: as many pictures as across^2 tiles make, what is left over is not used."""
    whole = tiles[: len(tiles) // across**2 * across**2].unflatten(0, (-1, across, across))
    return whole.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)


def paint(grounds: Tensor, dice: torch.Generator) -> Labels:
    """Grounds (N, 3, SIDE, SIDE) in [-1/2, 1/2] -> tiles with a texture each, all classes as likely."""
    count = len(grounds)
    classes = torch.randint(len(CLASSES), (count,), generator=dice)

    def between(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *(shape or (1, 1)), generator=dice)

    place = torch.arange(SIDE) - (SIDE - 1) / 2
    x, y = (
        place[None, None, :] - between(-PLACE, PLACE),
        place[None, :, None] - between(-PLACE, PLACE),
    )  # (N, S, S)
    turn, pace = between(-TURN, TURN), 2 * math.pi / between(*PERIODS)
    u, v = pace * (turn.cos() * x + turn.sin() * y), pace * (turn.cos() * y - turn.sin() * x)
    texture = torch.empty(count, SIDE, SIDE)
    for number, pattern in enumerate(PATTERNS.values()):
        chosen = classes == number
        texture[chosen] = pattern(u[chosen], v[chosen])
    patch = torch.sigmoid((between(*RADII) - torch.hypot(x, y)) / 2)
    colour = between(0.4, 1.0, 3, 1, 1) * torch.sign(between(-1, 1, 1, 1, 1))
    ink = between(*STRENGTHS, 1, 1, 1) * colour * (patch * texture)[:, None]
    noise = between(0, NOISE, 1, 1, 1) * torch.randn(grounds.shape, generator=dice)
    pixels = ((grounds * between(0.5, 1.0, 1, 1, 1) + ink + noise + 0.5).clamp(0, 1) * 255).round()
    return Labels(pixels.to(torch.uint8), classes)
