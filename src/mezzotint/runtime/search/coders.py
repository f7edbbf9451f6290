# SPDX-License-Identifier: Apache-2.0
"""A picture coded at one quality after another. What of `encode` the search depends on is here.

    Held      y of the whole picture is kept: another quality costs quantising and coding, a third of an encode
    Streamed  for pictures whose y is too much to keep: each quality is a whole encode
    Refined   with effort above 0: each is a whole encode and the search for better integers

The analysis depends on the quality, but mildly. For the same PSNR, y of a quality 200 steps off costs 0.2 % more
bytes, 400 steps off 0.6 %, 800 steps off 2 to 3 % (BD-rates, 10 validation photos), while the size at a quality changes
by less than 1 % on average. So y is made anew when it is more than `reach` steps off, and at both ends of the dial: no
file should be smaller than the smallest that is found.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mezzotint.bitstream import MAX_QUALITY, Box, Container, Limits
from mezzotint.runtime import tiles
from mezzotint.runtime.effort import Refine
from mezzotint.runtime.encode import analyse, code_tile, header_of, quantise_tile
from mezzotint.runtime.latents import Model, y_part
from mezzotint.runtime.memory import HELD_PIXELS
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.steady import Watch, encode_steadily, steadied
from mezzotint.runtime.tiles import Rect, blocks

REACH = 400  # steps of quality that y may be off in a file

Coder = Callable[[int], Container]  # the parts of a file at a quality, 0..4095


class Held:
    """Codes at any quality from y that is kept."""

    def __init__(
        self, picture: Picture, boxes: tuple[Box, ...], model: Model, tile_log2: int, reach: int = REACH
    ) -> None:
        self.analyses = 0
        self._picture, self._boxes, self._model = picture, boxes, model
        self._tile_log2, self._reach = tile_log2, reach
        self._grid = tiles.tile_grid(picture.height, picture.width, tile_log2)
        self._y: NDArray[np.float32] | None = None
        self._analysed_at = 0

    def __call__(self, quality: int) -> Container:
        y = self._near(quality)
        coded, watch = [], Watch(self._picture, self._model)
        for tile in self._grid:
            with stage(Stage.HYPER):
                latents = quantise_tile(y[y_part(tile)], tile, quality, self._model)
            watch(tile, latents)
            with stage(Stage.ENTROPY):
                coded.append(code_tile(latents, quality, self._model))
        header = header_of(self._picture, quality, self._model, self._tile_log2)
        found = Container(header, self._boxes, tuple(zip(*coded, strict=True)))
        return steadied(found, self._picture, watch, self._model)

    def _near(self, quality: int) -> NDArray[np.float32]:
        reach = self._reach if 0 < quality < MAX_QUALITY else 0
        if self._y is None or abs(quality - self._analysed_at) > reach:
            self._y = None  # before the next one is made
            whole = Rect(0, 0, blocks(self._picture.height), blocks(self._picture.width))
            with stage(Stage.PIXELS):
                self._y = analyse(self._picture, whole, quality, self._model)
            self._analysed_at = quality
            self.analyses += 1
        return self._y


class Streamed:
    """Codes as `encode_steadily` does, every time anew."""

    def __init__(
        self, picture: Picture, model: Model, tile_log2: int, limits: Limits, refine: Refine | None = None
    ) -> None:
        self.analyses = 0
        self._picture, self._model, self._tile_log2 = picture, model, tile_log2
        self._limits, self._refine = limits, refine

    def __call__(self, quality: int) -> Container:
        self.analyses += 1
        return encode_steadily(
            self._picture, quality, self._model, self._tile_log2, self._limits, self._refine
        )


def coder(
    picture: Picture, boxes: tuple[Box, ...], model: Model, tile_log2: int, limits: Limits
) -> Held | Streamed:
    """Whichever the size of the picture allows."""
    if blocks(picture.height) * blocks(picture.width) * tiles.BLOCK**2 <= HELD_PIXELS:
        return Held(picture, boxes, model, tile_log2)
    return Streamed(picture, model, tile_log2, limits)
