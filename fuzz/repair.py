# SPDX-License-Identifier: Apache-2.0
"""Files taken apart without believing them, changed in one part, and put together with every checksum right.

    file -> fixed fields, width, height, boxes, chunks -> one of them changed -> file

Without this a fuzzer would only ever find out that checksums work. One change in seven is left unrepaired, so that
wrong lengths and checksums are tried as well. Trap: `split` must take anything, and `join` must keep what laws forbid;
neither shares a line with the reader.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from random import Random

from harness import Mutate

MAGIC = b"\x8dMZ\n"
FIXED = 22  # bytes up to the model id, all of one size
MODEL = slice(14, 22)
KINDS, SHAPE, DEPTH, QUALITY, LAYERS = 5, 6, 7, slice(11, 13), 13  # places of single fields
MOST = 256  # boxes, and chunks, that are taken apart or filled up
TAGS = (b"ALPH", b"iCCP", b"eXIF", b"xMP ", b"abcd", b"NEWS")
SIDES = (1, 2, 3, 15, 16, 17, 63, 64, 65, 127, 128, 129, 192, 255, 256, 257, 2**24 - 1, 2**32, 2**35 - 1)


@dataclass
class Parts:
    fixed: bytearray  # (FIXED,)
    width: int
    height: int
    boxes: list[tuple[bytes, bytes]]  # tag, payload
    chunks: list[bytes]

    @property
    def count(self) -> int:
        """The chunks that the header asks for."""
        log = self.fixed[SHAPE] >> 4
        return self.fixed[LAYERS] * -(-self.width >> log) * -(-self.height >> log)

    def fit(self) -> None:
        """As many chunks as the header asks for, within reason."""
        wanted = min(self.count, MOST)
        self.chunks = (self.chunks + [b""] * wanted)[:wanted]


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


class Cursor:
    """Takes bytes from the front: fewer, or zeros, where they end."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def take(self, count: int) -> bytes:
        self.at += count
        return self._data[self.at - count : self.at]

    def rest(self) -> bytes:
        return self.take(self.left)

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def varint(self) -> int:
        value = 0
        for place in range(5):
            byte = (self.take(1) or b"\0")[0]
            value |= (byte & 127) << 7 * place
            if byte < 128:
                break
        return value

    def chunks(self) -> list[bytes]:
        """All that is left, as chunks behind their lengths; the last one may be shorter than its length."""
        found: list[bytes] = []
        while self.left and len(found) < MOST:
            found.append(self.take(min(self.varint(), self.left)))
        return found

    @property
    def left(self) -> int:
        return max(0, len(self._data) - self.at)


def split(data: bytes) -> Parts | None:
    """The parts that are there; None where not even the fixed fields are."""
    if len(data) < FIXED:
        return None
    cursor = Cursor(data)
    parts = Parts(bytearray(cursor.take(FIXED)), cursor.varint(), cursor.varint(), [], [])
    cursor.varint()  # the total length is found anew
    boxes = cursor.varint()
    cursor.take(4)
    for _ in range(min(boxes, MOST)):
        if not cursor.left:
            break
        tag, length, _ = cursor.take(4), cursor.varint(), cursor.take(4)
        parts.boxes.append((tag.ljust(4, b"?"), cursor.take(min(length, cursor.left))))
    lengths = []
    for _ in range(min(parts.count, MOST)):
        if not cursor.left:
            break
        lengths.append(cursor.varint())
        cursor.take(4)
    parts.chunks = [cursor.take(min(length, cursor.left)) for length in lengths]
    return parts


def join(parts: Parts) -> bytes:
    """A file whose lengths and checksums are right, whatever its fields say."""
    boxes = b"".join(
        tag + varint(len(payload)) + _crc(tag + payload) + payload for tag, payload in parts.boxes
    )
    index = b"".join(varint(len(chunk)) + _crc(chunk) for chunk in parts.chunks)
    return (
        head(parts, len(boxes) + len(index) + sum(map(len, parts.chunks)))
        + boxes
        + index
        + b"".join(parts.chunks)
    )


def head(parts: Parts, body: int) -> bytes:
    """The header in front of so many bytes."""
    front = bytes(parts.fixed) + varint(parts.width) + varint(parts.height)
    back = varint(len(parts.boxes))
    known = len(front) + len(back) + 4 + body
    total = next(known + size for size in range(1, 6) if len(varint(known + size)) == size)
    out = front + varint(total) + back
    return out + _crc(out)


