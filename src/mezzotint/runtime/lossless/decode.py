# SPDX-License-Identifier: Apache-2.0
"""Chunks of a tile -> its pixels, whole or coarse (docs/format.md, lossless coding). `encode.py` is the mirror.

    base, as it is -> for each level, plane and pass:  1 weights -> 2 guess -> 4 tables -> 5 words -> 3 residuals

Trap: time and memory must follow from the shape alone, whatever the chunks hold; DamagedFile is all that may come out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedFile
from mezzotint.runtime.lossless import graphics
from mezzotint.runtime.lossless.chunks import GRAPHICS, LATTICE, Reader
from mezzotint.runtime.lossless.lattice import LAYERS, Plane, side, top_level
from mezzotint.runtime.lossless.residuals import Setting, from_words, restore
from mezzotint.runtime.lossless.tables import Frozen, frozen
from mezzotint.runtime.lossless.walk import ORDER, Pass, layer_of, refine
from mezzotint.runtime.lossless.weighting import USUAL, free_taps

Pixels = NDArray[np.uint8 | np.uint16]
Shape = tuple[int, ...]


def decode_tile(chunks: Sequence[bytes], shape: Shape, bit_depth: int, max_error: int) -> Pixels:
    """The pixels of a tile, (H, W) or (H, W, 3) as `shape` says; uint8 up to 8 bits, else uint16.

    DamagedFile for chunks that `encode_tile` gives for no picture of this shape.
    """
    if len(chunks) != LAYERS:
        raise DamagedFile(f"a tile of {len(chunks)} chunks where {LAYERS} belong")
    return _decode(chunks, shape, Setting(bit_depth, max_error), 0)


def decode_coarse(
    chunks: Sequence[bytes | None], shape: Shape, bit_depth: int, max_error: int, scale_log2: int
) -> Pixels:
    """Every 2^scale_log2-th row and column (0..3) of what the first chunks hold: ceil(side / 2^scale_log2) a side.

    chunks: the first ones; LAYERS - scale_log2 are enough. From the first that is missing (None, or behind the end) on,
    every sample is what is predicted. DamagedFile as for `decode_tile`. `shape` is that of the whole tile.
    """
    there = []
    for chunk in chunks[: LAYERS - scale_log2]:
        if chunk is None:
            break
        there.append(chunk)
    return _decode(there, shape, Setting(bit_depth, max_error), scale_log2)


def _decode(chunks: Sequence[bytes], shape: Shape, setting: Setting, finest: int) -> Pixels:
    if chunks and chunks[0][:1] == bytes([GRAPHICS]):
        if any(chunks[1:]):
            raise DamagedFile("a tile of graphics has more than its first chunk")
        pixels = graphics.unpack(memoryview(chunks[0])[1:], shape, setting)
        part: Pixels = pixels[:: 1 << finest, :: 1 << finest].copy()
        return part
    planes = _decode_lattice(chunks, shape, setting, frozen(), finest)
    if len(shape) == 2:
        return _narrow(planes[0], setting)
    out = np.empty((*planes[0].shape, 3), np.int32)
    for plane, channel in zip(planes, ORDER, strict=True):
        out[:, :, channel] = plane
    return _narrow(out, setting)


def _narrow(samples: NDArray[np.int32], setting: Setting) -> Pixels:
    return samples.astype(np.uint8) if setting.bit_depth <= 8 else samples.astype(np.uint16)


def _decode_lattice(
    chunks: Sequence[bytes], shape: Shape, setting: Setting, tables: Frozen, finest: int
) -> list[Plane]:
    height, width = shape[:2]
    top = top_level(height, width)
    readers = [Reader(chunk) for chunk in chunks]
    if readers and readers[0].byte() != LATTICE:
        raise DamagedFile("a tile is coded in an unknown way")
    base = side(height, top), side(width, top)
    planes = [_base(readers, base, setting) for _ in range(1 if len(shape) == 2 else 3)]
    wrong = [np.zeros_like(plane) for plane in planes]
    for level in range(top - 1, finest - 1, -1):
        layer = layer_of(level)
        for work in refine(planes, wrong, (height, width), level, setting, tables):
            if layer < len(readers):
                _decode_pass(work, readers[layer], setting, tables)
            else:
                work.become(work.expect(USUAL).whole)
    for reader in readers:
        reader.end()
    return planes


def _base(readers: Sequence[Reader], shape: tuple[int, int], setting: Setting) -> Plane:
    if not readers:
        return np.full(shape, 1 << (setting.bit_depth - 1), np.int32)
    kind = np.dtype("<u2" if setting.bit_depth > 8 else "u1")
    data = readers[0].raw(shape[0] * shape[1] * kind.itemsize)
    plane = np.frombuffer(data, kind).reshape(shape).astype(np.int32)
    if int(plane.max()) > setting.top:
        raise DamagedFile("a tile holds samples outside its bit depth")
    return plane


def _decode_pass(work: Pass, reader: Reader, setting: Setting, tables: Frozen) -> None:
    sets = len(tables.passes[work.key].weights)
    chosen = reader.weighting(sets, free_taps(work.number, work.before).size)  # 1
    expected = work.expect(chosen)  # 2
    table_map = reader.table_map(tables.maps[work.key])  # 4
    words, low = reader.words()
    residuals = from_words(words, low, expected, table_map, tables)  # 5
    work.become(restore(residuals, expected, setting))  # 3
