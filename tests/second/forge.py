# SPDX-License-Identifier: Apache-2.0
"""Sound tiles that no encoder would write: what sections 15.7 and 15.8 of docs/format.md leave open is drawn at random.

Sets, corrections, maps, residuals, filters; golden files use few of them. Trap: residuals are coded with the tables
that exact.py finds, so its mistakes decode well here; only another decoder sees them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import decoder
import exact
import numpy as np


def pack_varint(value: int) -> bytes:  # 1
    digits = [value >> k & 127 for k in range(0, max(value.bit_length(), 1), 7)]
    return bytes([*(digit | 128 for digit in digits[:-1]), digits[-1]])


def encode_words(
    intervals: Sequence[tuple[int, int]],
) -> bytes:  # 9.3: (left, left + frequency) in coding order
    state, words = 1 << 24, []
    for left, right in reversed(intervals):
        frequency = right - left
        if state >> 40 >= frequency:
            words.append(state & 0xFFFFFFFF)
            state >>= 32
        state = (state // frequency << 24) + state % frequency + left
    while state:
        words.append(state & 0xFFFFFFFF)
        state >>= 32
    return np.array(words, "<u4").tobytes()


def encode_symbols(symbols: np.ndarray, numbers: np.ndarray, tables: Sequence[decoder.Table]) -> bytes:
    """What `decoder.decode_symbols` reads as `symbols`; both are flat."""
    intervals, escapes = [], []
    for place in np.argsort(numbers, kind="stable"):  # 9.2
        table = tables[numbers[place]]
        entry, entries = int(symbols[place]) - table.minimum, len(table.left) - 1
        if entries == 1:
            continue
        if table.escape and not 0 <= entry < entries - 1:  # 9.4
            escapes.append(pack_varint(2 * (entry - entries + 1) if entry >= 0 else -2 * entry - 1))
            entry = entries - 1
        intervals.append((table.left[entry], table.left[entry + 1]))
    for k in range(4):
        intervals += [(e[k] << 16, e[k] + 1 << 16) for e in escapes if k < len(e)]
    return encode_words(intervals) if intervals else b""


def forge_tile(
    seed: int, size: tuple[int, int], channels: int, depth: int, most: int, tables: exact.Tables
) -> tuple[decoder.File, np.ndarray]:
    """A file of one tile, and its samples; `most` is the largest error."""
    rng, mode = np.random.default_rng(seed), 1 if most else 2
    file = decoder.File(mode, 0, channels, 1 << 15, depth, most, 5, tables.id, size[1], size[0])
    top = exact.sides(size, exact.top_level(size))
    cells = [rng.integers(0, 1 << depth, top) for _ in range(channels)]
    stored = b"".join(plane.astype(exact.sample_type(depth)).tobytes() for plane in cells)
    readers = [decoder.Reader(start) for start in (b"\0" + stored, b"", b"", b"", b"")]
    readers[0].place = len(readers[0].data)
    for level, known, number in exact.walk(cells, size):
        forge_pass(rng, readers[max(4 - level, 0)], known, number, min(level, 2), file, tables)
    file.chunks = [[reader.data] for reader in readers]
    order = (1, 0, 2) if channels == 3 else (0,)
    return file, np.dstack([cells[k] for k in order]).astype(exact.sample_type(depth))


def forge_pass(
    rng: np.random.Generator,
    reader: decoder.Reader,
    known: Sequence[exact.Plane],
    number: int,
    g: int,
    file: decoder.File,
    tables: exact.Tables,
) -> None:
    """Append a pass to the reader's chunk, and read it."""
    weights, spread, scales = (
        tables.arrays[f"{kind}{g}{len(known) - 1}{number}"] for kind in ("weights", "spread", "map")
    )
    choice = forge_head(rng, *weights.shape[:2])
    head = exact.read_head(decoder.Reader(choice + bytes(2)), number, weights, scales)
    view = exact.look(known, number, head, spread, file)
    target = rng.integers(0, 1 << file.depth, view.whole.shape)
    step = 2 * file.quality + 1
    if rng.random() < 0.6:  # near the prediction, as pictures are; or anywhere, as noise is
        target = np.clip(view.whole + (rng.laplace(0, 3, target.shape) * step).astype(int), 0, target.max())
    r = (view.sign * (target - view.whole) + file.quality) // step  # 15.6
    reader.data += choice + encode_residuals(r, view, tables)
    exact.decode_pass(reader, known, number, g, file, tables)


def encode_residuals(
    r: np.ndarray, view: exact.View, tables: exact.Tables
) -> bytes:  # 15.7, from the lengths on
    moved, low = (r + (1 << view.low) // 2).ravel(), view.low.ravel()
    high = encode_symbols(moved >> low, view.table.ravel(), tables.residual)
    bits = encode_symbols(moved & (1 << low) - 1, low, exact.PLAIN)
    return pack_varint(len(high)) + pack_varint(len(bits)) + high + bits


def forge_head(rng: np.random.Generator, sets: int, taps: int) -> bytes:  # 15.7, up to the lengths
    each, corrected, entries = rng.random(3) < (0.5, 0.5, 0.7)
    own = 20 if taps % 9 == 2 else 16
    found = [31 if each else int(rng.integers(sets))]
    found[0] |= corrected << 5
    found += rng.integers(0, sets, 15 * each).tolist()
    most = rng.choice([1, 4, 20])
    found += (rng.integers(-most, most, (own - 1 + (taps - own) // 9 * 8) * corrected) % 256).tolist()
    first = int(rng.integers(36))
    count = int(rng.integers(1, 37 - first))
    found += [first, count, *rng.integers(0, 108, count)] if entries else [255]
    return bytes(found)


def forge_graphics(
    seed: int, size: tuple[int, int], channels: int, depth: int, tables: exact.Tables
) -> decoder.File:
    """A file of one tile of graphics of any kind (15.8), each row with a filter of its own."""
    rng, (height, width), dtype = np.random.default_rng(seed), size, exact.sample_type(depth)
    kind, count = int(rng.integers(3)), int(rng.integers(1, 257))
    front = bytes([1, kind])
    if kind == 0:
        values = rng.integers(0, 1 << depth, (height, width, channels)).astype(dtype)
    else:
        front += bytes([count - 1]) + rng.integers(0, 1 << depth, count * channels).astype(dtype).tobytes()
        values = rng.integers(0, count, (height, width, 1)).astype("u1")
    if kind == 2:
        bits = next(bits for bits in (1, 2, 4, 8) if count <= 1 << bits)
        fields = np.unpackbits(values, axis=2)[..., 8 - bits :].reshape(height, -1)
        values = np.packbits(fields, axis=1)[..., None]
    above, rows = np.zeros_like(values[0]), b""
    for row in values:
        name = int(rng.integers(4))
        part = row - above * (name >> 1)
        if name & 1:
            part = np.diff(part, axis=0, prepend=np.zeros_like(part[:1]))
        rows += bytes([name]) + part.tobytes()
        above = row
    file = decoder.File(2, 0, channels, 1 << 15, depth, 0, 5, tables.id, width, height)
    file.chunks = [[front + zlib.compress(rows)], [b""], [b""], [b""], [b""]]
    return file
