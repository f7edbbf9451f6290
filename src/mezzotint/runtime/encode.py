# SPDX-License-Identifier: Apache-2.0
"""Pixels to words, lossy. The steps are numbered as in `decode`, which runs them in mirror order:

    1 tiles -> 2 analysis -> 3 z_hat -> 4 scale indices -> 5 symbols of y -> 6 entropy coding -> 7 container

Steps 1 and 2 see the picture through windows; 3 to 6 see one tile. Only a band of tiles is held between them, so that
memory follows from the width of the picture and not from its area. With effort above 0 the symbols of all tiles are
refined together between 5 and 6 (effort.py), which changes nothing for the decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from mezzotint import entropy
from mezzotint.bitstream import MAX_QUALITY, Alpha, Container, Header, Limits
from mezzotint.errors import NonFinite, UsageError
from mezzotint.intnet import Z_LIMIT
from mezzotint.runtime import deadline, fade, guess, pictures, tiles
from mezzotint.runtime.effort import Draft, Refine
from mezzotint.runtime.latents import (
    MAX_SYMBOL,
    Model,
    TileLatents,
    check_size,
    layers,
    vector,
    z_indices,
    z_shape,
)
from mezzotint.runtime.memory import check_memory, coding_memory
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.depths import scaled
from mezzotint.runtime.pictures.picture import Samples
from mezzotint.runtime.scales import Scales
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.tiles import BLOCK, Rect

DEFAULT_TILE_LOG2 = 10
_DEFAULT_LIMITS = Limits()


def quality_index(quality: float) -> int:
    """0..100 to the 0..4095 of the header."""
    number = isinstance(quality, Real) and not isinstance(quality, bool)
    if not number or not 0 <= quality <= 100:  # the range is false for NaN
        raise UsageError(
            f"quality {quality!r} is outside 0..100", "choose one from 0 (smallest) to 100 (best)"
        )
    return round(float(quality) * MAX_QUALITY / 100)  # a uint8 of numpy would overflow


def encode_picture(
    picture: Picture,
    quality: int,
    model: Model,
    tile_log2: int = DEFAULT_TILE_LOG2,
    window_pixels: int = tiles.WINDOW_PIXELS,
    limits: Limits = _DEFAULT_LIMITS,
    refine: Refine | None = None,
    watch: Callable[[Rect, TileLatents], object] = lambda tile, latents: None,
) -> Container:
    """The parts of a file; `quality` is the header's 0..4095. `watch` sees the integers of each tile that are coded."""
    header = header_of(picture, quality, model, tile_log2)
    check_lossy(header, model, limits)
    found: Iterable[TileLatents] = latents_of(picture, quality, model, tile_log2, window_pixels)
    if refine is not None:
        grid = tuple(tiles.tile_grid(picture.height, picture.width, tile_log2))
        found = refine(
            Draft(at_eight_bits(picture.colour, picture.bit_depth), quality, model, grid, tuple(found))
        )
    coded = []
    for tile, latents in zip(tiles.tile_grid(picture.height, picture.width, tile_log2), found, strict=True):
        watch(tile, latents)
        with stage(Stage.ENTROPY):
            coded.append(code_tile(latents, quality, model))
    # 7 container: layer-major
    with stage(Stage.CONTAINER):
        boxes = pictures.to_boxes(picture)
    return Container(header, boxes, tuple(zip(*coded, strict=True)))


def check_lossy(header: Header, model: Model, limits: Limits) -> None:
    """LimitExceeded for a picture that is not to be encoded."""
    check_size(header, limits, "cut it into parts, or ")
    check_memory(coding_memory(header, model.card), limits, "cut it into parts, or ")


def header_of(picture: Picture, quality: int, model: Model, tile_log2: int) -> Header:
    """What the file says first."""
    return Header(
        width=picture.width,
        height=picture.height,
        channels=1 if picture.colour.ndim == 2 else 3,
        quality=quality,
        model_id=model.bundle.model_id,
        alpha=Alpha.NONE if picture.alpha is None else Alpha.STRAIGHT,
        bit_depth=picture.bit_depth,
        tile_log2=tiles.checked_log2(tile_log2),
        layer_count=1 + len(model.card.latent_groups),
    )


def latents_of(
    picture: Picture, quality: int, model: Model, tile_log2: int, window_pixels: int = tiles.WINDOW_PIXELS
) -> Iterator[TileLatents]:
    """1 to 5: the integers of each tile, in the order of the tile grid, a band of tiles at a time."""
    grid = tiles.tile_grid(picture.height, picture.width, tile_log2)
    for band, members in tiles.bands(grid, window_pixels):
        with stage(Stage.PIXELS):  # cutting and stitching; the network in it has its own
            y = analyse(picture, band, quality, model, window_pixels)
        for tile in members:
            cells = tile.inside(band).scaled(tiles.Y_CELLS)
            with stage(Stage.HYPER):
                latents = quantise_tile(y[..., cells.rows, cells.columns], tile, quality, model)
            yield latents


