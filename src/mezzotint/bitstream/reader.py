# SPDX-License-Identifier: Apache-2.0
"""A cursor over bytes that cannot leave them.

Every length is compared with what is left before a byte is touched, so a declared 4 GB costs nothing.
Trap: what running out of bytes *means* depends on where one is. In front of the verified total length it is a
truncated file, behind it a damaged one; the caller says which.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from mezzotint.bitstream import varint
from mezzotint.errors import DamagedFile, MezzotintError, UsageError


class Reader:
    """Takes little-endian fields from the front; `what` names the field in messages."""

    def __init__(self, data: bytes | bytearray | memoryview, past_end: type[MezzotintError]) -> None:
        try:
            self._data = memoryview(data).cast("B")
        except TypeError:
            raise UsageError(
                f"a {type(data).__name__} is not the bytes of a file",
                "give what open(path, 'rb').read() gives",
            ) from None
        self._past_end = past_end
        self.position = 0

    @property
    def left(self) -> int:
        return len(self._data) - self.position

    def take(self, count: int, what: str) -> memoryview:
        """The next `count` bytes, not copied."""
        if count > self.left:
            raise self._past_end(f"{what} needs {count} bytes where the file has only {self.left}")
        start, self.position = self.position, self.position + count
        return self._data[start : self.position]

    def records(self, shape: struct.Struct, most: int) -> Iterator[tuple[Any, ...]]:
        """Up to `most` records as far as there are whole ones; the position stays, for the caller to move."""
        size = min(most, self.left // shape.size) * shape.size
        return shape.iter_unpack(self._data[self.position : self.position + size])

    def unsigned(self, count: int, what: str) -> int:
        """A fixed-size unsigned integer of `count` bytes."""
        return int.from_bytes(self.take(count, what), "little")

    def varint(self, what: str) -> int:
        """A varint; five bytes at most, and no spelling but the shortest."""
        value = 0
        for place in range(varint.MAX_SIZE):
            byte = self.unsigned(1, what)
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                if byte == 0 and place:
                    raise DamagedFile(f"{what} is not written in the shortest way")
                return value
        raise DamagedFile(f"{what} is longer than {varint.MAX_SIZE} bytes")
