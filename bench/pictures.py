# SPDX-License-Identifier: Apache-2.0
"""Pictures of known sizes to measure speed on, cut from a folder of photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from rivals import Pixels

SUFFIXES = {".png", ".ppm", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".jpg", ".jpeg"}
KODAK = (768, 512)  # width and height


def paths(folder: Path) -> list[Path]:
    """The picture files in a folder, by name."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise SystemExit(f"no picture in {folder}: name a folder of PNG files")
    return found


def load(path: Path) -> Pixels:
    """RGB, whatever the file holds."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def kodak_sized(folder: Path, count: int = 4) -> list[Pixels]:
    """The first photos of a folder, scaled and cut to 768x512."""
    images = [Image.fromarray(load(path)) for path in paths(folder)[:count]]
    return [np.asarray(ImageOps.fit(image, KODAK, Image.Resampling.LANCZOS)) for image in images]


def large(folder: Path) -> Pixels:
    """One picture of 2304x1536 pixels, 3 by 3 of the small ones."""
    small = kodak_sized(folder, 9)
    tiles = [small[index % len(small)] for index in range(9)]
    return np.concatenate([np.concatenate(tiles[row : row + 3], axis=1) for row in (0, 3, 6)], axis=0)
