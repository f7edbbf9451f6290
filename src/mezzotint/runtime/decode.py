# SPDX-License-Identifier: Apache-2.0
"""Words to pixels, lossy. The steps carry the numbers of `encode`, in mirror order:

    7 container -> 6 z_hat -> 4 scale indices -> 6 symbols of y -> 5 y_hat -> 2 synthesis -> 1 tiles

Windows of the synthesis ask for the tiles that they reach; tiles are decoded when first asked for and dropped when no
later window can reach them, so that memory follows from the width of the picture and not from its area. A region
costs its own tiles. At 1/8 a model with a preview graph decodes two layers and runs no synthesis.

Trap: the words of a tile are proved sound before a network sees it, but networks may have run on other tiles by then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mezzotint import bundle as bundles
from mezzotint import entropy
from mezzotint.bitstream import Container, Header, Limits, read, read_header
from mezzotint.errors import DamagedFile
from mezzotint.runtime import deadline, room, tiles
from mezzotint.runtime.area import Area, shrunk, wanted
from mezzotint.runtime.beside import read_beside
from mezzotint.runtime.latents import (
    Model,
    TileDigest,
    TileLatents,
    check_size,
    dequantise_tile,
    digest,
    layers,
    z_indices,
    z_shape,
)
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.depths import scaled
from mezzotint.runtime.pictures.picture import dtype_of
from mezzotint.runtime.scales import Scales
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.tiles import BLOCK, Rect, Window

TileReader = Callable[[Container, int, Rect, bundles.Bundle], TileLatents]


def decode_picture(
    container: Container,
    model: Model,
    window_pixels: int = tiles.WINDOW_PIXELS,
    area: Area | None = None,
    read_one: TileReader | None = None,
) -> Picture:
    """The picture in the parts of a file, or an area of it. Missing chunks count as zeros: a coarser picture.

    `read_one` takes the place of `read_tile`; `salvage` has one that forgives.
    """
    header = container.header
    check_layers(header, model.bundle)
    area = area or wanted(header.height, header.width)
    beside = read_beside(container, area)  # what is damaged there is refused before a network runs
    planes = () if header.channels == 1 else (3,)
    colour = np.empty((area.height, area.width, *planes), dtype_of(header.bit_depth))
    if model.previews(area.shrink):
        parts = _previews(container, model, area)
    else:
        parts = _windows(container, model, area, window_pixels, read_one)
    with stage(Stage.PIXELS):
        for core, found in parts:
            found = found if planes else _one_plane(found)
            area.place(scaled(found, 8, header.bit_depth), core, colour)
    return replace(beside, colour=colour)


def latent_digests(
    data: bytes | bytearray | memoryview,
    *,
    model: str | os.PathLike[str] | bundles.Bundle | None = None,
    limits: Limits | None = None,
) -> tuple[TileDigest, ...]:
    """Hashes of all integers of a lossy file, tile by tile; runs no network. Golden streams are held to these."""
    limits = Limits.given(limits)
    with room.told(), deadline.within(limits.max_seconds):
        header = read_header(data, limits)
        check_size(header, limits)
        bundle = bundles.find(header.model_id, model)
        check_layers(header, bundle)
        return tuple(digest(tile) for tile in read_latents(read(data, limits, deadline.check), bundle))


def read_latents(container: Container, bundle: bundles.Bundle) -> Iterator[TileLatents]:
    """The integers of each tile, in the order of the tile grid; runs no network."""
    header = container.header
    check_layers(header, bundle)
    for number, tile in enumerate(tiles.tile_grid(header.height, header.width, header.tile_log2)):
        yield read_tile(container, number, tile, bundle)


def check_layers(header: Header, bundle: bundles.Bundle) -> None:
    """DamagedFile for another number of layers. A header is enough, as an index of too many takes time to read."""
    there, needed = header.layer_count, 1 + len(layers(bundle))
    if there != needed:
        raise DamagedFile(f"the file has {there} layers, and its model {needed}")


def read_tile(
    container: Container, number: int, tile: Rect, bundle: bundles.Bundle, group_count: int | None = None
) -> TileLatents:
    """The integers of one tile, of its first groups alone if so many are asked for. What is missing is zero."""
    quality, groups = container.header.quality, layers(bundle)[:group_count]
    words = [layer[number] for layer in container.layers]
    # 6 z_hat
    shape = z_shape(bundle, tile)
    if not container.has(0, number):
        groups, z_hat = [], np.zeros(shape, np.int32)
    else:
        with stage(Stage.ENTROPY):
            z_hat = entropy.decode(words[0], z_indices(*shape), bundle.z_tables(quality)).reshape(shape)
    # 4 scale indices
    cells = tile.scaled(tiles.Y_CELLS)
    channels = bundle.card.latent_channels if group_count is None else layers(bundle)[group_count - 1].stop
    symbols = np.zeros((channels, cells.height, cells.width), np.int32)
    indices = np.zeros(symbols.shape, np.uint8)
    if groups:
        with stage(Stage.HYPER):
            scales = Scales(bundle, z_hat, quality, group_count)
    for place, group in enumerate(groups):
        if not container.has(1 + place, number):
            break
        deadline.check()
        with stage(Stage.HYPER):
            indices[group] = scales.of_group(place, symbols)
        # 6 symbols
        with stage(Stage.ENTROPY):
            values = entropy.decode(words[1 + place], indices[group].reshape(-1), bundle.y_tables)
            symbols[group] = values.reshape(symbols[group].shape)
    return TileLatents(z_hat, indices, symbols)


class YHat:
    """5: y_hat of a picture, tile after tile as they are asked for."""

    def __init__(self, container: Container, model: Model, read_one: TileReader | None = None) -> None:
        header = container.header
        self._read = read_one or read_tile
        self._container, self._model = container, model
        self._grid = tiles.tile_grid(header.height, header.width, header.tile_log2)
        self._side = (1 << header.tile_log2) // BLOCK
        self._columns = header.tile_columns
        self._known: dict[int, NDArray[np.float32]] = {}

    def of(self, reach: Rect) -> NDArray[np.float32]:
        """(1, M, h, w) of some blocks."""
        numbers = [
            row * self._columns + column
            for row in range(reach.top // self._side, (reach.top + reach.height - 1) // self._side + 1)
            for column in range(reach.left // self._side, (reach.left + reach.width - 1) // self._side + 1)
        ]
        if len(numbers) == 1 and self._grid[numbers[0]] == reach:
            return self._tile(numbers[0])
        cells = reach.scaled(tiles.Y_CELLS)
        part = np.empty((1, self._model.card.latent_channels, cells.height, cells.width), np.float32)
        for number in numbers:
            tile = self._grid[number]
            common = tile.common(reach)
            here, there = (
                common.inside(reach).scaled(tiles.Y_CELLS),
                common.inside(tile).scaled(tiles.Y_CELLS),
            )
            part[..., here.rows, here.columns] = self._tile(number)[..., there.rows, there.columns]
        return part

    def forget_above(self, row: int) -> None:
        """No block above this one will be asked for again."""
        for number in [n for n in self._known if self._grid[n].top + self._grid[n].height <= row]:
            del self._known[number]

    def _tile(self, number: int) -> NDArray[np.float32]:
        if number not in self._known:
            tile = self._grid[number]
            latents = self._read(self._container, number, tile, self._model.bundle)
            with stage(Stage.HYPER):
                self._known[number] = dequantise_tile(latents, self._container.header.quality, self._model)
        return self._known[number]


def reconstruct(container: Container, model: Model) -> NDArray[np.float32]:
    """y_hat of the whole picture, (1, M, h, w)."""
    header = container.header
    return YHat(container, model).of(Rect(0, 0, tiles.blocks(header.height), tiles.blocks(header.width)))


def cuts(header: Header, model: Model, area: Area, window_pixels: int) -> list[Window]:
    """The windows in which the synthesis sees an area."""
    halo = -(-model.card.synthesis_halo // tiles.Y_CELLS)  # whole blocks
    rows, columns = tiles.blocks(header.height), tiles.blocks(header.width)
    return tiles.windows(rows, columns, halo, window_pixels, area.blocks)


def synthesise(y_hat: NDArray[np.float32], window: Window, quality: int, model: Model) -> NDArray[np.uint8]:
    """2 synthesis: the pixels (H, W, 3) of a window's core from the cells (1, M, h, w) of its reach."""
    reach, inner = window.reach.scaled(BLOCK), window.core.inside(window.reach).scaled(BLOCK)
    with stage(Stage.SYNTHESIS):
        found: NDArray[np.uint8] = model.run(
            "synthesis", quality, (reach.height, reach.width, 3), y_hat=y_hat
        )
    return found[0, inner.rows, inner.columns]


