# SPDX-License-Identifier: Apache-2.0
"""A whole file, there and back: header, boxes, index, chunks, and nothing else (docs/format.md 2 to 5).

The bytes are written and read in the same order, step for step. No holes, no trailing bytes, and the index is
checked against the length of the file before any chunk is copied.
"""

from __future__ import annotations

import zlib
from array import array
from itertools import islice

from mezzotint.bitstream import varint
from mezzotint.bitstream.boxes import MIN_SIZE, check_boxes, pack_box, unpack_box
from mezzotint.bitstream.header import Preamble, pack_preamble, unpack_preamble
from mezzotint.bitstream.limits import DEFAULT, Limits
from mezzotint.bitstream.reader import Reader
from mezzotint.bitstream.records import Container, Header
from mezzotint.errors import DamagedFile, TruncatedFile

MIN_ENTRY_SIZE = 1 + 4  # of the index: one byte of length, checksum


def write(container: Container, limits: Limits = DEFAULT) -> bytes:
    """The file's bytes. ValueError for a container that is none: its maker is wrong, not a person."""
    header, layers = container.header, container.layers
    if [len(layer) for layer in layers] != [header.tile_count] * header.layer_count:
        raise ValueError(f"{header.layer_count} layers of {header.tile_count} chunks each are needed")
    try:
        check_boxes(header, container.boxes)
    except DamagedFile as error:
        raise ValueError(error.what) from None
    chunks = [chunk for layer in layers for chunk in layer]
    boxes = b"".join(pack_box(box, header, limits) for box in container.boxes)
    index = b"".join(varint.pack(len(chunk)) + zlib.crc32(chunk).to_bytes(4, "little") for chunk in chunks)
    body_size = len(boxes) + len(index) + sum(map(len, chunks))
    return b"".join([pack_preamble(header, len(container.boxes), body_size), boxes, index, *chunks])


def read(data: bytes | bytearray | memoryview, limits: Limits = DEFAULT) -> Container:
    """Read a whole file. Each way of being wrong has its class in errors.py; all checksums are verified."""
    preamble = unpack_preamble(data, limits)
    header = preamble.header
    reader = _body(data, preamble)
    if preamble.box_count * MIN_SIZE > reader.left:
        raise DamagedFile(f"{preamble.box_count} boxes do not fit into the file")
    boxes = tuple(unpack_box(reader, header, limits) for _ in range(preamble.box_count))
    check_boxes(header, boxes)
    chunks = iter(_chunks(reader, header))
    layers = tuple(tuple(islice(chunks, header.tile_count)) for _ in range(header.layer_count))
    return Container(header, boxes, layers)


def overhead(container: Container) -> int:
    """Bytes of the written file that are neither a chunk nor a box's payload."""
    chunks = sum(len(chunk) for layer in container.layers for chunk in layer)
    return len(write(container)) - chunks - sum(len(box.payload) for box in container.boxes)


def _body(data: bytes | bytearray | memoryview, preamble: Preamble) -> Reader:
    """A reader behind the header, once the file is known to have the length that it declares."""
    size = memoryview(data).nbytes
    if size < preamble.total_length:
        raise TruncatedFile(f"the file should have {preamble.total_length} bytes and has {size}")
    if size > preamble.total_length:
        raise DamagedFile(f"the file should have {preamble.total_length} bytes and has {size}")
    reader = Reader(data, past_end=DamagedFile)
    reader.take(preamble.size, "the header")
    return reader


def _chunks(reader: Reader, header: Header) -> list[bytes]:
    """The index, then all chunks in its order (docs/format.md 4 and 5)."""
    count = header.layer_count * header.tile_count
    if count * MIN_ENTRY_SIZE > reader.left:
        raise DamagedFile(f"an index of {count} chunks does not fit into the file")
    lengths, checksums = array("Q"), array("Q")  # a list of pairs would take 20 times the file's bytes
    for _ in range(count):
        lengths.append(reader.varint("the index"))
        checksums.append(reader.unsigned(4, "the index"))
    declared = sum(lengths)
    if declared != reader.left:
        raise DamagedFile(f"the index declares {declared} bytes of chunks and the file has {reader.left}")
    chunks = []
    for place in range(count):
        chunk = bytes(reader.take(lengths[place], "a chunk"))
        if zlib.crc32(chunk) != checksums[place]:
            layer, tile = divmod(place, header.tile_count)
            raise DamagedFile(f"the checksum of layer {layer}, tile {tile} does not match")
        chunks.append(chunk)
    return chunks
