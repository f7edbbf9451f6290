# SPDX-License-Identifier: Apache-2.0
"""Tiles that decoders accept, of choices that no encoder makes: random damage alone never ends where words must.

Exact tiles with sets, corrections, maps and residuals as an input says, in the steps of the encoder (docs/format.md
15.2 to 15.7) but for the choosing; lossy tiles of random symbols. Trap: what is written must be what the decoder will
find, so samples are restored from residuals, and tables follow from symbols as they are coded.
"""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray
from repair import DEPTH, KINDS, LAYERS, QUALITY, SHAPE, Cursor, Parts

from mezzotint import entropy
from mezzotint.bundle import Bundle
from mezzotint.errors import DamagedFile
from mezzotint.runtime.latents import layers, z_indices, z_shape
from mezzotint.runtime.lossless import LAYERS as EXACT_LAYERS
from mezzotint.runtime.lossless.chunks import LATTICE, Writer
from mezzotint.runtime.lossless.features import CLASSES
from mezzotint.runtime.lossless.lattice import side, top_level
from mezzotint.runtime.lossless.residuals import Setting, quantise, restore, to_words
from mezzotint.runtime.lossless.spreads import SCALES
from mezzotint.runtime.lossless.tables import SHAPES, Frozen, frozen
from mezzotint.runtime.lossless.walk import ORDER, Pass, layer_of, refine
from mezzotint.runtime.lossless.weighting import Weighting, free_taps
from mezzotint.runtime.scales import CERTAIN, Scales
from mezzotint.runtime.tiles import Rect

MOST_LOSSY, MOST_EXACT = 1 << 14, 1 << 10  # pixels of a tile that is made anew


def tile(
    shape: tuple[int, ...], depth: int, most: int, cursor: Cursor
) -> tuple[list[bytes], NDArray[np.uint8 | np.uint16]]:
    """EXACT_LAYERS chunks, and the pixels that they stand for; DamagedFile for a correction that is too large."""
    setting, tables = Setting(depth, most), frozen()
    height, width = shape[:2]
    top = top_level(height, width)
    count = 1 if len(shape) == 2 else 3
    planes = [_samples(cursor, side(height, top), side(width, top), setting) for _ in range(count)]
    wrong = [np.zeros_like(plane) for plane in planes]
    writers = [Writer() for _ in range(EXACT_LAYERS)]
    writers[0].byte(LATTICE)
    for plane in planes:
        writers[0].raw(plane.astype("<u2" if depth > 8 else "u1").tobytes())
    for level in range(top - 1, -1, -1):
        for work in refine(planes, wrong, (height, width), level, setting, tables):
            _pass(work, writers[layer_of(level)], setting, tables, cursor)
    out = np.empty((height, width, count), np.uint8 if depth <= 8 else np.uint16)
    for plane, channel in zip(planes, ORDER[:count] if count == 3 else (0,), strict=True):
        out[..., channel] = plane
    return [writer.content() for writer in writers], out.reshape(shape)


def _pass(work: Pass, writer: Writer, setting: Setting, tables: Frozen, cursor: Cursor) -> None:
    chosen = _weighting(work, tables, cursor)
    expected = work.expect(chosen)
    wanted = _samples(cursor, *work.shape, setting)
    residuals = quantise(wanted, expected, setting)
    usual = tables.maps[work.key]
    table_map = usual.copy()
    if cursor.number(1) & 1:
        first = cursor.number(1) % SCALES
        entries = np.frombuffer(cursor.take(1 + cursor.number(1) % (SCALES - first)), np.uint8)
        table_map[first : first + entries.size] = entries % (SCALES * SHAPES)
    writer.weighting(chosen)
    writer.table_map(table_map, usual)
    writer.words(*to_words(residuals, expected, table_map, tables))
    work.become(restore(residuals, expected, setting))


def _weighting(work: Pass, tables: Frozen, cursor: Cursor) -> Weighting:
    count, kind = len(tables.passes[work.key].weights), cursor.number(1)
    data = (
        cursor.take(CLASSES).ljust(CLASSES, b"\0") if kind & 1 else cursor.take(1).ljust(1, b"\0") * CLASSES
    )
    sets = (np.frombuffer(data, np.uint8) % count).astype(np.uint8)
    if not kind & 2:
        return Weighting(sets)
    free = free_taps(work.number, work.before).size
    return Weighting(sets, np.frombuffer(cursor.take(free).ljust(free, b"\0"), np.int8))


def _samples(cursor: Cursor, rows: int, columns: int, setting: Setting) -> NDArray[np.int32]:
    """(rows, columns) int32: what the input gives, and 0 or the largest once it has nothing more."""
    size = 2 if setting.bit_depth > 8 else 1
    data = cursor.take(size * rows * columns).ljust(size * rows * columns, b"\0")
    found = np.frombuffer(data, f"<u{size}").astype(np.int32) & setting.top
    return found.reshape(rows, columns)


def file(parts: Parts, rng: Random, bundle: Bundle) -> None:
    """Exchange the chunks of one tile of a file for others that its decoder accepts; nothing where it is too large."""
    log, count = parts.fixed[SHAPE] >> 4, parts.fixed[LAYERS]
    columns, rows = -(-parts.width >> log), -(-parts.height >> log)
    if not 0 < count * rows * columns == len(parts.chunks):
        return
    number = rng.randrange(rows * columns)
    top, left = (number // columns) << log, (number % columns) << log
    height, width = min(1 << log, parts.height - top), min(1 << log, parts.width - left)
    quality, lossy = int.from_bytes(parts.fixed[QUALITY], "little"), parts.fixed[KINDS] & 15 == 0
    if height * width > (MOST_LOSSY if lossy else MOST_EXACT):
        return
    if lossy:
        chunks = latents(bundle, quality % 4096, -(-height // 64), -(-width // 64), rng)
    else:
        shape = (height, width, 3) if parts.fixed[SHAPE] & 15 == 3 else (height, width)
        depth = min(max(1, parts.fixed[DEPTH]), 16)
        cursor = Cursor(rng.randbytes(rng.choice((4, 40, 400, 4000))))
        try:
            chunks, _ = tile(shape, depth, quality % 4096, cursor)
        except DamagedFile:
            return
    if len(chunks) == count:
        parts.chunks[number :: rows * columns] = chunks


def latents(bundle: Bundle, quality: int, rows: int, columns: int, rng: Random) -> list[bytes]:
    """The chunks of a lossy tile of so many blocks, mostly of small symbols, some of them escapes."""
    spread = rng.choice((0.0, 0.5, 1.0, 3.0))

    def drawn(count: int) -> NDArray[np.int32]:
        return np.array(
            [round(rng.gauss(0, spread) ** rng.choice((1, 1, 1, 5))) for _ in range(count)], np.int32
        )

    shape = z_shape(bundle, Rect(0, 0, rows, columns))
    z_hat = np.clip(drawn(int(np.prod(shape))), -127, 127)
    chunks = [entropy.encode(z_hat, z_indices(*shape), bundle.z_tables(quality))]
    scales = Scales(bundle, z_hat.reshape(shape), quality)
    symbols = np.zeros((bundle.card.latent_channels, 4 * rows, 4 * columns), np.int32)
    for place, group in enumerate(layers(bundle)):
        indices = scales.of_group(place, symbols)
        symbols[group] = np.clip(drawn(indices.size), -(2**26), 2**26).reshape(indices.shape) * (
            indices != CERTAIN
        )
        chunks.append(entropy.encode(symbols[group].reshape(-1), indices.reshape(-1), bundle.y_tables))
    return chunks
