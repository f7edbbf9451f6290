# SPDX-License-Identifier: Apache-2.0
"""Row 4: damage with every checksum made right again, which only the decoder proper can meet.

Bits of a chunk, of a box's payload or of the header are turned over, a chunk is cut, filled or exchanged for noise; the
file is then decoded whole, a region of it, smaller, or cut off with partial=True. A picture or a documented error,
no hang. The second half has the coder's own check switched off, that its words end where its symbols do, which refuses
most of the first half: so the rest of the decoder meets symbols of any kind.

Trap: a header bit may ask for a picture of a gigabyte, so the reader is told to take small ones alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any
from unittest.mock import patch

import numpy as np

import mezzotint
from attacks.bits import flipped, one, some_bits
from attacks.files import Sample, small
from attacks.trial import Case, Outcome, nothing, run
from mezzotint.bitstream import Container, Limits, read, unpack_preamble, write
from mezzotint.entropy import ans
from mezzotint.errors import MezzotintError

WHOLE = 2 * 20_000
LIMITS = Limits(max_pixels=2**16)
WAYS = ("whole", "region", "scale", "region and scale", "partial")


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    return run(chain(cases(count - count // 2, seed), unchecked(count // 2, seed + 1)), tick)


def unchecked(count: int, seed: int) -> Iterator[Case]:
    """Cases of which each has to be decoded before the next is asked for."""
    with patch.object(ans.Stack, "at_start", return_value=True):
        yield from cases(count, seed)


def cases(count: int, seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    for number in range(count):
        sample = one(small(), rng)
        kind = one((_chunk_bits, _chunk_bits, _chunk_bits, _chunk_changed, _box_bits, _header_bits), rng)
        data = kind(sample, rng)
        way = WAYS[number % len(WAYS)]
        if way == "partial":
            data = data[: int(rng.integers(unpack_preamble(sample.data).size, len(data) + 1))]
        what = f"{sample.name},{kind.__name__.replace('_', ' ')}, {way}"
        options = {"limits": LIMITS, **_options(data, way, rng)}
        yield Case(what, data, sample.model, (MezzotintError,), accepted=True, options=options)


def _options(data: bytes, way: str, rng: np.random.Generator) -> dict[str, Any]:
    options: dict[str, Any] = {"partial": True} if way == "partial" else {}
    if "scale" in way:
        options["scale"] = one((1 / 2, 1 / 4, 1 / 8), rng)
    if "region" in way:
        try:
            header = mezzotint.read_header(data)
        except MezzotintError:  # the header is what was damaged: any region will do
            return options | {"region": (0, 0, 1, 1)}
        x, y = int(rng.integers(header.width)), int(rng.integers(header.height))
        width, height = rng.integers(1, (header.width - x + 1, header.height - y + 1))
        options["region"] = (x, y, int(width), int(height))
    return options


def _chunk_bits(sample: Sample, rng: np.random.Generator) -> bytes:
    def change(chunk: bytes) -> bytes:
        return flipped(chunk, some_bits(rng, 0, len(chunk)))

    return _with_chunk(sample, rng, change)


def _chunk_changed(sample: Sample, rng: np.random.Generator) -> bytes:
    """Whole words taken away, added or exchanged: a length that is no multiple of 4 would be the easy case."""

    def change(chunk: bytes) -> bytes:
        words = 4 * int(rng.integers(0, len(chunk) // 4 + 1))
        noise = rng.integers(0, 256, int(rng.integers(1, 64)) * 4, np.uint8).tobytes()
        changes = (
            chunk[:words],
            chunk[words:],
            chunk + noise,
            noise,
            bytes(len(noise)),
            b"\xff" * len(chunk),
        )
        return one((*changes, chunk[:-1]), rng)

    return _with_chunk(sample, rng, change)


def _with_chunk(sample: Sample, rng: np.random.Generator, change: Callable[[bytes], bytes]) -> bytes:
    """The file with one chunk that is not empty changed; `write` makes index and header anew."""
    container = read(sample.data)
    full = [(i, t) for i, layer in enumerate(container.layers) for t, chunk in enumerate(layer) if chunk]
    place = one(full, rng)
    layers = tuple(
        tuple(change(chunk) if (i, t) == place else chunk for t, chunk in enumerate(layer))
        for i, layer in enumerate(container.layers)
    )
    return write(replace(container, layers=layers))


def _box_bits(sample: Sample, rng: np.random.Generator) -> bytes:
    container: Container = read(sample.data)
    if not container.boxes:
        return _chunk_bits(sample, rng)
    hit = one(container.boxes, rng)
    payload = flipped(hit.payload, some_bits(rng, 0, len(hit.payload)))
    boxes = tuple(replace(box, payload=payload) if box is hit else box for box in container.boxes)
    return write(replace(container, boxes=boxes))


def _header_bits(sample: Sample, rng: np.random.Generator) -> bytes:
    """Any bit behind magic and version, and a checksum that agrees; varints may have another length then."""
    size = unpack_preamble(sample.data).size
    head = flipped(sample.data[: size - 4], some_bits(rng, 5, size - 4, 3))
    return head + zlib.crc32(head).to_bytes(4, "little") + sample.data[size:]
