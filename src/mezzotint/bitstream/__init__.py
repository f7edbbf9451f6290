# SPDX-License-Identifier: Apache-2.0
"""Bytes <-> records: the container of a .mzt file, as docs/format.md sections 1 to 5 define it.

Takes: the bytes of a file, or a `Container`.
Gives: a `Container` (header, boxes, one chunk a layer and tile), or the bytes. Chunks are opaque here.
May import: errors, and nothing outside the standard library.
"""

from mezzotint.bitstream.boxes import ALPHA, EXIF, ICC, XMP, box_limit
from mezzotint.bitstream.container import overhead, read, read_front, write
from mezzotint.bitstream.header import (
    MAGIC,
    MAX_PREAMBLE_SIZE,
    MAX_QUALITY,
    VERSION,
    Preamble,
    read_header,
    read_length,
    unpack_preamble,
)
from mezzotint.bitstream.limits import Limits
from mezzotint.bitstream.records import Alpha, Box, Colour, Container, Header, Mode

__all__ = [
    "ALPHA",
    "EXIF",
    "ICC",
    "MAGIC",
    "MAX_PREAMBLE_SIZE",
    "MAX_QUALITY",
    "VERSION",
    "XMP",
    "Alpha",
    "Box",
    "Colour",
    "Container",
    "Header",
    "Limits",
    "Mode",
    "Preamble",
    "box_limit",
    "overhead",
    "read",
    "read_front",
    "read_header",
    "read_length",
    "unpack_preamble",
    "write",
]
