# SPDX-License-Identifier: Apache-2.0
"""Words to pixels. The steps carry the numbers of `encode`, in mirror order:

    7 container -> 6 z_hat -> 4 scale indices -> 6 symbols of y -> 5 y_hat -> 2 synthesis -> 1 tiles

Everything that can be refused is refused before the first network runs: header, boxes, alpha, and every coded
word.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import NDArray

from mezzotint import bundle as bundles
from mezzotint import entropy
from mezzotint.bitstream import Container, Header, Limits, read
from mezzotint.errors import DamagedFile, UsageError
from mezzotint.runtime import pictures, tiles
from mezzotint.runtime.latents import (
    Model,
    TileDigest,
    TileLatents,
    check_size,
    digest,
    layers,
    open_model,
    y_part,
    z_indices,
    z_shape,
)
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.scales import Scales
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.tiles import BLOCK

if TYPE_CHECKING:
    from PIL.Image import Image

Source = bytes | bytearray | memoryview
ModelName = str | os.PathLike[str] | bundles.Bundle | None


@overload
def decode(
    data: Source,
    *,
    as_: Literal["array"] = ...,
    model: ModelName = ...,
    threads: int | None = ...,
    limits: Limits | None = ...,
) -> NDArray[np.uint8]: ...


@overload
def decode(
    data: Source,
    *,
    as_: Literal["pillow"],
    model: ModelName = ...,
    threads: int | None = ...,
    limits: Limits | None = ...,
) -> Image: ...


def decode(
    data: Source,
    *,
    as_: Literal["array", "pillow"] = "array",
    model: ModelName = None,
    threads: int | None = None,
    limits: Limits | None = None,
) -> NDArray[np.uint8] | Image:
    """The picture in a .mzt file: a uint8 array as it was encoded, or a Pillow image.

    Arrays are (H, W, 3), (H, W) for grey, (H, W, 4) with alpha. The model is found by the id in the file; `model`
    (a bundle or its path) says where, and must fit. `threads` is all cores unless given. `limits` bounds what a file
    may ask for.
    """
    if as_ not in ("array", "pillow"):
        raise UsageError(f"as_={as_!r} is unknown", "choose 'array' or 'pillow'")
    container = _read(data, limits or Limits())
    opened = open_model(bundles.find(container.header.model_id, model), threads)
    opened.prepare("dequantise", "synthesis")
    picture = decode_picture(container, opened)
    with stage(Stage.PIXELS):
        return pictures.to_pillow(picture) if as_ == "pillow" else pictures.to_array(picture)


def latent_digests(
    data: Source, *, model: ModelName = None, limits: Limits | None = None
) -> tuple[TileDigest, ...]:
    """Hashes of all integers of a file, tile by tile; runs no network. Golden streams are held to these."""
    container = _read(data, limits or Limits())
    bundle = bundles.find(container.header.model_id, model)
    return tuple(digest(tile) for tile in read_latents(container, bundle))


def decode_picture(container: Container, model: Model, window_pixels: int = tiles.WINDOW_PIXELS) -> Picture:
    """The picture in the parts of a file."""
    header = container.header
    with stage(Stage.CONTAINER):
        beside = pictures.from_boxes(container.boxes, header.height, header.width)
    y_hat = reconstruct(container, model)
    with stage(Stage.PIXELS):
        colour = _synthesise(y_hat, header, model, window_pixels)
    return Picture(colour, beside.alpha, beside.icc, beside.exif, beside.xmp)


def _read(data: Source, limits: Limits) -> Container:
    """7: a container within the limits."""
    with stage(Stage.CONTAINER):
        container = read(data, limits)
    check_size(container.header, limits, "raise --max-pixels if you trust the file")
    return container


def read_latents(container: Container, bundle: bundles.Bundle) -> Iterator[TileLatents]:
    """The integers of each tile, in the order of the tile grid; runs no network."""
    header = container.header
    groups = layers(bundle)
    if header.layer_count != 1 + len(groups):
        raise DamagedFile(f"the file has {header.layer_count} layers, and its model {1 + len(groups)}")
    z_tables, y_tables = bundle.z_tables(header.quality), bundle.y_tables
    for number, tile in enumerate(tiles.tile_grid(header.height, header.width, header.tile_log2)):
        words = [layer[number] for layer in container.layers]
        # 6 z_hat
        shape = z_shape(bundle, tile)
        with stage(Stage.ENTROPY):
            z_hat = entropy.decode(words[0], z_indices(*shape), z_tables).reshape(shape)  # (Cz, hz, wz)
        # 4 scale indices
        with stage(Stage.HYPER):
            scales = Scales(bundle, z_hat, header.quality)
        cells = tile.scaled(tiles.Y_CELLS)
        symbols = np.empty((bundle.card.latent_channels, cells.height, cells.width), np.int32)
        indices = np.empty(symbols.shape, np.uint8)
        for number, (group, chunk) in enumerate(zip(groups, words[1:], strict=True)):
            with stage(Stage.HYPER):
                indices[group] = scales.of_group(number, symbols)
            # 6 symbols
            with stage(Stage.ENTROPY):
                values = entropy.decode(chunk, indices[group].reshape(-1), y_tables)
                symbols[group] = values.reshape(symbols[group].shape)
        yield TileLatents(z_hat, indices, symbols)


def reconstruct(container: Container, model: Model) -> NDArray[np.float32]:
    """y_hat of the whole picture, (1, M, h, w)."""
    header = container.header
    grid = tiles.tile_grid(header.height, header.width, header.tile_log2)
    rows, columns = tiles.blocks(header.height), tiles.blocks(header.width)
    y_hat = np.empty(
        (1, model.card.latent_channels, tiles.Y_CELLS * rows, tiles.Y_CELLS * columns), np.float32
    )
    z_hats = []
    # The symbols wait in the place of y_hat until all words of the file have proved sound.
    for tile, latents in zip(grid, read_latents(container, model.bundle), strict=True):
        with stage(Stage.ENTROPY):  # the copy is the price of symbols in the order of coding
            y_hat[y_part(tile)] = latents.symbols
        z_hats.append(latents.z_hat)
    # 5 y_hat
    with stage(Stage.HYPER):
        for tile, z_hat in zip(grid, z_hats, strict=True):
            symbols = np.ascontiguousarray(y_hat[y_part(tile)])
            inputs = {"symbols": symbols, "z_hat": z_hat.astype(np.float32)[None]}
            y_hat[y_part(tile)] = model.run("dequantise", header.quality, symbols.shape[1:], **inputs)
    return y_hat


def _synthesise(
    y_hat: NDArray[np.float32], header: Header, model: Model, window_pixels: int
) -> NDArray[np.uint8]:
    """2 synthesis and 1 tiles: (H, W, 3) or (H, W), the padding cut off."""
    rows, columns = tiles.blocks(header.height), tiles.blocks(header.width)
    planes = () if header.channels == 1 else (3,)
    pixels = np.empty((header.height, header.width, *planes), np.uint8)
    halo = -(-model.card.synthesis_halo // tiles.Y_CELLS)  # whole blocks
    for window in tiles.windows(rows, columns, halo, window_pixels):
        part = np.ascontiguousarray(y_hat[y_part(window.reach)])
        reach, core = window.reach.scaled(BLOCK), window.core.scaled(BLOCK)
        with stage(Stage.SYNTHESIS):
            found = model.run("synthesis", header.quality, (reach.height, reach.width, 3), y_hat=part)[0]
        target = pixels[core.rows, core.columns]  # cut at the true border
        inner = core.inside(reach)
        found = found[inner.rows, inner.columns][: target.shape[0], : target.shape[1]]
        target[:] = found if planes else _one_plane(found)
    return pixels


def _one_plane(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The rounded mean of the three planes."""
    total = pixels[..., 0].astype(np.uint16)
    total += pixels[..., 1]
    total += pixels[..., 2]
    total += 1
    total //= 3
    return total
