# SPDX-License-Identifier: Apache-2.0
"""Chunks without a file around them: words against real tables, whole lossy tiles, lossless tiles of both kinds.

    input:  kind | its settings | chunks, each behind its length

Laws: DamagedFile alone comes out. Words that are accepted are those that encoding gives for their values, and the
coder in plain integers says the same of them. Values come back as they were coded, escapes too. A tile decodes to the
same twice, and coarse decoding gives the samples that it promises. A lossless tile with weights, corrections and maps
that no encoder of ours would choose is read as it was written (`forged.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from random import Random

import numpy as np
from harness import Mutate, Target, instrumented, main, need
from repair import Cursor, chunk_changed, varint
from samples import default, model

with instrumented():
    import forged

    from mezzotint import entropy
    from mezzotint.bitstream import Container, Header
    from mezzotint.bundle import Bundle
    from mezzotint.entropy import TableSet, reference
    from mezzotint.errors import DamagedFile, UsageError
    from mezzotint.runtime import lossless
    from mezzotint.runtime.decode import read_tile
    from mezzotint.runtime.latents import digest, layers
    from mezzotint.runtime.lossless.tables import frozen
    from mezzotint.runtime.tiles import Rect

SYMBOLS = 64  # at most; the plain coder is slow
SIDE = 24  # of a lossless tile, at most
SETS = 8


@cache
def bundle(number: int) -> Bundle:
    return default() if number % 3 == 2 else model(number % 3 == 1)


@cache
def tables(number: int) -> TableSet:
    """Real ones: y and z of three models, residuals of lossless tiles, and their plain bits."""
    if number < 6:
        found = bundle(number)
        return found.y_tables if number < 3 else found.z_tables(2000)
    return frozen().residuals if number == 6 else frozen().plain_bits


@cache
def plain(number: int) -> tuple[reference.PlainTable, ...]:
    return tuple(
        reference.PlainTable(table.minimum, tuple(table.frequencies.tolist()), table.escape)
        for table in tables(number).tables
    )


def run(data: bytes) -> str:
    cursor = Cursor(data)
    kind = cursor.number(1) % len(KINDS)
    return f"{KINDS[kind].__name__[1:]}: {KINDS[kind](cursor)}"


def _table_numbers(cursor: Cursor) -> tuple[int, np.ndarray]:
    """(number of a set, numbers of tables (n,))."""
    number, count = cursor.number(1) % SETS, 1 + cursor.number(1) % SYMBOLS
    asked = np.frombuffer(cursor.take(2 * count).ljust(2 * count, b"\0"), "<u2")
    return number, (asked % len(tables(number))).astype(np.uint16)


def _words(cursor: Cursor) -> str:
    number, indices = _table_numbers(cursor)
    data = cursor.rest()
    words = np.frombuffer(data[: len(data) // 4 * 4], "<u4").tolist()
    expected: list[int] | None = None
    if len(data) % 4 == 0:
        with suppress(DamagedFile):
            expected = reference.decode(words, indices.tolist(), plain(number))
    try:
        values = entropy.decode(data, indices, tables(number))
    except DamagedFile:
        need(expected is None, "the coder in plain integers accepts these words")
        return "DamagedFile"
    need(values.tolist() == expected, "the coder in plain integers finds other values, or none")
    need(entropy.encode(values, indices, tables(number)) == data, "other words for these values")
    return "accepted"


def _values(cursor: Cursor) -> str:
    number, indices = _table_numbers(cursor)
    size = (1, 2, 4)[cursor.number(1) % 3]
    data = cursor.take(size * indices.size).ljust(size * indices.size, b"\0")
    values = np.frombuffer(data, f"<i{size}").astype(np.int32)
    fill = tables(number).fill.take(indices)
    certain = np.isin(indices, tables(number).certain)
    values[certain] = fill[certain]
    try:
        chunk = entropy.encode(values, indices, tables(number))
    except UsageError:
        return "UsageError"
    words = reference.encode(values.tolist(), indices.tolist(), plain(number))
    need(chunk == np.array(words, "<u4").tobytes(), "the coder in plain integers gives other words")
    need(np.array_equal(entropy.decode(chunk, indices, tables(number)), values), "other values")
    return "coded"


def _tile(cursor: Cursor) -> str:
    found, quality = bundle(cursor.number(1)), cursor.number(2) % 4096
    shape = cursor.number(1)
    tile = Rect(0, 0, 1 + shape % 2, 1 + shape // 2 % 2)
    chunks = cursor.chunks()
    count = 1 + len(layers(found))
    missing = frozenset((place, 0) for place in range(len(chunks), count))
    chunks = (chunks + [b""] * count)[:count]
    header = Header(
        width=64 * tile.width,
        height=64 * tile.height,
        channels=3,
        quality=quality,
        model_id=found.model_id,
        layer_count=count,
    )
    container = Container(header, (), tuple((chunk,) for chunk in chunks), missing)
    try:
        latents = read_tile(container, 0, tile, found)
    except DamagedFile:
        return "DamagedFile"
    need(digest(latents) == digest(read_tile(container, 0, tile, found)), "another tile the second time")
    need(int(latents.indices.max()) < len(found.y_tables), "a table that does not exist")
    first = read_tile(container, 0, tile, found, group_count=1)
    need(np.array_equal(first.symbols, latents.symbols[: len(first.symbols)]), "another first group")
    return "accepted, cut" if missing else "accepted"


def _exact(cursor: Cursor) -> str:
    shape, depth, most, scale = _setting(cursor)
    chunks = cursor.chunks()[: lossless.LAYERS]
    whole = part = None
    with suppress(DamagedFile):
        if len(chunks) == lossless.LAYERS:
            whole = lossless.decode_tile(chunks, shape, depth, most)
            need(
                whole.shape == shape and int(whole.max()) < 1 << depth, "other samples than the shape allows"
            )
    step = 1 << scale
    try:
        part = lossless.decode_coarse(chunks, shape, depth, most, scale)
        need(part.shape[:2] == tuple(-(-side // step) for side in shape[:2]), "a part of another shape")
        need(int(part.max()) < 1 << depth, "samples of a part outside their depth")
    except DamagedFile:
        need(whole is None, "a part of a sound tile is refused")
    if whole is not None and part is not None:
        need(np.array_equal(part, whole[::step, ::step]), "another part")
    return "DamagedFile" if part is None else "a part" if whole is None else "accepted"


def _setting(cursor: Cursor) -> tuple[tuple[int, ...], int, int, int]:
    """Shape, bit depth, largest error, and the coarseness of a part."""
    depth, most = 1 + cursor.number(1) % 16, cursor.number(2) % 4096
    height, width, bits = 1 + cursor.number(1) % SIDE, 1 + cursor.number(1) % SIDE, cursor.number(1)
    return ((height, width, 3) if bits & 1 else (height, width)), depth, most, bits >> 1 & 3


def _forged(cursor: Cursor) -> str:
    shape, depth, most, _ = _setting(cursor)
    try:
        chunks, pixels = forged.tile(shape, depth, most, cursor)
    except DamagedFile:  # a correction that no chunk may hold
        return "DamagedFile"
    need(
        np.array_equal(lossless.decode_tile(chunks, shape, depth, most), pixels),
        "another tile than was written",
    )
    return "coded"


KINDS: tuple[Callable[[Cursor], str], ...] = (_words, _values, _tile, _exact, _forged)
HEADS = {2: 5, 3: 7}  # kinds with a list of chunks: bytes in front of it


def mutate(data: bytes, most: int, rng: Random, native: Mutate) -> bytes:
    kind = data[0] % len(KINDS) if data else 0
    way = rng.randrange(4)
    if way == 0 or len(data) < 8 or kind in (1, 4):
        return native(data, most)
    if kind == 0:
        return _with_sound_words(data, rng) if way == 1 else native(data, most)
    head = HEADS[kind]
    cursor = Cursor(data)
    cursor.take(head)
    chunks = cursor.chunks() or [b""]
    chunk_changed(chunks, rng, native, max(16, most - len(data)))
    return data[:head] + b"".join(varint(len(chunk)) + chunk for chunk in chunks)


def _with_sound_words(data: bytes, rng: Random) -> bytes:
    """The words of values that are mostly small, for the same tables."""
    cursor = Cursor(data[1:])
    number, indices = _table_numbers(cursor)
    values = np.array([round(rng.gauss(0, 1) ** 5) for _ in range(indices.size)], np.int32)
    for place, table in enumerate(indices.tolist()):
        law = tables(number).tables[table]
        if not law.escape or rng.randrange(4):
            values[place] = min(max(law.minimum, int(values[place])), law.maximum)
    return data[: 1 + cursor.at] + entropy.encode(values, indices, tables(number))


TARGET = Target("entropy", run, mutate, longest=4096, seconds=2.0)

if __name__ == "__main__":
    sys.exit(main(TARGET))
