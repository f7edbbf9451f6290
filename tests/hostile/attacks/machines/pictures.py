# SPDX-License-Identifier: Apache-2.0
"""The 500 files of row 13: a hundred small pictures at five qualities.

Nine of ten are cut out of the example photos, one is made (noise, a ramp, one colour, stripes); some are grey and some
have several tiles. Small, because one of the runtimes is numpy and some processors are emulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mezzotint.runtime.encode import DEFAULT_TILE_LOG2, quality_index

PICTURES = 100
QUALITIES = (5, 30, 55, 80, 97)
SIZES = ((64, 96), (64, 64), (33, 57), (70, 130), (128, 64), (100, 64))  # (height, width)
EXAMPLES = Path(__file__).resolve().parents[4] / "examples"


@dataclass(frozen=True)
class Wanted:
    """A file to be encoded."""

    picture: int  # its number
    quality: int  # 0..4095
    tile_log2: int


def files(count: int, seed: int) -> list[Wanted]:
    """`count` of the 500, in an order that is the seed's."""
    order = np.random.default_rng(seed).permutation(PICTURES * len(QUALITIES))[:count]
    return [_file(*divmod(int(number), len(QUALITIES))) for number in order]


def _file(picture: int, quality: int) -> Wanted:
    """Every third picture has tiles of one block."""
    return Wanted(picture, quality_index(QUALITIES[quality]), DEFAULT_TILE_LOG2 if picture % 3 else 6)


@cache
def pictures() -> tuple[NDArray[np.uint8], ...]:
    """PICTURES of (H, W, 3) or (H, W)."""
    photos = [_photo(path) for path in sorted(EXAMPLES.glob("*.png"))]
    rng = np.random.default_rng(13)
    found = []
    for number in range(PICTURES):
        height, width = SIZES[number % len(SIZES)]
        if number % 10 == 9:
            part = _made(number // 10, height, width, rng)
        else:
            photo = photos[number % len(photos)]
            top, left = (
                int(rng.integers(0, size - side))
                for size, side in zip(photo.shape, (height, width), strict=False)
            )
            part = photo[top : top + height, left : left + width]
        found.append(np.ascontiguousarray(part[..., 1] if number % 7 == 6 else part))
    return tuple(found)


def _photo(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _made(kind: int, height: int, width: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    rows, columns = np.indices((height, width))
    kinds: tuple[NDArray[Any], ...] = (
        rng.integers(0, 256, (height, width, 3)),
        np.stack([rows * 255 // height, columns * 255 // width, (rows + columns) % 256], 2),
        np.full((height, width, 3), rng.integers(0, 256, 3)),
        np.stack([(rows // 2 + columns // 3) % 2 * 255] * 3, 2),
        np.stack([(rows * columns) % 256, 255 - rows, columns], 2),
    )
    return kinds[kind % len(kinds)].astype(np.uint8)
