# SPDX-License-Identifier: Apache-2.0
"""Sound tiles without a network that our encoder would not write: what docs/format.md leaves to an encoder, at random.

Those on the lattice are drawn by tests/second/forge.py; it is imported as its folder's tests do it.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import replace
from functools import cache
from typing import Any

import exact
import forge

from mezzotint.bitstream import Container, Header, Mode
from mezzotint.runtime import lossless


@cache
def forged(seed: int, width: int, height: int, channels: int, depth: int, most: int) -> Container:
    """A tile in which all that an encoder may choose was drawn at random."""
    tables = exact.read_tables(lossless.tables.FILE)
    file, _ = forge.forge_tile(seed, (height, width), channels, depth, most, tables)
    mode = Mode.NEAR_LOSSLESS if most else Mode.LOSSLESS
    return one_tile(
        width, height, channels, depth, *(chunk for (chunk,) in file.chunks), mode=mode, quality=most
    )


def filtered(kind: int, depth: int) -> Container:
    """Graphics of random bytes under every filter: colour samples, or indices into a palette of 256."""
    rng, (width, height), size = random.Random(kind + depth), (9, 8), 1 + (depth > 8)
    across = width if kind else 3 * size * width
    rows = b"".join(bytes([y % 4]) + rng.randbytes(across) for y in range(height))
    palette = b"\xff" + rng.randbytes(256 * 3 * size) if kind else b""
    chunk = bytes([1, kind]) + palette + zlib.compress(rows)
    return one_tile(width, height, 3, depth, chunk, b"", b"", b"", b"")


def one_tile(width: int, height: int, channels: int, depth: int, *chunks: bytes, **changes: Any) -> Container:
    header = Header(
        width=width,
        height=height,
        channels=channels,
        quality=0,
        model_id=lossless.TABLES_ID,
        layer_count=len(chunks),
        mode=Mode.LOSSLESS,
        bit_depth=depth,
        tile_log2=15,
    )
    return Container(replace(header, **changes), (), tuple((chunk,) for chunk in chunks))
