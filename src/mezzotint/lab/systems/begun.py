# SPDX-License-Identifier: Apache-2.0
"""What came of a stream (stream.py) that ends too early: its head and the chunks that are whole.

For systems whose chunks are worth having without those behind them. The trap: the checksum stands at the end, so of a
stream that is cut nothing is verified but what its chunks' coders notice.
"""

from __future__ import annotations

import math

from mezzotint.bitstream.reader import Reader
from mezzotint.errors import (
    DamagedFile,
    LimitExceeded,
    NotMezzotint,
    TruncatedFile,
    UnknownModel,
    UnsupportedVersion,
)
from mezzotint.lab.systems import stream
from mezzotint.lab.systems.stream import Stream

CHECKSUM = 4  # bytes


def begun(data: bytes, system: str, weights: bytes) -> tuple[Stream, int]:
    """A stream with the chunks that are whole, none perhaps, and how many its head promises.

    TruncatedFile where it ends inside its head; for one that does not end too early, errors as `stream.read`.
    """
    if data[: len(stream.MAGIC)] != stream.MAGIC[: len(data)]:
        raise NotMezzotint("these bytes are no stream of the lab", "give what a system's compress returned")
    reader = Reader(data, TruncatedFile)
    reader.take(len(stream.MAGIC), "the magic")
    if reader.unsigned(1, "the version") != stream.VERSION:
        raise UnsupportedVersion("a stream of another version of the lab")
    name = bytes(reader.take(reader.unsigned(1, "a length"), "the system")).decode("ascii", "replace")
    found = bytes(reader.take(stream.IDENTITY, "the weights"))
    if (name, found) != (system, weights):
        raise UnknownModel(f"a stream of '{name}' with weights {found.hex()}", "decode it with what coded it")
    quality = reader.unsigned(2, "the quality")
    shape = tuple(reader.varint("an axis") for _ in range(reader.unsigned(1, "the number of axes")))
    count = reader.varint("the number of chunks")
    if count > stream.MAX_CHUNKS or not 0 < len(shape) <= stream.MAX_AXES or 0 in shape:
        raise DamagedFile("the head of a stream that ends too early is damaged")
    if math.prod(shape) > stream.MAX_ELEMENTS or max(shape) > stream.MAX_AXIS:
        raise LimitExceeded(f"a stream of media shaped {shape}", "give fewer than 2^28 numbers")
    lengths = [reader.varint("a length") for _ in range(count)]
    if reader.left >= sum(lengths) + CHECKSUM:
        return stream.read(data, system, weights), count
    chunks = []
    for length in lengths:
        if length > reader.left:
            break
        chunks.append(bytes(reader.take(length, "a chunk")))
    return Stream(name, found, quality, shape, tuple(chunks)), count
