# SPDX-License-Identifier: Apache-2.0
"""Modes 1 and 2 in plain numpy, written from section 15 of docs/format.md alone; numbers in comments are its parts.

`decode_exact(file, tables)` gives the samples of a file of `decoder.parse`, or raises `decoder.Refused` for whatever
the document refuses; `tables` are those of `read_tables`. Like decoder.py it must never import the package.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from os import PathLike
from typing import NamedTuple, TypeAlias

import numpy as np
from decoder import File, Reader, Table, decode_symbols, inflate, make_table, need

Pair: TypeAlias = tuple[int, int]  # (down, right), or a phase
Taps: TypeAlias = tuple[Pair, ...]
Phases: TypeAlias = dict[Pair, np.ndarray]  # a level of a plane, taken apart


def decode_exact(file: File, tables: Tables) -> np.ndarray:  # 15
    """The samples: (height, width, channels), u1, or <u2 above 8 bits.

    A chunk that is None is missing, and its tile is shown without it and those behind it (15.10).
    Raises `decoder.Refused`, and nothing else, for whatever the document refuses.
    """
    need(file.mode in (1, 2) and file.model_id == tables.id and file.layers == 5, "not the frozen numbers")
    per_tile = zip(file.tiles, *file.chunks, strict=True)
    tiles = [decode_tile(file, tables, size, chunks) for size, *chunks in per_tile]
    columns = -(-file.width // file.tile)
    return np.vstack([np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)])


def sample_type(depth: int) -> np.dtype:
    return np.dtype("<u2" if depth > 8 else "u1")


def decode_tile(
    file: File, tables: Tables, size: Pair, chunks: Sequence[bytes | None]
) -> np.ndarray:  # 15.1: (height, width, channels)
    readers = [None if chunk is None else Reader(chunk) for chunk in chunks]
    kind = readers[0].number(1) if readers[0] else 0
    need(kind <= 1, "an unknown coding of a tile")
    if kind == 1:
        need(not any(chunks[1:]), "graphics beyond chunk 0")
        return decode_graphics(readers[0], size, file.channels, file.depth)
    planes = decode_lattice(readers, size, file, tables)
    need(all(reader.place == len(reader.data) for reader in readers if reader), "bytes are left over")  # 15.7
    order = (1, 0, 2) if file.channels == 3 else (0,)  # 15.2: planes are green, red, blue
    return np.dstack([planes[k] for k in order]).astype(sample_type(file.depth))


# 15.2

PASSES = ((1, 1), (0, 1), (1, 0))
PHASES = ((0, 0), *PASSES)


class Plane(NamedTuple):
    values: Phases
    errors: Phases  # 15.5


def split(cells: np.ndarray, size: Pair) -> Phases:
    """A level of `size` of which phase (0, 0) is `cells` and the others are still to come."""
    rows, columns = size
    found = {(a, b): np.zeros(((rows - a + 1) // 2, (columns - b + 1) // 2), np.int64) for a, b in PASSES}
    return {(0, 0): cells, **found}


def join(phases: Phases, size: Pair) -> np.ndarray:
    cells = np.zeros(size, np.int64)
    for a, b in PHASES:
        cells[a::2, b::2] = phases[a, b]
    return cells


def at(phases: Phases, phase: Pair, tap: Pair) -> np.ndarray:
    """What lies `tap` away from each sample of `phase`."""
    rows, columns = phases[phase].shape
    y, x = phase[0] + tap[0], phase[1] + tap[1]
    source = phases[y % 2, x % 2]
    if not source.size:
        source = phases[0, 0]
    i, j = nearest(rows, y >> 1, source.shape[0]), nearest(columns, x >> 1, source.shape[1])
    return source[i[:, None], j]


@cache
def nearest(count: int, start: int, size: int) -> np.ndarray:
    """start, start + 1, ..., clamped to [0, size)"""
    return np.clip(np.arange(start, start + count), 0, size - 1)


def decode_lattice(
    readers: Sequence[Reader | None], size: Pair, file: File, tables: Tables
) -> list[np.ndarray]:
    cells = [read_top(readers[0], sides(size, top_level(size)), file.depth) for _ in range(file.channels)]
    for level, known, number in walk(cells, size):
        chunk = max(4 - level, 0)
        # A chunk is of no use without those before it.
        reader = None if None in readers[: chunk + 1] else readers[chunk]
        decode_pass(reader, known, number, min(level, 2), file, tables)
    return cells


def sides(size: Pair, level: int) -> Pair:
    return -(-size[0] >> level), -(-size[1] >> level)


def top_level(size: Pair) -> int:
    return next(level for level in itertools.count(4) if max(sides(size, level)) <= 8)


def walk(cells: list[np.ndarray], size: Pair) -> Iterator[tuple[int, list[Plane], int]]:
    """(level, planes known so far, number of the pass) for each pass, which is to fill its phase of the last plane.

    `cells` are the samples of the top level before, and those of level 0 after.
    """
    errors = [np.zeros_like(plane) for plane in cells]
    for level in range(top_level(size) - 1, -1, -1):
        if level >= 2:
            errors = [np.zeros_like(plane) for plane in cells]  # 15.5
        known: list[Plane] = []
        for plane, error in zip(cells, errors, strict=True):
            known.append(Plane(split(plane, sides(size, level)), split(error, sides(size, level))))
            for number, phase in enumerate(PASSES):
                if known[-1].values[phase].size:
                    yield level, known, number
        cells[:], errors = ([join(plane[k], sides(size, level)) for plane in known] for k in (0, 1))


def read_top(reader: Reader | None, size: Pair, depth: int) -> np.ndarray:
    if reader is None:
        return np.full(size, 1 << (depth - 1), np.int64)  # 15.10
    dtype = sample_type(depth)
    cells = np.frombuffer(reader.take(size[0] * size[1] * dtype.itemsize), dtype).astype(np.int64)
    need(cells.max() < 1 << depth, "a sample over its depth")
    return cells.reshape(size)


# 15.3

DIAGONAL: Taps = ((-1, -1), (-1, 1), (1, -1), (1, 1))
SIDES: Taps = ((0, -1), (0, 1))
ENDS: Taps = ((-1, 0), (1, 0))
STRAIGHT: Taps = SIDES + ENDS
WIDE: Taps = ((-1, -2), (-1, 2), (1, -2), (1, 2))
TALL: Taps = ((-2, -1), (-2, 1), (2, -1), (2, 1))
TWO: Taps = ((0, -2), (0, 2), (-2, 0), (2, 0))
FAR: Taps = tuple((y, x) for y in (-3, -1, 1, 3) for x in (-3, -1, 1, 3) if 3 in (abs(y), abs(x)))

STRAIGHT_FIRST: Taps = (*STRAIGHT, (0, -3), (0, 3), (-3, 0), (3, 0), *WIDE, *TALL)
OWN = (DIAGONAL + FAR, STRAIGHT_FIRST, STRAIGHT_FIRST + DIAGONAL)
CROSS: Taps = ((0, 0), *STRAIGHT, *DIAGONAL)


# 15.4

OBLIQUE = (
    ((-1, -1), (1, 1)), ((-3, -1), (-1, 1)), ((-1, -3), (1, -1)), ((1, -1), (3, 1)),
    ((-1, 1), (1, 3)), ((-3, -3), (-1, -1)), ((1, 1), (3, 3)),
)  # fmt: skip
LEVEL = (
    ((0, -1), (0, 1)), ((-1, -2), (-1, 0)), ((-1, 0), (-1, 2)), ((1, -2), (1, 0)),
    ((1, 0), (1, 2)), ((0, -3), (0, -1)), ((0, 1), (0, 3)),
)  # fmt: skip
ALONG = (OBLIQUE, LEVEL, LEVEL)
ACROSS = (
    tuple(((a, -b), (c, -d)) for (a, b), (c, d) in OBLIQUE),
    *(tuple(((b, a), (d, c)) for (a, b), (c, d) in LEVEL) for _ in range(2)),
)


def activity_along(values: Phases, number: int, pairs: Sequence[tuple[Pair, Pair]]) -> tuple[np.ndarray, ...]:
    """(the first pair, the sum of all, in which it counts twice)"""
    phase = PASSES[number]
    sizes = [abs(at(values, phase, p) - at(values, phase, q)) for p, q in pairs]
    return sizes[0], sum(sizes) + sizes[0]


def classes(along: np.ndarray, across: np.ndarray, up: int) -> np.ndarray:
    p, q = along + (1 << up), across + (1 << up)
    direction = sum([5 * p > 2 * q, 7 * p > 5 * q, 5 * p > 7 * q, 2 * p > 5 * q], np.int64(0))
    activity = sum([p + q >= 27 << up, p + q >= 82 << up], np.int64(0))
    return 3 * direction + activity


# 15.5

OWN_ERRORS = ((DIAGONAL,), (ENDS, WIDE, SIDES), (SIDES, DIAGONAL, TALL, ENDS))
CROSS_ERRORS = (
    (((0, 0),), STRAIGHT, TWO, DIAGONAL),
    (((0, 0),), ENDS + DIAGONAL, TWO, SIDES),
    (((0, 0),), SIDES + DIAGONAL, TWO, ENDS),
)


def gather(known: Sequence[Plane], number: int) -> np.ndarray:
    """The taps of each sample of a pass, (rows, columns, taps)."""
    phase = PASSES[number]
    own = [at(known[-1].values, phase, tap) for tap in OWN[number]]
    return np.dstack(own + [at(plane.values, phase, tap) for plane in known[:-1] for tap in CROSS])


def find_spread(
    known: Sequence[Plane], number: int, taps: np.ndarray, up: int, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(class, spread)"""
    first, along = activity_along(known[-1].values, number, ALONG[number])
    other, across = activity_along(known[-1].values, number, ACROSS[number])
    t0, t1, t2, t3 = (taps[..., k] for k in range(4))
    if number == 0:
        third, fourth = abs(t0 - t1) + abs(t2 - t3), abs(t0 - t2) + abs(t1 - t3)
    else:
        third, fourth = abs(t0 - t2) + abs(t1 - t3), abs(t0 - t3) + abs(t1 - t2)
    features = [first, other, third, fourth, np.minimum(along, across)]
    groups = [(known[-1], group) for group in OWN_ERRORS[number]]
    groups += [(plane, group) for plane in known[:-1] for group in CROSS_ERRORS[number]]
    for plane, group in groups:
        features.append(sum(at(plane.errors, PASSES[number], tap) for tap in group))
    cls = classes(along, across, up)
    return cls, u[-1][cls] + (np.moveaxis(u[:-1][:, cls], 0, -1) * np.dstack(features)).sum(-1)


