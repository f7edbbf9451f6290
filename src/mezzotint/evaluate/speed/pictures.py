# SPDX-License-Identifier: Apache-2.0
"""Pictures of known sizes to measure speed on, cut from a folder of photos, and where that folder is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mezzotint.errors import FileAccess
from mezzotint.evaluate import images
from mezzotint.evaluate.codecs.protocol import Pixels
from mezzotint.evaluate.machine import checkout

KODAK = (768, 512)  # width and height: speeds are stated for this size


@dataclass(frozen=True, eq=False)
class Scene:
    """Pictures of one size that are measured together."""

    name: str  # "768x512"
    pictures: tuple[Pixels, ...]

    @property
    def megapixels(self) -> float:
        return sum(picture[..., 0].size for picture in self.pictures) / 1e6


def photo_folder(given: str | None) -> Path:
    """The folder that was named, or `examples` of the checkout; FileAccess where there is neither."""
    if given is not None:
        return Path(given)
    top = checkout()
    if top is None or not (top / "examples").is_dir():
        raise FileAccess("there are no example photos here", "name a folder of photos with --photos FOLDER")
    return top / "examples"


def photos(folder: Path, count: int) -> tuple[Pixels, ...]:
    """The first `count` photos of a folder by name, scaled and cut to 768x512, RGB (512, 768, 3)."""
    found = [images.load(path) for path in images.find(folder)[:count]]
    return tuple(
        np.asarray(ImageOps.fit(Image.fromarray(pixels), KODAK, Image.Resampling.LANCZOS)) for pixels in found
    )


def scene(small: tuple[Pixels, ...]) -> Scene:
    return Scene(_name(KODAK), small)


def large_scene(small: tuple[Pixels, ...], side: int = 2) -> Scene:
    """One picture of `side` by `side` small ones."""
    size = KODAK[0] * side, KODAK[1] * side
    return Scene(_name(size), (tiled(small, size),))


def tiled(small: tuple[Pixels, ...], size: tuple[int, int]) -> Pixels:
    """A picture of this width and height, the small ones over and over, the last cut off: (height, width, 3)."""
    across, down = (-(-whole // part) for whole, part in zip(size, KODAK, strict=True))
    rows = [
        np.concatenate([small[(row * across + column) % len(small)] for column in range(across)], axis=1)
        for row in range(down)
    ]
    return np.ascontiguousarray(np.concatenate(rows)[: size[1], : size[0]])


def _name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
