# SPDX-License-Identifier: Apache-2.0
"""What is left of a damaged file to pixels: the decoders at work, and stripes where a tile is lost.

    container with holes -> decode or exact_decode, reading tiles that may be lost -> picture -> stripes over those

A tile is lost where a chunk of it is missing, or where its words do not decode although their checksums agree.

Trap: the synthesis looks across the border of tiles, so that pixels near a lost one are not quite what they were. It is
given what the first layers of the lost tile say, and zeros for the rest; further away than the model's halo nothing
changes. Without a network no pixel depends on another tile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from mezzotint.bitstream import ALPHA, Alpha, Box, Container, Header
from mezzotint.bundle import Bundle
from mezzotint.errors import DamagedFile
from mezzotint.runtime import decode, exact_decode
from mezzotint.runtime.area import wanted
from mezzotint.runtime.beside import read_beside
from mezzotint.runtime.latents import Model, TileLatents
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.alpha import pack_alpha
from mezzotint.runtime.pictures.picture import Samples, dtype_of
from mezzotint.runtime.tiles import BLOCK, Rect, tile_grid

STRIPE = 8  # pixels along a row
# Magenta and yellow, full or none of each primary so that every bit depth has them: nobody's photograph.
STRIPES = ((1, 0, 1), (1, 1, 0))
GREY_STRIPES = (0, 1)


@dataclass(frozen=True)
class Salvage:
    """A picture, the pixels of the tiles that are striped in it, and whether its transparency is made up."""

    picture: Picture
    lost: tuple[Rect, ...]
    alpha_lost: bool


def salvage_picture(container: Container, model: Model | None) -> Salvage:
    """The picture in a container some of whose chunks may be missing; the model of a lossy file.

    DamagedFile where no tile is whole, or the number of layers is wrong; UnknownModel for other lossless tables.
    """
    header = container.header
    container, alpha_lost = _with_alpha(container)
    reader = _Reader(tile for _, tile in container.missing)
    if model is None:
        picture = exact_decode.decode_exact(container, read_one=reader.samples)
    else:
        picture = decode.decode_picture(container, model, read_one=reader.latents)
    if len(reader.lost) == header.tile_count:
        what = "a chunk of each tile is damaged" if reader.reason is None else reader.reason.what
        raise DamagedFile(f"{what}, and no tile is whole", "copy or download the file again")
    lost = tuple(_pixels(header, reader.lost))
    for place in lost:
        stripe(picture, place)
    return Salvage(picture, lost, alpha_lost)


def stripe(picture: Picture, place: Rect) -> None:
    """Diagonal stripes over a part of a picture, in place: opaque, and in line with those of every other part."""
    most = (1 << picture.bit_depth) - 1
    part = picture.colour[place.rows, place.columns]
    colours = np.array(GREY_STRIPES if part.ndim == 2 else STRIPES, part.dtype) * part.dtype.type(most)
    columns = np.arange(place.left, place.left + place.width)
    for row in range(2 * STRIPE):  # then they repeat
        part[row :: 2 * STRIPE] = colours[(place.top + row + columns) // STRIPE % 2]
    if picture.alpha is not None:
        picture.alpha[place.rows, place.columns] = most


def _pixels(header: Header, numbers: set[int]) -> Iterator[Rect]:
    """Tiles in pixels, without the padding, in the order of the grid."""
    whole = Rect(0, 0, header.height, header.width)
    for number, tile in enumerate(tile_grid(header.height, header.width, header.tile_log2)):
        if number in numbers:
            yield tile.scaled(BLOCK).common(whole)


class _Reader:
    """Reads tiles for the decoders; one that cannot be read joins the lost."""

    def __init__(self, lost: Iterable[int]) -> None:
        self.lost = set(lost)
        self.reason: DamagedFile | None = None  # of the first that joined

    def latents(self, container: Container, number: int, tile: Rect, bundle: Bundle) -> TileLatents:
        """Those of the layers before the first that is missing; of none where one of them does not decode."""
        try:
            return decode.read_tile(container, number, tile, bundle)
        except DamagedFile as reason:
            self._lose(number, reason)
        nothing = replace(container, missing=frozenset({(0, number)}))
        return decode.read_tile(nothing, number, tile, bundle)

    def samples(self, container: Container, number: int, tile: Rect, shrink: int) -> Samples:
        """Zeros for a lost tile, as nothing looks at them."""
        if number not in self.lost:
            try:
                return exact_decode.read_tile(container, number, tile, shrink)
            except DamagedFile as reason:
                self._lose(number, reason)
        header = container.header
        return np.zeros(exact_decode.shape_of(header, tile), dtype_of(header.bit_depth))

    def _lose(self, number: int, reason: DamagedFile) -> None:
        self.lost.add(number)
        self.reason = self.reason or reason


def _with_alpha(container: Container) -> tuple[Container, bool]:
    """A container whose alpha plane is sound, opaque where it must be made up; and whether it was."""
    header = container.header
    if header.alpha is Alpha.NONE:
        return container, False
    if any(box.tag == ALPHA for box in container.boxes):
        try:
            read_beside(container, wanted(header.height, header.width))
        except DamagedFile:
            pass
        else:
            return container, False
    opaque = np.full((1, 1), (1 << header.bit_depth) - 1, dtype_of(header.bit_depth))
    others = (box for box in container.boxes if box.tag != ALPHA)
    return replace(container, boxes=(Box(ALPHA, pack_alpha(opaque)), *others)), True
