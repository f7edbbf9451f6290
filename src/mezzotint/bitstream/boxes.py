# SPDX-License-Identifier: Apache-2.0
"""Tagged pieces beside the picture: tag, length, checksum, payload (docs/format.md 3).

A box is never interpreted here. Known tags have limits and may come once; unknown ones are refused when
critical and handed on when not.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from mezzotint.bitstream import varint
from mezzotint.bitstream.limits import Limits, raised
from mezzotint.bitstream.reader import Reader
from mezzotint.bitstream.records import Alpha, Box, Header
from mezzotint.errors import DamagedFile, LimitExceeded, UnsupportedMode

# The known tags of docs/format.md 3.1.
ALPHA = b"ALPH"
ICC = b"iCCP"
EXIF = b"eXIF"
XMP = b"xMP "
MEBI = 2**20
KNOWN = {ICC: 4 * MEBI, EXIF: 16 * MEBI, XMP: 16 * MEBI}  # tag: most bytes; ALPH follows the picture
MIN_SIZE = 4 + 1 + 4  # tag, one byte of length, checksum


def box_limit(tag: bytes, header: Header, limits: Limits) -> int:
    """The most bytes that a box with this tag may hold beside this picture."""
    if tag == ALPHA:  # deflate and a filter byte a row add less than this to an incompressible plane
        return 2 * header.sample_bytes * header.width * header.height + 1024
    return min(KNOWN.get(tag, limits.max_box_bytes), limits.max_box_bytes)


def check_boxes(header: Header, boxes: Sequence[Box]) -> None:
    """The laws over all boxes of a file (docs/format.md 3.2)."""
    tags = [box.tag for box in boxes]
    for box in boxes:
        if not (
            box.tag[:1].isalpha() and len(box.tag) == 4 and all(0x20 <= byte <= 0x7E for byte in box.tag)
        ):
            raise DamagedFile(f"a box has the impossible tag {box.tag!r}")
        if box.critical and box.tag != ALPHA:
            raise UnsupportedMode(f"the file needs the box {name(box.tag)}, which this release does not know")
        if (box.tag == ALPHA or box.tag in KNOWN) and tags.count(box.tag) > 1:
            raise DamagedFile(f"the box {name(box.tag)} comes {tags.count(box.tag)} times")
    if (ALPHA in tags) != (header.alpha != Alpha.NONE):
        raise DamagedFile("the header and the boxes disagree about whether the picture has an alpha plane")


def name(tag: bytes) -> str:
    """A tag for messages: any bytes, quoted and on one line."""
    return ascii(tag.decode("latin-1"))


def pack_box(box: Box, header: Header, limits: Limits) -> bytes:
    """One box; LimitExceeded when no reader with these limits would take it."""
    most = box_limit(box.tag, header, limits)
    if len(box.payload) > most:
        raise LimitExceeded(
            f"the box {name(box.tag)} has {len(box.payload)} bytes, over {most}", "leave it out"
        )
    crc = zlib.crc32(box.payload, zlib.crc32(box.tag))
    return box.tag + varint.pack(len(box.payload)) + crc.to_bytes(4, "little") + box.payload


def unpack_box(reader: Reader, header: Header, limits: Limits) -> Box:
    """One box, its own checksum verified; `check_boxes` then looks at all of them."""
    tag = bytes(reader.take(4, "a box"))
    what = f"the box {name(tag)}"
    length = reader.varint(f"the length of {what}")
    crc = reader.unsigned(4, what)
    payload = reader.take(length, what)
    if crc != zlib.crc32(payload, zlib.crc32(tag)):  # before the limit: a flipped length is damage, not size
        raise DamagedFile(f"the checksum of {what} does not match")
    most = box_limit(tag, header, limits)
    if length > most:
        ours = tag != ALPHA and length <= KNOWN.get(tag, length)  # else it is the format's
        remedy = raised({"max_box_bytes": length}) if ours else "leave the box out: the format allows no more"
        raise LimitExceeded(f"{what} has {length} bytes, over {most}", remedy)
    return Box(tag, bytes(payload))