# 15.6

BORDERS = [(b * 64 << o + 5) // 32 // 1024 for o in range(-5, 11) for b in (1116, 1328, 1579, 1878)]
PLAIN = [Table(0, range(0, (1 << 24) + 1, 1 << (24 - low))) for low in range(17)]


def find_scale(spread: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """(scale, low)"""
    value = np.maximum(spread, 0) // step >> 4
    small = np.searchsorted(BORDERS, value, "right")
    large = np.searchsorted(BORDERS, np.minimum(value >> 10, 0xFFFF), "right") + 40
    scale = np.where(value < 1 << 16, small, large)
    low = np.minimum((np.maximum(scale, 35) - 35 + 3) // 4, 16)
    return np.where(low > 0, np.minimum(scale - 4 * low, 35), scale), low


class View(NamedTuple):
    """What is known of the samples of a pass before their residuals are."""

    prediction: np.ndarray
    whole: np.ndarray
    sign: np.ndarray
    table: np.ndarray
    low: np.ndarray


def look(known: Sequence[Plane], number: int, head: Head, spread: np.ndarray, file: File) -> View:
    step = 2 * file.quality + 1
    taps = gather(known, number)
    cls, spread = find_spread(known, number, taps, max(file.depth - 8, 0), spread)
    total = (head.weights[cls] * taps).sum(-1)  # 15.5
    prediction = np.clip((total + 128) >> 8, 0, 16 * ((1 << file.depth) - 1))
    scale, low = find_scale(spread, step)
    whole = (prediction + 8) >> 4
    rest = prediction - 16 * whole
    phase = np.where(low > 0, 0, (abs(rest) // step + 1) >> 1)
    return View(prediction, whole, np.where(rest < 0, -1, 1), 5 * head.map[scale] + phase, low)


def decode_pass(
    reader: Reader | None, known: Sequence[Plane], number: int, g: int, file: File, tables: Tables
) -> None:
    """Fill a phase of the last plane; without a reader, as 15.10 says."""
    m, top, name = file.quality, (1 << file.depth) - 1, f"{g}{len(known) - 1}{number}"
    weights, spread, scales = (tables.arrays[f"{kind}{name}"] for kind in ("weights", "spread", "map"))
    head = read_head(reader, number, weights, scales)
    view = look(known, number, head, spread, file)
    s = view.whole
    if reader is not None:
        high = decode_symbols(head.words, view.table.ravel(), tables.residual).reshape(s.shape)
        bits = decode_symbols(head.plain, view.low.ravel(), PLAIN).reshape(s.shape)
        r = (high << view.low) + bits - ((1 << view.low) // 2)
        need(abs(high).max() <= 1 << 18 and abs(r).max() < 1 << 17, "a residual that is too large")
        s = view.whole + view.sign * r * (2 * m + 1)
        need(s.min() >= -m and s.max() <= top + m, "a sample far outside its range")
    known[-1].values[PASSES[number]] = sample = np.clip(s, 0, top)
    known[-1].errors[PASSES[number]] = abs(16 * sample - view.prediction) >> 2  # 15.5


# 15.7


class Head(NamedTuple):
    weights: np.ndarray  # (classes, taps)
    map: np.ndarray  # (scales)
    words: bytes
    plain: bytes


def read_head(reader: Reader | None, number: int, weights: np.ndarray, entries: np.ndarray) -> Head:
    if reader is None:
        return Head(weights[0].T, entries, b"", b"")  # 15.10
    flags = reader.number(1)
    need(flags < 64, "reserved bits")
    sets = np.frombuffer(reader.take(15), "u1") if flags & 31 == 31 else np.full(15, flags & 31)
    need(sets.max() < len(weights), "a set that does not exist")
    used = weights[sets, :, np.arange(15)]
    if flags & 32:
        sizes = [len(OWN[number])] + [9] * ((used.shape[1] - len(OWN[number])) // 9)
        free = [4 * np.frombuffer(reader.take(size - 1), "i1").astype(np.int64) for size in sizes]
        used = used + np.concatenate([np.insert(k, 0, -k.sum()) for k in free])
        need(abs(used).sum(1).max() < 1 << 15, "weights that are too large")
    first = reader.number(1)
    if first != 255:
        count = reader.number(1)
        need(count >= 1 and first + count <= 36, "entries beyond the map")
        changed = np.frombuffer(reader.take(count), "u1")
        need(changed.max() < 108, "an entry that does not exist")
        entries = np.concatenate([entries[:first], changed, entries[first + count :]])
    lengths = reader.varint(), reader.varint()
    return Head(used, entries, *(reader.take(length) for length in lengths))


# 15.8


def decode_graphics(reader: Reader, size: Pair, channels: int, depth: int) -> np.ndarray:
    (height, width), dtype, kind = size, sample_type(depth), reader.number(1)
    need(kind <= 2, "an unknown kind of graphics")
    if kind == 0:
        samples = read_rows(reader, height, width, channels, dtype)
        need(samples.max() < 1 << depth, "a sample over its depth")
        return samples
    count = reader.number(1) + 1
    colours = np.frombuffer(reader.take(count * channels * dtype.itemsize), dtype).reshape(count, channels)
    need(colours.max() < 1 << depth, "a colour over its depth")
    bits = 8 if kind == 1 else next(bits for bits in (1, 2, 4, 8) if count <= 1 << bits)
    packed = read_rows(reader, height, -(-width * bits // 8), 1, np.dtype("u1"))[..., 0]
    fields = np.unpackbits(packed, axis=1).reshape(height, -1, bits)
    indices = (fields @ (1 << np.arange(bits)[::-1]))[:, :width]
    need(indices.max() < count, "an index without a colour")
    return colours[indices]


def read_rows(reader: Reader, height: int, width: int, channels: int, dtype: np.dtype) -> np.ndarray:
    length = 1 + width * channels * dtype.itemsize
    rest = reader.take(len(reader.data) - reader.place)
    rows = np.frombuffer(inflate(rest, height * length), "u1").reshape(height, length)
    need(rows[:, 0].max() <= 3, "an unknown filter")
    found = np.zeros((height + 1, width, channels), dtype)  # a row of zeros above all
    for y, row in enumerate(rows, 1):
        part = row[1:].view(dtype).reshape(width, channels)
        # A running sum undoes filter 1; in filter 3 it gives what was added to the row above.
        found[y] = np.cumsum(part, axis=0, dtype=dtype) if row[0] & 1 else part
        found[y] += found[y - 1] * (row[0] >> 1)
    return found[1:]


# 15.9


class Tables(NamedTuple):
    id: bytes
    arrays: dict[str, np.ndarray]  # int64
    residual: list[Table]


def read_tables(path: str | PathLike[str]) -> Tables:
    with np.load(path, allow_pickle=False) as stored:
        arrays = dict(sorted(stored.items()))
    text = hashlib.sha256(b"mezzotint lossless 1\n")
    for name, array in arrays.items():
        kind = f"{array.dtype.kind}{array.dtype.itemsize}"
        text.update(f"{name} {kind} {' '.join(map(str, array.shape))}\n".encode("ascii"))
        text.update(array.astype(f"<{kind}").tobytes())
    wide = {name: array.astype(np.int64) for name, array in arrays.items()}
    parts = np.split(wide["frequencies"] << 8, np.cumsum(wide["lengths"])[:-1])
    residual = [make_table(m, part, True) for m, part in zip(wide["minima"], parts, strict=True)]
    return Tables(text.digest()[:8], wide, residual)
