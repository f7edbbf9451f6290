# SPDX-License-Identifier: Apache-2.0
"""The header of a file, with and without a right checksum.

Laws: MezzotintError alone comes out. An accepted header has laws that hold, fits into MAX_PREAMBLE_SIZE, and gives the
same bytes when written again; any prefix of it is called truncated; bytes behind it change nothing.
"""

from __future__ import annotations

import sys
import zlib
from random import Random

from harness import Mutate, Target, instrumented, main, need
from repair import FIXED, header_changed, split, varint

with instrumented():
    from mezzotint.bitstream import MAX_PREAMBLE_SIZE, Limits, read_header, unpack_preamble
    from mezzotint.bitstream.header import broken_law, pack_preamble
    from mezzotint.errors import MezzotintError, TruncatedFile

WIDE = Limits(max_pixels=2**70, max_side=2**35, max_boxes=2**35, max_chunks=2**70)


def run(data: bytes) -> str:
    try:
        found = unpack_preamble(data, WIDE)
    except MezzotintError as error:
        need("\n" not in str(error), "the error has several lines")
        return type(error).__name__
    header, size = found.header, found.size
    need(size <= min(len(data), MAX_PREAMBLE_SIZE), "a header beyond its bytes, or its largest size")
    need(broken_law(header) is None, "a broken law was accepted")
    need(read_header(memoryview(data)[:MAX_PREAMBLE_SIZE], WIDE) == header, "bytes behind the header count")
    try:
        unpack_preamble(data[: zlib.crc32(data) % size], WIDE)
        need(False, "a prefix was accepted")
    except MezzotintError as error:
        need(
            isinstance(error, TruncatedFile) or str(error).startswith("the file is empty"),
            f"a prefix: {error!r}",
        )
    if found.total_length >= size:
        _same_again(data[:size], found.total_length)
    try:
        unpack_preamble(data)
    except MezzotintError as error:
        return f"{type(error).__name__} with the usual limits"
    return "accepted"


def _same_again(data: bytes, total: int) -> None:
    """Where two spellings of the total length are true, the shorter one is written (docs/format.md 2)."""
    found = unpack_preamble(data, WIDE)
    again = pack_preamble(found.header, found.box_count, total - len(data))
    shorter = len(again) == len(data) - 1 and len(varint(total)) > len(varint(total - 1))
    need(again == data or shorter, "another header when written again")


def mutate(data: bytes, most: int, rng: Random, native: Mutate) -> bytes:
    way = rng.randrange(4)
    parts = split(data)
    if way == 0 or parts is None:
        return native(data, most)
    if way == 1:
        header_changed(parts, rng)
        data = bytes(parts.fixed) + varint(parts.width) + varint(parts.height) + data[-6:]
    else:
        data = native(data, most)
    end = FIXED  # four varints, and a checksum that agrees
    for _ in range(4):
        while end < len(data) and data[end] > 127:
            end += 1
        end += 1
    return data[:end] + zlib.crc32(data[:end]).to_bytes(4, "little") + data[end + 4 :]


TARGET = Target("header", run, mutate, longest=64, seconds=0.5)

if __name__ == "__main__":
    sys.exit(main(TARGET))
