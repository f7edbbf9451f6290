# SPDX-License-Identifier: Apache-2.0
"""The numbers of a picture of Gaussians <-> chunks of bytes.

    head: N, numbers of books and codes | scales, offsets, codebooks, background | tables
    body: how many Gaussians lie in each cell of a grid | place in the cell, shape and codes of each

A sum has no order, and an order that is sent all the same costs log2(N!) bits. The paper gets part of them back by
coding bits-back; here Gaussians go by cells, so that a place costs the bits of its cell alone and the counts tell the
cells. The trap: all that the decoder allocates follows from N, which is checked against the picture's size first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mezzotint import entropy
from mezzotint.bitstream import varint
from mezzotint.bitstream.reader import Reader
from mezzotint.errors import DamagedFile
from mezzotint.lab.models.gaussians import FINEST, LEVELS, PITCH, Coded
from mezzotint.lab.priors import carried

CROWD = 1.5  # Gaussians a cell, about
CELL_MOST = 255  # pixels
LARGEST = 4096.0  # pixels of a standard deviation


def in_order(coded: Coded, height: int, width: int) -> Coded:
    """The same Gaussians in the order of their cells, which is the order that the decoder finds and sums them in."""
    order = np.argsort(_cells(coded.place, height, width), kind="stable")
    return replace(coded, place=coded.place[order], shape=coded.shape[order], code=coded.code[order])


def write(coded: Coded, height: int, width: int) -> tuple[bytes, bytes]:
    """Head and body; they come back as `in_order` puts them."""
    coded = in_order(coded, height, width)
    count = len(coded.place)
    cell = _side(count, height, width)
    grid = -(-width // cell) * -(-height // cell)
    crowds = np.bincount(_cells(coded.place, height, width), minlength=grid).astype(np.int32)
    measured = [crowds, *coded.shape.T, *coded.code.T]
    tables = [carried.counted(np.ascontiguousarray(part)) for part in measured]
    fixed = (coded.scale, coded.offset, coded.books, coded.background)
    head = [
        *map(varint.pack, (count, *coded.books.shape[:2])),
        *(np.ascontiguousarray(array).tobytes() for array in fixed),
        *(described for described, _ in tables),
    ]
    inside = coded.place % (cell * PITCH)
    parts = [*measured, *inside.T]
    values = np.concatenate(parts).astype(np.int32)
    body = entropy.encode(values, carried.indices_of(parts), _set([table for _, table in tables], cell))
    return b"".join(head), body


def read(chunks: Sequence[bytes], height: int, width: int) -> Coded:
    """The inverse, in the order of the cells; DamagedFile for chunks of no picture of that size."""
    if len(chunks) != 2:
        raise DamagedFile(f"{len(chunks)} chunks where a picture of Gaussians has 2")
    reader = Reader(chunks[0], DamagedFile)
    count, books, codes = (reader.varint(f"a number of {what}") for what in ("Gaussians", "books", "codes"))
    if not 0 < count <= most(height, width) or not 0 < books <= 256 or not 0 < codes <= 256:
        raise DamagedFile(f"{count} Gaussians of {books} books: no picture of {height} x {width} is so")
    cell = _side(count, height, width)
    scale, offset = _halves(reader, (3,)), _halves(reader, (3,))
    palette = _halves(reader, (books, codes, 3))
    background = np.frombuffer(reader.take(3, "the background"), np.uint8).copy()
    tables = [carried.read(reader) for _ in range(4 + books)]
    if reader.left or not _sound(scale, offset):
        raise DamagedFile(
            "the head of a picture of Gaussians does not end where it should, or its scales lie"
        )
    across, down = -(-width // cell), -(-height // cell)
    parts = _parts(chunks[1], tables, (across * down, count), cell)
    crowds, shape, code, inside = parts[0], np.stack(parts[1:4], 1), np.stack(parts[4:-2], 1), parts[-2:]
    if crowds.min() < 0 or int(crowds.sum(dtype=np.int64)) != count:
        raise DamagedFile("the cells of a picture of Gaussians hold another number of them")
    number = np.repeat(np.arange(across * down), crowds)
    corner = np.stack([number % across, number // across], 1) * (cell * PITCH)
    place = (corner + np.stack(inside, 1)).astype(np.int32)
    _check(place, shape, code, (width, height, codes))
    return Coded(place, shape, code, scale, offset, palette, background)


def _check(
    place: NDArray[np.int32], shape: NDArray[np.int32], code: NDArray[np.int32], most: tuple[int, int, int]
) -> None:
    width, height, codes = most
    bad = (place >= np.array([width, height]) * PITCH).any() or (shape < 0).any() or (shape >= LEVELS).any()
    if bad or (code < 0).any() or (code >= codes).any():
        raise DamagedFile("a Gaussian lies outside the picture or has numbers that nothing has")


def _sound(scale: NDArray[np.float16], offset: NDArray[np.float16]) -> bool:
    far = np.abs(offset.astype(np.float64)) + LEVELS * np.abs(scale.astype(np.float64))
    return bool(np.isfinite(far).all() and (far < LARGEST).all() and (scale > FINEST / 2).all())


def _halves(reader: Reader, shape: tuple[int, ...]) -> NDArray[np.float16]:
    taken = reader.take(2 * int(np.prod(shape)), "numbers of half precision")
    found = np.frombuffer(taken, "<f2").astype(np.float16).reshape(shape)
    if not np.isfinite(found).all():
        raise DamagedFile("a number of a picture of Gaussians is not finite")
    return found


def most(height: int, width: int) -> int:
    """Gaussians that a picture of that size may have."""
    return max(1, height * width // 8)


def _side(count: int, height: int, width: int) -> int:
    """Pixels of a cell's side, so that about CROWD Gaussians lie in one."""
    return min(CELL_MOST, max(1, math.isqrt(int(CROWD * height * width) // count)))


def _cells(place: NDArray[np.int32], height: int, width: int) -> NDArray[np.int64]:
    """(N, 2) -> (N,), the number of the cell of each, in raster order."""
    cell = _side(len(place), height, width)
    where = place.astype(np.int64) // (cell * PITCH)
    number: NDArray[np.int64] = where[:, 1] * -(-width // cell) + where[:, 0]
    return number


def _set(tables: list[entropy.Table], cell: int) -> entropy.TableSet:
    """Those that are carried, and one for a place in a cell, across and down."""
    inside = carried.uniform(cell * PITCH)
    return entropy.TableSet((*tables, inside, inside))


def _parts(
    body: bytes, tables: list[entropy.Table], sizes: tuple[int, int], cell: int
) -> list[NDArray[np.int32]]:
    """Counts of all cells, then the columns of all Gaussians; ``sizes`` is (cells, Gaussians)."""
    every = _set(tables, cell)
    lengths = [sizes[0]] + [sizes[1]] * (len(every) - 1)
    indices = np.repeat(np.arange(len(every), dtype=np.uint16), lengths)
    return np.split(entropy.decode(body, indices, every), np.cumsum(lengths)[:-1])
