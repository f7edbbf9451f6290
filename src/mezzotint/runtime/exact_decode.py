# SPDX-License-Identifier: Apache-2.0
"""Words to pixels without a network: lossless and near-lossless files (docs/format.md, lossless coding).

The mirror of `exact_encode`. Tiles know nothing of one another, so an area costs its own tiles, and layers go from
coarse to fine, so a scale below 1 costs its own layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mezzotint.bitstream import Container, Header
from mezzotint.errors import DamagedFile, UnknownModel
from mezzotint.runtime import deadline, lossless, tiles
from mezzotint.runtime.area import Area, wanted
from mezzotint.runtime.beside import read_beside
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.picture import Samples, dtype_of
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.tiles import BLOCK, Rect

TileReader = Callable[[Container, int, Rect, int], Samples]


def decode_exact(
    container: Container, area: Area | None = None, read_one: TileReader | None = None
) -> Picture:
    """The picture in the parts of a file of these modes, or an area of it; what is missing is predicted.

    `read_one` takes the place of `read_tile`; `salvage` has one that forgives.
    """
    header = container.header
    check_tables(header)
    area = area or wanted(header.height, header.width)
    beside = read_beside(container, area)
    planes = () if header.channels == 1 else (3,)
    colour = np.empty((area.height, area.width, *planes), dtype_of(header.bit_depth))
    for number, tile in enumerate(tiles.tile_grid(header.height, header.width, header.tile_log2)):
        common = tile.common(area.blocks)
        if common.height and common.width:
            deadline.check()  # a tile that is lost at once looks at no clock
            with stage(Stage.ENTROPY):
                found = (read_one or read_tile)(container, number, tile, area.shrink)
            area.place(found, tile, colour)
    return replace(beside, colour=colour)


def check_tables(header: Header) -> None:
    """UnknownModel for other tables, DamagedFile for another number of layers; before an index of them is read."""
    if header.model_id != lossless.TABLES_ID:
        raise UnknownModel(
            f"the file needs the lossless tables {header.model_id.hex()}, this release has "
            f"{lossless.TABLES_ID.hex()}",
            "install the release of Mezzotint that wrote it",
        )
    if header.layer_count != lossless.LAYERS:
        raise DamagedFile(f"the file has {header.layer_count} layers, lossless coding {lossless.LAYERS}")


def read_tile(container: Container, number: int, tile: Rect, shrink: int) -> Samples:
    """The samples of one tile, those of every 2^shrink-th row and column; DamagedFile where its chunks hold none."""
    header = container.header
    chunks = [
        layer[number] if container.has(place, number) else None
        for place, layer in enumerate(container.layers)
    ]
    arguments = shape_of(header, tile), header.bit_depth, header.quality
    whole = [chunk for chunk in chunks if chunk is not None]
    if shrink or len(whole) < len(chunks):
        return lossless.decode_coarse(chunks, *arguments, shrink)
    return lossless.decode_tile(whole, *arguments)


def shape_of(header: Header, tile: Rect) -> tuple[int, ...]:
    """Samples of a tile, without padding: (H, W, 3) or (H, W)."""
    whole = tile.scaled(BLOCK)
    height = min(whole.height, header.height - whole.top)
    width = min(whole.width, header.width - whole.left)
    return (height, width) if header.channels == 1 else (height, width, 3)
