# SPDX-License-Identifier: Apache-2.0
"""What came of a stream (stream.py) that ends too early: its head and the chunks that are whole.

For systems whose chunks are worth having without those behind them. The trap: the checksum stands at the end, so of a
stream that is cut nothing is verified but what its chunks' coders notice.
"""

from __future__ import annotations

from dataclasses import replace

from mezzotint.bitstream.reader import Reader
from mezzotint.errors import TruncatedFile
from mezzotint.lab.systems import stream
from mezzotint.lab.systems.stream import Stream


def begun(data: bytes, system: str, weights: bytes) -> tuple[Stream, int]:
    """A stream with the chunks that are whole, none perhaps, and how many its head promises.

    TruncatedFile where it ends inside its head; for one that does not end too early, errors as `stream.read`.
    """
    if len(data) <= len(stream.MAGIC) and stream.MAGIC.startswith(data):
        raise TruncatedFile("a stream ends inside its magic")
    stream.check_magic(data)
    reader = Reader(data, TruncatedFile)
    head, lengths = stream.read_head(reader, system, weights)
    if reader.left >= sum(lengths) + stream.CHECKSUM:
        return stream.read(data, system, weights), len(lengths)
    chunks = []
    for length in lengths:
        if length > reader.left:
            break
        chunks.append(bytes(reader.take(length, "a chunk")))
    return replace(head, chunks=tuple(chunks)), len(lengths)
