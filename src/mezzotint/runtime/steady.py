# SPDX-License-Identifier: Apache-2.0
"""Where the network loses its way: blocks of patterns that it was never shown, such as a checkerboard of a few pixels.

    symbols far outside their tables --odd--> decoded for a look --lost--> the block again, with less contrast

At low qualities a fine and hard pattern can make the latents run away: to tens of times what photos give. The block
then takes more bits than it has without loss, shows nothing of the picture, harms those beside it, and a rounding more
or less on another machine moves its samples by up to 255. With less of its fine contrast it is coded for what it is.
Photos have next to no symbols outside their tables, so that they are not even looked at.

The look is the decoder's own, over whole windows: a tile alone is steady where it is not beside others. Encoder alone:
the format and the decoder know nothing of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mezzotint.bitstream import Container, Limits
from mezzotint.runtime import fade
from mezzotint.runtime.decode import YHat, synthesise
from mezzotint.runtime.effort import Refine
from mezzotint.runtime.encode import (
    DEFAULT_TILE_LOG2,
    analyse,
    code_tile,
    encode_picture,
    network_pixels,
    quantise_tile,
)
from mezzotint.runtime.latents import Model, TileLatents
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.tiles import BLOCK, Y_CELLS, Rect, Window, bands, blocks, cut, tile_grid, windows

FEWEST = 4  # symbols outside their tables in an odd block, of some thousands; photos have none or one
_MOST_LOOKS = 12  # at a picture
_FADE, _LEAST = np.float32(0.7), np.float32(0.15)  # of contrast, time after time; what is less becomes none
_NUDGE = np.float32(1e-4)  # of y_hat, relative; machines differ by a few millionths of the usual one
_STEPS = 1  # that a sample may move by for it
_WORSE = 0.9  # of the error that one flat colour would have
_BUDGET = 1 << 20  # pixels of a window, so that a look takes little memory beside the analysis
_DEFAULT_LIMITS = Limits()


class Watch:
    """Which blocks (rows, columns) of a picture are odd; looks at the integers of every tile."""

    def __init__(self, picture: Picture, model: Model) -> None:
        self.odd = np.zeros((blocks(picture.height), blocks(picture.width)), np.bool_)
        self._model = model

    def __call__(self, tile: Rect, latents: TileLatents) -> None:
        with stage(Stage.HYPER):
            self.odd[tile.rows, tile.columns] |= odd_blocks(latents, self._model)


def encode_steadily(
    picture: Picture,
    quality: int,
    model: Model,
    tile_log2: int = DEFAULT_TILE_LOG2,
    limits: Limits = _DEFAULT_LIMITS,
    refine: Refine | None = None,
) -> Container:
    """`encode_picture`, after which blocks that are lost are coded again."""
    watch = Watch(picture, model)
    found = encode_picture(picture, quality, model, tile_log2, limits=limits, refine=refine, watch=watch)
    return steadied(found, picture, watch, model)


def steadied(container: Container, picture: Picture, watch: Watch, model: Model) -> Container:
    """The parts of a file with the tiles coded again in which blocks are lost, those with less contrast."""
    contrast = np.ones(watch.odd.shape, np.float32)
    for look in range(_MOST_LOOKS):
        if not watch.odd.any():
            break
        with stage(Stage.PIXELS):  # the networks in it have their own
            lost = lost_blocks(container, picture, watch.odd & (contrast > 0), model)
        if not lost.any():
            break
        # Where a faded pattern ends it may be lost anew, block after block: after some looks those beside it fade too.
        lost = watch.odd & _grown(lost, look // 3)
        contrast[lost] *= _FADE
        contrast[contrast < _LEAST] = 0
        container = _coded_again(container, picture, lost, contrast, watch, model)
    return container


def _coded_again(
    container: Container,
    picture: Picture,
    lost: NDArray[np.bool_],
    contrast: fade.Contrast,
    watch: Watch,
    model: Model,
) -> Container:
    header, layers = container.header, [list(layer) for layer in container.layers]
    grid = tile_grid(header.height, header.width, header.tile_log2)
    numbers = {tile: number for number, tile in enumerate(grid)}
    for _, members in bands(grid):
        chosen = [tile for tile in members if lost[tile.rows, tile.columns].any()]
        if not chosen:
            continue
        area = _around(chosen)
        with stage(Stage.PIXELS):
            y = analyse(picture, area, header.quality, model, contrast=contrast)
        for tile in chosen:
            cells = tile.inside(area).scaled(Y_CELLS)
            with stage(Stage.HYPER):
                latents = quantise_tile(y[..., cells.rows, cells.columns], tile, header.quality, model)
            watch(tile, latents)
            with stage(Stage.ENTROPY):
                for layer, words in zip(layers, code_tile(latents, header.quality, model), strict=True):
                    layer[numbers[tile]] = words
    return replace(container, layers=tuple(map(tuple, layers)))


def odd_blocks(latents: TileLatents, model: Model) -> NDArray[np.bool_]:
    """(rows, columns) of blocks with more than a few symbols outside their tables."""
    outside = np.abs(latents.symbols) > model.table_ends.take(latents.indices, mode="wrap")
    count = np.count_nonzero(outside, axis=0)
    rows, columns = count.shape[0] // Y_CELLS, count.shape[1] // Y_CELLS
    by_block = count.reshape(rows, Y_CELLS, columns, Y_CELLS).sum(axis=(1, 3))
    found: NDArray[np.bool_] = by_block >= FEWEST
    return found


def lost_blocks(
    container: Container, picture: Picture, odd: NDArray[np.bool_], model: Model
) -> NDArray[np.bool_]:
    """(rows, columns) of those odd blocks that decode to nothing like the picture, or to another thing after a nudge.

    Only blocks with a pattern, that would fade, count; and only pixels of the picture, not those of its padding.
    """
    quality, lost = container.header.quality, np.zeros_like(odd)
    if not odd.any():
        return lost
    y_hat, halo = YHat(container, model), -(-model.card.synthesis_halo // Y_CELLS)
    for window in windows(odd.shape[0], odd.shape[1], halo, _BUDGET, _around(_each(odd))):
        y_hat.forget_above(window.reach.top)
        if not odd[window.core.rows, window.core.columns].any():
            continue
        part = y_hat.of(window.reach)
        signs = np.random.default_rng(0).choice(np.array([1 - _NUDGE, 1 + _NUDGE], np.float32), part.shape)
        decoded, nudged = (synthesise(each, window, quality, model) for each in (part, part * signs))
        _judge(window, picture, odd, decoded, nudged, lost)
    return lost


def _judge(
    window: Window,
    picture: Picture,
    odd: NDArray[np.bool_],
    decoded: fade.Pixels,
    nudged: fade.Pixels,
    lost: NDArray[np.bool_],
) -> None:
    """Mark the blocks of a window's core that are lost; `decoded` and `nudged` are its pixels."""
    core = window.core
    source = network_pixels(cut(picture.colour, core), picture.bit_depth)[0]
    patterned = fade.patterned(source)
    for row, column in np.argwhere(odd[core.rows, core.columns]).tolist():
        block = Rect(core.top + row, core.left + column, 1, 1)
        height = min(BLOCK, picture.height - block.top * BLOCK)
        width = min(BLOCK, picture.width - block.left * BLOCK)
        here = slice(row * BLOCK, row * BLOCK + height), slice(column * BLOCK, column * BLOCK + width)
        if patterned[here].any():
            one, other, wanted = (each[here].astype(np.int32) for each in (decoded, nudged, source))
            moved = np.abs(one - other).max() > _STEPS
            lost[block.top, block.left] = moved or _worthless(one, wanted)


def _grown(chosen: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """With all blocks so near to a chosen one, in both directions."""
    found = chosen.copy()
    for row, column in np.argwhere(chosen).tolist() if radius else []:
        found[max(0, row - radius) : row + radius + 1, max(0, column - radius) : column + radius + 1] = True
    return found


def _around(parts: list[Rect]) -> Rect:
    """The smallest rectangle with all of some."""
    top, left = min(part.top for part in parts), min(part.left for part in parts)
    bottom = max(part.top + part.height for part in parts)
    right = max(part.left + part.width for part in parts)
    return Rect(top, left, bottom - top, right - left)


def _each(chosen: NDArray[np.bool_]) -> list[Rect]:
    return [Rect(row, column, 1, 1) for row, column in np.argwhere(chosen).tolist()]


def _worthless(found: NDArray[np.int32], wanted: NDArray[np.int32]) -> bool:
    """Whether a block is hardly nearer to what is wanted than its mean colour would be."""
    error, flat = np.square(found - wanted).mean(), np.square(wanted - wanted.mean(axis=(0, 1))).mean()
    return bool(error > _WORSE * flat)
