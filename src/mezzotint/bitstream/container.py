# SPDX-License-Identifier: Apache-2.0
"""A whole file, there and back: header, boxes, index, chunks, and nothing else (docs/format.md 2 to 5).

The bytes are written and read in the same order, step for step. No holes, no trailing bytes, and the index is
checked against the length of the file before any chunk is copied.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Callable
from itertools import islice

from mezzotint.bitstream import varint
from mezzotint.bitstream.boxes import MIN_SIZE, check_boxes, pack_box, unpack_box
from mezzotint.bitstream.header import Preamble, pack_preamble, unpack_preamble
from mezzotint.bitstream.limits import DEFAULT, Limits, hold
from mezzotint.bitstream.reader import Reader
from mezzotint.bitstream.records import Container, Header
from mezzotint.errors import DamagedFile, TruncatedFile

SHORT_ENTRY = struct.Struct("<BI")  # of the index: one byte of length, checksum
MIN_ENTRY_SIZE = SHORT_ENTRY.size
Between = Callable[[], object]


def _nothing() -> None:
    """What is done between two chunks where nobody waits."""


def write(container: Container, limits: Limits = DEFAULT) -> bytes:
    """The file's bytes. ValueError for a container that is none: its maker is wrong, not a person.

    LimitExceeded for boxes that are too many or too large; for what else a reader may refuse there is `check_limits`.
    """
    header, layers, count = container.header, container.layers, len(container.boxes)
    hold(limits, [("max_boxes", count, f"{count} boxes are more than {limits.max_boxes}")])
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


def read(
    data: bytes | bytearray | memoryview, limits: Limits = DEFAULT, between: Between = _nothing
) -> Container:
    """Read a whole file. Each way of being wrong has its class in errors.py; all checksums are verified.

    `between` is called before every chunk of some length: it may raise, as a deadline does.
    """
    preamble = unpack_preamble(data, limits)
    header = preamble.header
    reader = _body(data, preamble)
    if preamble.box_count * MIN_SIZE > reader.left:
        raise DamagedFile(f"{preamble.box_count} boxes do not fit into the file")
    boxes = tuple(unpack_box(reader, header, limits) for _ in range(preamble.box_count))
    check_boxes(header, boxes)
    chunks = iter(_chunks(reader, header, between))
    layers = tuple(tuple(islice(chunks, header.tile_count)) for _ in range(header.layer_count))
    return Container(header, boxes, layers)


def read_front(
    data: bytes | bytearray | memoryview, limits: Limits = DEFAULT, between: Between = _nothing
) -> Container:
    """Read a file that may have been cut behind its index: chunks that are not whole are listed as missing.

    TruncatedFile where the cut lies before the chunks; all that is there must be sound, as in `read`.
    """
    preamble = unpack_preamble(data, limits)
    if memoryview(data).nbytes >= preamble.total_length:
        return read(data, limits, between)
    header = preamble.header
    reader = Reader(data, past_end=TruncatedFile)
    reader.take(preamble.size, "the header")
    boxes = tuple(unpack_box(reader, header, limits) for _ in range(preamble.box_count))
    check_boxes(header, boxes)
    lengths, checksums = _index(reader, header, between)
    if reader.position + sum(lengths) != preamble.total_length:
        raise DamagedFile("the index does not add up to the length of the file")
    chunks, missing = [], []
    for place, (length, checksum) in enumerate(zip(lengths, checksums, strict=True)):
        between()
        # Behind the first chunk that is cut lie none, but for those that are empty.
        whole = length <= reader.left
        chunks.append(_chunk(reader, length, checksum, divmod(place, header.tile_count)) if whole else b"")
        if not whole:
            reader.take(reader.left, "a chunk")
            missing.append(divmod(place, header.tile_count))
    count = header.tile_count
    layers = tuple(tuple(chunks[start : start + count]) for start in range(0, len(chunks), count))
    return Container(header, boxes, layers, frozenset(missing))


def overhead(container: Container) -> int:
    """Bytes of the written file that are neither a chunk nor a box's payload."""
    chunks = sum(len(chunk) for layer in container.layers for chunk in layer)
    return len(write(container, Limits.none())) - chunks - sum(len(box.payload) for box in container.boxes)


def _body(data: bytes | bytearray | memoryview, preamble: Preamble) -> Reader:
    """A reader behind the header, once the file is known to have the length that it declares."""
    size = memoryview(data).nbytes
    if size < preamble.total_length:
        raise TruncatedFile(
            f"the file should have {preamble.total_length} bytes and has {size}",
            "copy or download it again, or see what there is with `mzt decode --partial` (partial=True)",
        )
    if size > preamble.total_length:
        raise DamagedFile(f"the file should have {preamble.total_length} bytes and has {size}")
    reader = Reader(data, past_end=DamagedFile)
    reader.take(preamble.size, "the header")
    return reader


def _chunks(reader: Reader, header: Header, between: Between) -> list[bytes]:
    """The index, then all chunks in its order (docs/format.md 4 and 5)."""
    count = header.layer_count * header.tile_count
    if count * MIN_ENTRY_SIZE > reader.left:
        raise DamagedFile(f"an index of {count} chunks does not fit into the file")
    lengths, checksums = _index(reader, header, between)
    declared = sum(lengths)
    if declared != reader.left:
        raise DamagedFile(f"the index declares {declared} bytes of chunks and the file has {reader.left}")
    chunks = [b""] * count
    for place, (length, checksum) in enumerate(zip(lengths, checksums, strict=True)):
        if length or checksum:
            between()
            chunks[place] = _chunk(reader, length, checksum, divmod(place, header.tile_count))
    return chunks


def _index(reader: Reader, header: Header, between: Between) -> tuple[array[int], array[int]]:
    """Lengths and checksums of all chunks; no more of them are held than there are bytes."""
    lengths, checksums = array("Q"), array("Q")  # a list of pairs would take 20 times the file's bytes
    count = header.layer_count * header.tile_count
    while len(lengths) < count:
        between()
        for length, checksum in reader.records(SHORT_ENTRY, count - len(lengths)):  # there may be a million
            if length > 127:
                break
            lengths.append(length)
            checksums.append(checksum)
            reader.position += SHORT_ENTRY.size
        if len(lengths) < count:
            lengths.append(reader.varint("the index"))
            checksums.append(reader.unsigned(4, "the index"))
    return lengths, checksums


def _chunk(reader: Reader, length: int, checksum: int, place: tuple[int, int]) -> bytes:
    chunk = bytes(reader.take(length, "a chunk"))
    if zlib.crc32(chunk) != checksum:
        raise DamagedFile(f"the checksum of layer {place[0]}, tile {place[1]} does not match")
    return chunk
