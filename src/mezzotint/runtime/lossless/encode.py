# SPDX-License-Identifier: Apache-2.0
"""Pixels of a tile -> its chunks (docs/format.md, lossless coding). `decode.py` is the mirror.

    base, as it is -> for each level, plane and pass:  1 weights -> 2 guess -> 3 residuals -> 4 tables -> 5 words

Trap: later passes must see what the decoder will see: with max_error > 0 that is the restored sample, not the true one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import UsageError
from mezzotint.runtime.lossless import choose, graphics
from mezzotint.runtime.lossless.chunks import GRAPHICS, LATTICE, Writer
from mezzotint.runtime.lossless.lattice import LAYERS, top_level
from mezzotint.runtime.lossless.residuals import Setting, quantise, restore, to_words
from mezzotint.runtime.lossless.tables import Frozen, frozen
from mezzotint.runtime.lossless.walk import Pass, layer_of, refine, split

MOST_ERROR = 4095
MOST_SIDE = 1 << 15

Pixels = NDArray[np.uint8 | np.uint16]


def encode_tile(planes: Pixels, bit_depth: int, max_error: int) -> list[bytes]:
    """LAYERS chunks of one tile, coarse to fine.

    planes: uint8 or uint16, (H, W) or (H, W, 3), sides 1..2^15, samples below 2^bit_depth. bit_depth 1..16.
    max_error 0..4095: the most that a decoded sample may differ; 0 is lossless. UsageError for anything else.
    """
    _check(planes, bit_depth, max_error)
    planes = planes.astype(np.uint8) if bit_depth <= 8 else planes.astype(np.uint16)
    setting = Setting(bit_depth, max_error)
    chunks = encode_lattice(planes, setting)
    packed = graphics.pack(planes, sum(map(len, chunks)) - 1)
    if packed is not None:
        return [bytes([GRAPHICS]) + packed] + [b""] * (LAYERS - 1)
    return chunks


def _check(planes: Pixels, bit_depth: int, max_error: int) -> None:
    if (
        planes.dtype not in (np.uint8, np.uint16)
        or planes.ndim not in (2, 3)
        or planes.shape[2:] not in ((), (3,))
    ):
        raise UsageError(
            f"a tile of {planes.dtype} shaped {planes.shape}", "give uint8 or uint16, (H, W) or (H, W, 3)"
        )
    if not 1 <= min(planes.shape[:2]) <= max(planes.shape[:2]) <= MOST_SIDE:
        raise UsageError(f"a tile shaped {planes.shape}", f"give sides of 1 to {MOST_SIDE}")
    if not 1 <= bit_depth <= 16 or not 0 <= max_error <= MOST_ERROR:
        raise UsageError(
            f"bit depth {bit_depth}, error {max_error}", f"give 1 to 16 bits and errors of 0 to {MOST_ERROR}"
        )
    if int(planes.max()) >> bit_depth:
        raise UsageError(
            f"a sample of {planes.max()} in a picture of {bit_depth} bits", "give its true bit depth"
        )


def encode_lattice(pixels: Pixels, setting: Setting) -> list[bytes]:
    """The chunks of a tile on the lattice, whatever `graphics` would give."""
    tables = frozen()
    height, width = pixels.shape[:2]
    top = top_level(height, width)
    true = split(pixels)
    base = [plane[:: 1 << top, :: 1 << top] for plane in true]
    writers = [Writer() for _ in range(LAYERS)]
    writers[0].byte(LATTICE)
    for plane in base:
        writers[0].raw(plane.astype("<u2" if setting.bit_depth > 8 else "u1").tobytes())
    planes = [plane.astype(np.int32) for plane in base]
    wrong = [np.zeros_like(plane) for plane in planes]
    for level in range(top - 1, -1, -1):
        writer = writers[layer_of(level)]
        for work in refine(planes, wrong, (height, width), level, setting, tables):
            target = true[work.key[1]][:: 1 << level, :: 1 << level]
            cells = target[work.phase[0] :: 2, work.phase[1] :: 2].astype(np.int32)
            _encode_pass(work, cells, writer, setting, tables)
    return [writer.content() for writer in writers]


def _encode_pass(
    work: Pass, cells: NDArray[np.int32], writer: Writer, setting: Setting, tables: Frozen
) -> None:
    chosen = choose.weights(work, cells, tables)  # 1
    writer.weighting(chosen)
    expected = work.expect(chosen)  # 2
    residuals = quantise(cells, expected, setting)  # 3
    usual = tables.maps[work.key]
    table_map = choose.table_map(residuals, expected, usual, tables)  # 4
    writer.table_map(table_map, usual)
    writer.words(*to_words(residuals, expected, table_map, tables))  # 5
    work.become(restore(residuals, expected, setting) if setting.max_error else cells.ravel())
