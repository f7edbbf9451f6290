# SPDX-License-Identifier: Apache-2.0
"""Where the network loses its way: blocks of patterns that it was never shown, such as a checkerboard of a few pixels.

    symbols far outside their tables --odd--> decoded for a look --lost--> the block again, with less contrast

At low qualities a fine and hard pattern can make the latents run away: to tens of times what photos give. The block
then takes more bits than it has without loss, shows nothing of the picture, harms those beside it, and a rounding more
or less on another machine changes all of it. With less of its fine contrast it is coded for what it is. Photos have
next to no symbols outside their tables, so that they are not even looked at.

Encoder alone: the format and the decoder know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mezzotint.runtime.latents import Model, TileLatents, dequantise_tile
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.tiles import BLOCK, Y_CELLS, Rect, windows

FEWEST = 8  # symbols outside their tables in an odd block, of some thousands; photos have none or one
_FADES = 5  # times; what is left of the contrast in the end is a sixth
_FADE = np.float32(0.7)
_NUDGE = np.float32(1e-4)  # of y_hat: some hundreds of times what machines differ by
_STEPS = 1  # that a sample may move by for it
_WORSE = 0.9  # of the error that one flat colour would have
_SMOOTH = 16  # pixels to each side, over which contrast is fine
_NEAR, _HARD = (
    4,
    32.0,
)  # pixels to each side of a place that is a pattern's; steps from which on it is, half and whole
_BUDGET = 1 << 20  # pixels of a window, so that a look takes little memory beside the analysis

Contrast = NDArray[np.float32]  # (rows, columns) of blocks: 1 as it is, 0 none
Pixels = NDArray[np.uint8]  # (H, W, 3), whole blocks


def steadied(
    latents: TileLatents,
    pixels: Callable[[], Pixels],
    again: Callable[[Contrast], TileLatents],
    quality: int,
    model: Model,
) -> TileLatents:
    """The integers of a tile, made anew with less contrast in the blocks that are lost.

    `pixels` gives what the network saw of the tile, padded; `again` its integers where each block has a contrast.
    """
    with stage(Stage.HYPER):
        odd = odd_blocks(latents, model)
    if not odd.any():
        return latents
    source, contrast = pixels(), np.ones(odd.shape, np.float32)
    for _ in range(_FADES):
        with stage(Stage.PIXELS):  # the networks in it have their own
            lost = lost_blocks(latents, odd, source, quality, model)
        if not lost.any():
            break
        contrast[lost] *= _FADE
        latents = again(contrast)
        odd |= odd_blocks(latents, model)
    return latents


def odd_blocks(latents: TileLatents, model: Model) -> NDArray[np.bool_]:
    """(rows, columns) of blocks with more than a few symbols outside their tables."""
    outside = np.abs(latents.symbols) > model.table_ends.take(latents.indices, mode="wrap")
    count = np.count_nonzero(outside, axis=0)
    rows, columns = count.shape[0] // Y_CELLS, count.shape[1] // Y_CELLS
    found: NDArray[np.bool_] = (
        count.reshape(rows, Y_CELLS, columns, Y_CELLS).sum(axis=(1, 3), dtype=np.int64) >= FEWEST
    )
    return found


def lost_blocks(
    latents: TileLatents, odd: NDArray[np.bool_], source: Pixels, quality: int, model: Model
) -> NDArray[np.bool_]:
    """(rows, columns) of those odd blocks that decode to nothing like the source, or to another thing after a nudge."""
    with stage(Stage.HYPER):
        y_hat = dequantise_tile(latents, quality, model)
    signs = np.random.default_rng(0).choice(np.array([-_NUDGE, _NUDGE]), y_hat.shape[1:])
    lost = np.zeros_like(odd)
    halo = -(-model.card.synthesis_halo // Y_CELLS)
    for window in windows(odd.shape[0], odd.shape[1], halo, _BUDGET, _around(odd)):
        cells = window.reach.scaled(Y_CELLS)
        part = np.ascontiguousarray(y_hat[..., cells.rows, cells.columns])
        one = _decoded(part, quality, model)
        part += part * signs[..., cells.rows, cells.columns]
        other = _decoded(part, quality, model)
        for block in _blocks_of(odd, window.core):
            here, there = block.scaled(BLOCK), block.inside(window.reach).scaled(BLOCK)
            wanted, found, nudged = (
                samples[place.rows, place.columns].astype(np.int32)
                for samples, place in ((source, here), (one, there), (other, there))
            )
            lost[block.top, block.left] = np.abs(found - nudged).max() > _STEPS or _worthless(found, wanted)
    return lost


def faded(pixels: Pixels, reach: Rect, contrast: Contrast, tile: Rect) -> Pixels:
    """The pixels of `reach` with less fine contrast in blocks of `tile`: nearer to a smooth version of themselves."""
    from PIL import Image, ImageFilter

    smooth = np.asarray(Image.fromarray(pixels).filter(ImageFilter.BoxBlur(_SMOOTH)))
    apart = np.maximum(pixels, smooth) - np.minimum(pixels, smooth)
    hard = np.asarray(Image.fromarray(apart.max(axis=2)).filter(ImageFilter.BoxBlur(_NEAR)))
    found = pixels.copy()
    for block in _blocks_of(contrast < 1, tile.inside(tile)):
        place = Rect(tile.top + block.top, tile.left + block.left, 1, 1).inside(reach).scaled(BLOCK)
        if not place.common(reach.inside(reach).scaled(BLOCK)).width:
            continue
        part = place.rows, place.columns
        pattern = np.clip(hard[part][..., None] / _HARD - 1, 0, 1)  # what is none stays as it is
        share = 1 - pattern * (1 - contrast[block.top, block.left])
        found[part] = np.rint(smooth[part] + share * (pixels[part] - smooth[part].astype(np.float32)))
    return found


def _blocks_of(chosen: NDArray[np.bool_], area: Rect) -> list[Rect]:
    """The blocks of an area that are chosen."""
    rows, columns = np.nonzero(chosen[area.rows, area.columns])
    return [
        Rect(area.top + row, area.left + column, 1, 1)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]


def _around(odd: NDArray[np.bool_]) -> Rect:
    """The smallest rectangle with all odd blocks."""
    rows, columns = np.flatnonzero(odd.any(axis=1)), np.flatnonzero(odd.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return Rect(top, left, int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left)


def _decoded(y_hat: NDArray[np.float32], quality: int, model: Model) -> Pixels:
    shape = (y_hat.shape[2] * BLOCK // Y_CELLS, y_hat.shape[3] * BLOCK // Y_CELLS, 3)
    with stage(Stage.SYNTHESIS):
        found: Pixels = model.run("synthesis", quality, shape, y_hat=y_hat)[0]
    return found


def _worthless(found: NDArray[np.int32], wanted: NDArray[np.int32]) -> bool:
    """Whether a block is not much nearer to what is wanted than its mean colour would be."""
    error, flat = np.square(found - wanted).mean(), np.square(wanted - wanted.mean(axis=(0, 1))).mean()
    return bool(error > _WORSE * flat)
