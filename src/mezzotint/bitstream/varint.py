# SPDX-License-Identifier: Apache-2.0
"""Unsigned LEB128 in its one shortest spelling, at most five bytes (docs/format.md 1).

Reading is in reader.py, because it needs the bounds.
"""

from __future__ import annotations

MAX_SIZE = 5  # bytes
LIMIT = 1 << 7 * MAX_SIZE  # 2^35: the first value that has no spelling


def pack(value: int) -> bytes:
    """Seven bits a byte, lowest first; the high bit says that another byte follows."""
    if not 0 <= value < LIMIT:
        raise ValueError(f"{value} does not fit a varint")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def size(value: int) -> int:
    """The number of bytes that `pack` would give."""
    return len(pack(value))
