# SPDX-License-Identifier: Apache-2.0
"""Pixels to words. The steps are numbered as in `decode`, which runs them in mirror order:

    1 tiles -> 2 analysis -> 3 z_hat -> 4 scale indices -> 5 symbols of y -> 6 entropy coding -> 7 container

Steps 1 and 2 see the whole picture through windows; 3 to 6 see one tile. With effort above 0 the symbols of all tiles
are refined together between 5 and 6 (effort.py), which changes nothing for the decoder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mezzotint import bundle as bundles
from mezzotint import entropy
from mezzotint.bitstream import MAX_QUALITY, Alpha, Container, Header, Limits, write
from mezzotint.errors import BadImage, NonFinite, UsageError
from mezzotint.intnet import Z_LIMIT
from mezzotint.runtime import guess, pictures, tiles
from mezzotint.runtime.effort import Draft, Progress, Refine, refiner
from mezzotint.runtime.latents import (
    MAX_SYMBOL,
    Model,
    TileLatents,
    check_size,
    layers,
    open_model,
    vector,
    y_part,
    z_indices,
    z_shape,
)
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.scales import Scales
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.tiles import BLOCK, Rect

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT_TILE_LOG2 = 10
_DEFAULT_LIMITS = Limits()


def encode(
    image: NDArray[np.uint8] | Image,
    quality: float = 75,
    *,
    model: str | os.PathLike[str] | bundles.Bundle | None = None,
    threads: int | None = None,
    metadata: bool = True,
    tile_log2: int = DEFAULT_TILE_LOG2,
    limits: Limits | None = None,
    effort: int = 0,
    progress: Progress | None = None,
) -> bytes:
    """The bytes of a .mzt file.

    `image` is a uint8 array (H, W, 3), (H, W) or (H, W, 4), or a Pillow image of any mode. `quality` runs
    from 0 (about 0.05 bits a pixel) to 100 (about 2). `model` is a bundle or its path, the default one unless
    given; `threads` is all cores unless given. `metadata=False` leaves the EXIF and XMP of a Pillow image
    behind. `tile_log2` (6..15) sets the side of the tiles in which the file is coded. `limits` bounds the size of
    the picture, as it does in `decode`. `effort` above 0 (to 9) searches for a smaller or better file of the same
    quality and format, for seconds to minutes a megapixel; it needs the extra `lab`, and `progress` is called with the
    steps done and the steps in all.

    BadImage for what is no picture, UsageError for wrong options, LimitExceeded for a picture that is too large,
    MissingExtra for an effort that needs more than is installed.
    """
    index = quality_index(quality)
    refine = refiner(effort, progress)
    with stage(Stage.PIXELS):
        picture = _picture(image, metadata)
    opened = open_model(bundles.resolve(model), threads)
    opened.prepare("analysis", "hyper_analysis", "quantise")
    container = encode_picture(picture, index, opened, tile_log2, limits=limits or Limits(), refine=refine)
    with stage(Stage.CONTAINER):
        return write(container)


def quality_index(quality: float) -> int:
    """0..100 to the 0..4095 of the header."""
    number = isinstance(quality, Real) and not isinstance(quality, bool)
    if not number or not 0 <= quality <= 100:  # the range is false for NaN
        raise UsageError(
            f"quality {quality!r} is outside 0..100", "choose one from 0 (smallest) to 100 (best)"
        )
    return round(quality * MAX_QUALITY / 100)


def _picture(image: Any, metadata: bool) -> Picture:
    if isinstance(image, np.ndarray):
        return pictures.from_array(image)
    from PIL import Image

    if isinstance(image, Image.Image):
        return pictures.from_pillow(image, metadata)
    raise BadImage(f"a {type(image).__name__} cannot be encoded", "give a uint8 array or a Pillow image")


def encode_picture(
    picture: Picture,
    quality: int,
    model: Model,
    tile_log2: int = DEFAULT_TILE_LOG2,
    window_pixels: int = tiles.WINDOW_PIXELS,
    limits: Limits = _DEFAULT_LIMITS,
    refine: Refine | None = None,
) -> Container:
    """The parts of a file; `quality` is the header's 0..4095."""
    header = _header(picture, quality, model, tile_log2)
    check_size(header, limits, "cut it into parts, or raise --max-pixels (limits=)")
    # 1 tiles
    with stage(Stage.PIXELS):
        padded = _three_planes(tiles.pad(picture.colour))
    # 2 analysis
    with stage(Stage.PIXELS):  # cutting and stitching; the network in it has its own
        y = _analyse(padded, quality, model, window_pixels)
    # 3 to 6, tile by tile; refining sees them all
    grid = tuple(tiles.tile_grid(picture.height, picture.width, tile_log2))
    found: Iterable[TileLatents] = _quantised(y, grid, quality, model)
    if refine is not None:
        found = refine(Draft(picture.colour, quality, model, grid, tuple(found)))
    coded = []
    for latents in found:
        with stage(Stage.ENTROPY):
            coded.append(_code(latents, quality, model))
    # 7 container: layer-major
    with stage(Stage.CONTAINER):
        boxes = pictures.to_boxes(picture)
    return Container(header, boxes, tuple(zip(*coded, strict=True)))