def _crc(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "little")


# -- changes ----------------------------------------------------------------------------------------------


def changed(data: bytes, most: int, rng: Random, mutate: Mutate) -> bytes:
    """The input of the next try."""
    way = rng.randrange(14)
    parts = split(data)
    if parts is None or way < 2:
        return mutate(data, most)
    room = max(16, most - len(data))
    if way < 4:  # all of it at once, then repaired
        return join(split(mutate(data, most)) or parts)
    if way < 9 and parts.chunks:
        chunk_changed(parts.chunks, rng, mutate, room)
    elif way < 12:
        box_changed(parts, rng, mutate, room)
    else:
        header_changed(parts, rng)
    return join(parts)


def chunk_changed(chunks: list[bytes], rng: Random, mutate: Mutate, room: int) -> None:
    full = [place for place, chunk in enumerate(chunks) if chunk] or list(range(len(chunks)))
    place = rng.choice(full)
    chunk = chunks[place]
    way = rng.randrange(10)
    if way < 2 and inflated(chunk[2:]) is not None and chunk[:1] == b"\1":  # graphics: behind its kind
        chunks[place] = chunk[:2] + deflated_anew(chunk[2:], rng, mutate, room)
    elif way < 7:
        chunks[place] = mutate(chunk, len(chunk) + room)
    elif way == 7:
        other = rng.randrange(len(chunks))
        chunks[place], chunks[other] = chunks[other], chunk
    elif way == 8:
        chunks[place] = chunk[: 4 * rng.randrange(len(chunk) // 4 + 1)]
    else:
        chunks[place] = chunk + rng.randbytes(4 * rng.randrange(1, 4))


def box_changed(parts: Parts, rng: Random, mutate: Mutate, room: int) -> None:
    way = rng.randrange(8)
    if not parts.boxes or way == 0:
        tag = rng.choice(TAGS)
        parts.boxes.append((tag, rng.randbytes(rng.randrange(24))))
        if tag == b"ALPH":
            parts.fixed[KINDS] |= 16
        return
    place = rng.randrange(len(parts.boxes))
    tag, payload = parts.boxes[place]
    if way == 1:
        parts.boxes[place] = (rng.choice(TAGS), payload)
    elif way == 2:
        del parts.boxes[place]
        if tag == b"ALPH":
            parts.fixed[KINDS] &= 15
    elif way == 3:
        rng.shuffle(parts.boxes)
    elif way < 6 and tag == b"ALPH" and inflated(payload[1:]) is not None:
        parts.boxes[place] = (tag, payload[:1] + deflated_anew(payload[1:], rng, mutate, room))
    else:
        parts.boxes[place] = (tag, mutate(payload, len(payload) + room))


def header_changed(parts: Parts, rng: Random) -> None:
    way = rng.randrange(6)
    if way == 0:
        parts.width = rng.choice((*SIDES, parts.width + 1, max(1, parts.width - 1)))
    elif way == 1:
        parts.height = rng.choice((*SIDES, parts.height + 1, max(1, parts.height - 1)))
    elif way == 2:
        parts.fixed[QUALITY] = rng.choice(
            (0, 1, 2, 127, 128, 2047, 4094, 4095, 4096, rng.randrange(4096))
        ).to_bytes(2, "little")
    elif way == 3:
        parts.fixed[SHAPE] = rng.choice((1, 3)) | rng.choice((6, 6, 7, 8, 10, 15)) << 4
    elif way == 4:
        parts.fixed[DEPTH] = rng.choice((1, 2, 7, 8, 9, 10, 12, 15, 16))
    else:
        parts.fixed[rng.randrange(4, MODEL.start)] ^= 1 << rng.randrange(8)
    parts.fit()


def inflated(data: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(data, 1 << 18)
    except zlib.error:
        return None


def deflated_anew(data: bytes, rng: Random, mutate: Mutate, room: int) -> bytes:
    content = inflated(data) or b""
    size = len(content)
    content = mutate(content, size + room)
    if rng.randrange(4):  # of the old size, which is what the shape allows
        content = content[:size].ljust(size, b"\0")
    return zlib.compress(content, rng.choice((0, 1, 9)))
