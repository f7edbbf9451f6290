# SPDX-License-Identifier: Apache-2.0
"""Protobuf as it lies in a graph: fields taken apart and written again, so that one deep inside can be changed.

Of the schema of ONNX only what lies in what is told, by field numbers of onnx.proto. All else is left as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Value = int | bytes


@dataclass(frozen=True)
class Kind:
    """A kind of message, and which of its fields are messages again."""

    name: str
    inside: dict[int, Kind] = field(default_factory=dict)


DIM = Kind("dim")
SHAPE = Kind("shape", {1: DIM})
TENSOR_TYPE = Kind("tensor type", {2: SHAPE})
PORT = Kind("port", {2: Kind("type", {1: TENSOR_TYPE})})
TENSOR = Kind("tensor")
ATTRIBUTE = Kind("attribute", {5: TENSOR})
NODE = Kind("node", {5: ATTRIBUTE})
GRAPH = Kind("graph", {1: NODE, 5: TENSOR, 11: PORT, 12: PORT, 13: PORT})
MODEL = Kind("model", {7: GRAPH, 8: Kind("opset")})


@dataclass(frozen=True)
class Field:
    number: int
    wire: int
    value: Value


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def join(fields: list[Field]) -> bytes:
    out = bytearray()
    for one in fields:
        out += varint(one.number << 3 | one.wire)
        if isinstance(one.value, int):
            out += varint(one.value)
        else:
            out += (varint(len(one.value)) if one.wire == BYTES else b"") + one.value
    return bytes(out)


def split(message: bytes) -> list[Field]:
    """The fields of a sound message."""
    fields, place = [], 0
    while place < len(message):
        key, place = _varint(message, place)
        value: Value
        if key & 7 == VARINT:
            value, place = _varint(message, place)
        else:
            size = {FIXED32: 4, FIXED64: 8}.get(key & 7)
            if size is None:
                size, place = _varint(message, place)
            value, place = message[place : place + size], place + size
        fields.append(Field(key >> 3, key & 7, value))
    return fields


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while message[place] > 0x7F:
        value |= (message[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
    return value | message[place] << shift, place + 1