def _header(picture: Picture, quality: int, model: Model, tile_log2: int) -> Header:
    if not isinstance(tile_log2, Integral) or not 6 <= tile_log2 <= 15:
        raise UsageError(f"tile_log2 {tile_log2!r} is outside 6..15", "leave it at 10")
    return Header(
        width=picture.width,
        height=picture.height,
        channels=1 if picture.colour.ndim == 2 else 3,
        quality=quality,
        model_id=model.bundle.model_id,
        alpha=Alpha.NONE if picture.alpha is None else Alpha.STRAIGHT,
        tile_log2=tile_log2,
        layer_count=1 + len(model.card.latent_groups),
    )


def _three_planes(colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey is coded as three equal planes."""
    return colour if colour.ndim == 3 else np.repeat(colour[..., None], 3, axis=2)


def _analyse(
    pixels: NDArray[np.uint8], quality: int, model: Model, window_pixels: int
) -> NDArray[np.float32]:
    rows, columns = pixels.shape[0] // BLOCK, pixels.shape[1] // BLOCK
    y = np.empty((1, model.card.latent_channels, tiles.Y_CELLS * rows, tiles.Y_CELLS * columns), np.float32)
    for window in tiles.windows(rows, columns, model.card.analysis_halo // BLOCK, window_pixels):
        reach = window.reach.scaled(BLOCK)
        part = np.ascontiguousarray(pixels[reach.rows, reach.columns])[None]  # (1, H, W, 3)
        cells = window.reach.scaled(tiles.Y_CELLS)
        with stage(Stage.ANALYSIS):
            found = model.run("analysis", quality, (y.shape[1], cells.height, cells.width), pixels=part)
        y[y_part(window.core)] = found[y_part(window.core.inside(window.reach))]
    return y


def _quantised(
    y: NDArray[np.float32], grid: tuple[Rect, ...], quality: int, model: Model
) -> Iterator[TileLatents]:
    for tile in grid:
        with stage(Stage.HYPER):
            latents = quantise_tile(y[y_part(tile)], tile, quality, model)
        yield latents


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


def _code(latents: TileLatents, quality: int, model: Model) -> list[bytes]:
    """6: the layers of one tile, z first."""
    bundle = model.bundle
    z = entropy.encode(latents.z_hat.reshape(-1), z_indices(*latents.z_hat.shape), bundle.z_tables(quality))
    return [z] + [
        entropy.encode(
            latents.symbols[group].reshape(-1), latents.indices[group].reshape(-1), bundle.y_tables
        )
        for group in layers(bundle)
    ]
