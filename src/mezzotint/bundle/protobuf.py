# SPDX-License-Identifier: Apache-2.0
"""The fields of a protobuf message, read without its schema and without trusting a length.

The trap: readers of protobuf differ in what they forgive. A key beyond 32 bits, a group, a number where bytes should
be: whatever another reader might take for something else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types; 3 and 4 (groups) are refused
_FIXED = {_FIXED32: 4, _FIXED64: 8}
_LONGEST = 1 << 16  # bytes of a packed list of integers; weights are no such list

Value = int | memoryview | bytes  # a varint; the bytes of a field; a number of fixed length


class Refused(Exception):
    """Carries the reason up to whoever knows the name of the file."""


class Fields:
    """The fields of a message and of those inside it, `most` in all, so that tiny ones without end take no time."""

    def __init__(self, most: int) -> None:
        self._left = most

    def __call__(self, message: memoryview) -> Iterator[tuple[int, Value]]:
        """(field number, value) in file order."""
        position, end = 0, len(message)
        while position < end:
            self._left -= 1
            if self._left < 0:
                raise Refused("it has too many parts")
            key, position = _varint(message, position)
            number, wire = key >> 3, key & 7
            if key >> 32 or not number:
                raise Refused("it is not valid protobuf")
            if wire == _VARINT:
                value, position = _varint(message, position)
                yield number, value
                continue
            if wire == _BYTES:
                length, position = _varint(message, position)
            elif wire in _FIXED:
                length = _FIXED[wire]
            else:
                raise Refused("it is not valid protobuf")
            if length > end - position:
                raise Refused("a length in it points outside")
            part = message[position : position + length]
            yield number, part if wire == _BYTES else bytes(part)
            position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """The number at a position, and the position behind it."""
    if position < len(message) and message[position] < 0x80:  # most are short
        return message[position], position + 1
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise Refused("it is cut off")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise Refused("it is not valid protobuf")


def content(value: Value) -> memoryview:
    """The bytes of a field that must have some."""
    if not isinstance(value, memoryview):
        raise Refused("it is not valid protobuf")
    return value


def number(value: Value) -> int:
    """A varint, unsigned."""
    if not isinstance(value, int):
        raise Refused("it is not valid protobuf")
    return value


def numbers(value: Value) -> Iterator[int]:
    """The integers, with their sign, of a field that repeats: one, or many packed into one."""
    if isinstance(value, int):
        yield _signed(value)
        return
    packed, position = content(value), 0
    if len(packed) > _LONGEST:
        raise Refused("a list of numbers in it is too long")
    while position < len(packed):
        unsigned, position = _varint(packed, position)
        yield _signed(unsigned)


def text(value: Value) -> str:
    try:
        return bytes(content(value)).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("a name in it is not text") from None


def _signed(value: int) -> int:
    value &= (1 << 64) - 1  # as other readers do
    return value - (1 << 64) if value >> 63 else value