def _windows(
    container: Container, model: Model, area: Area, window_pixels: int, read_one: TileReader | None
) -> Iterator[tuple[Rect, NDArray[np.uint8]]]:
    """1 tiles: (blocks, pixels of them at the scale of the area)."""
    y_hat = YHat(container, model, read_one)
    for window in cuts(container.header, model, area, window_pixels):
        y_hat.forget_above(window.reach.top)
        found = synthesise(y_hat.of(window.reach), window, container.header.quality, model)
        yield window.core, shrunk(found, area.shrink)


def _previews(container: Container, model: Model, area: Area) -> Iterator[tuple[Rect, NDArray[np.uint8]]]:
    """The same at 1/8 by the graph `preview`, from the first two layers of each tile."""
    header = container.header
    for number, tile in enumerate(tiles.tile_grid(header.height, header.width, header.tile_log2)):
        if not tile.common(area.blocks).height or not tile.common(area.blocks).width:
            continue
        latents = read_tile(container, number, tile, model.bundle, group_count=1)
        _, height, width = latents.symbols.shape
        inputs = {
            "symbols": latents.symbols.astype(np.float32)[None],
            "z_hat": latents.z_hat.astype(np.float32)[None],
        }
        with stage(Stage.SYNTHESIS):
            yield tile, model.run("preview", header.quality, (2 * height, 2 * width, 3), **inputs)[0]


def _one_plane(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The rounded mean of the three planes."""
    total = pixels[..., 0].astype(np.uint16)
    total += pixels[..., 1]
    total += pixels[..., 2]
    total += 1
    total //= 3
    return total.astype(np.uint8)