def analyse(
    picture: Picture,
    area: Rect,
    quality: int,
    model: Model,
    window_pixels: int = tiles.WINDOW_PIXELS,
    contrast: fade.Contrast | None = None,
) -> NDArray[np.float32]:
    """1 tiles and 2 analysis: y (1, M, h, w) of some blocks of the picture, whose blocks may each have a contrast."""
    # 1 tiles: windows of the picture, padded to whole blocks
    rows, columns = tiles.blocks(picture.height), tiles.blocks(picture.width)
    halo = model.card.analysis_halo // BLOCK
    cuts = tiles.windows(rows, columns, halo, window_pixels, area)
    cells = area.scaled(tiles.Y_CELLS)
    y = np.empty((1, model.card.latent_channels, cells.height, cells.width), np.float32)
    for window in cuts:
        part = network_pixels(tiles.cut(picture.colour, window.reach), picture.bit_depth)
        if contrast is not None:
            part = fade.faded(part[0], window.reach, contrast)[None]
        # 2 analysis
        reach = window.reach.scaled(tiles.Y_CELLS)
        with stage(Stage.ANALYSIS):
            found = model.run("analysis", quality, (y.shape[1], reach.height, reach.width), pixels=part)
        if len(cuts) == 1 and window.reach == area:
            return found
        here = window.core.inside(area).scaled(tiles.Y_CELLS)
        there = window.core.inside(window.reach).scaled(tiles.Y_CELLS)
        y[..., here.rows, here.columns] = found[..., there.rows, there.columns]
    return y


def network_pixels(samples: Samples, bit_depth: int) -> NDArray[np.uint8]:
    """Eight bits and three planes, (1, H, W, 3): grey is coded as three equal ones, which costs next to nothing."""
    eight = at_eight_bits(samples, bit_depth)
    return np.ascontiguousarray(eight if eight.ndim == 3 else np.repeat(eight[..., None], 3, axis=2))[None]


def at_eight_bits(samples: Samples, bit_depth: int) -> NDArray[np.uint8]:
    """0..2^depth - 1 to 0..255, rounded: what the network sees."""
    return scaled(samples, bit_depth, 8).astype(np.uint8, copy=False)


def quantise_tile(y: NDArray[np.float32], tile: Rect, quality: int, model: Model) -> TileLatents:
    """The integers of one tile; y is (1, M, h, w)."""
    y = np.ascontiguousarray(y)
    # 3 z_hat
    z = model.run("hyper_analysis", quality, z_shape(model.bundle, tile), y=y)
    z_hat = np.clip(np.rint(z), -Z_LIMIT, Z_LIMIT).astype(np.int32)[0]  # (Cz, hz, wz)
    # 4 scale indices, 5 symbols. With a scale context each depends on the other, so symbols are priced by a guess.
    scales = Scales(model.bundle, z_hat, quality)
    expected = scales.expected(_guess(y[0], quality, model))
    price = model.prices.take(expected, mode="wrap")  # twice as quick as an index
    symbols = quantise_symbols(y, z_hat, price, quality, model)
    return TileLatents(z_hat, scales.settle(symbols), symbols)


def _guess(y: NDArray[np.float32], quality: int, model: Model) -> NDArray[np.int32]:
    """Symbols of all groups that another one reads, (C, h, w); none where the model has no scale context."""
    if model.bundle.scale_context is None:
        return np.zeros((0, *y.shape[1:]), np.int32)
    read = sum(model.card.latent_groups[:-1])
    return guess.symbols(y[:read], vector(model.bundle, guess.STEP, quality)[0, :read])


def quantise_symbols(
    y: NDArray[np.float32], z_hat: NDArray[np.int32], price: NDArray[np.float32], quality: int, model: Model
) -> NDArray[np.int32]:
    """The symbols (M, h, w) of y (1, M, h, w) where each costs `price` (M, h, w); docs/format.md section 11."""
    inputs = {
        "y": np.ascontiguousarray(y),
        "z_hat": z_hat.astype(np.float32)[None],
        "price": price[None],
    }
    symbols = model.run("quantise", quality, y.shape[1:], **inputs)[0]
    if np.abs(symbols).max() > MAX_SYMBOL:
        raise NonFinite("the network 'quantise' gave symbols beyond 2^24")
    whole: NDArray[np.int32] = np.rint(symbols).astype(np.int32)
    return whole


def code_tile(latents: TileLatents, quality: int, model: Model) -> list[bytes]:
    """6: the layers of one tile, z first."""
    bundle = model.bundle
    deadline.check()
    z = entropy.encode(latents.z_hat.reshape(-1), z_indices(*latents.z_hat.shape), bundle.z_tables(quality))
    return [z] + [
        entropy.encode(
            latents.symbols[group].reshape(-1), latents.indices[group].reshape(-1), bundle.y_tables
        )
        for group in layers(bundle)
    ]
