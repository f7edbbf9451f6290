# SPDX-License-Identifier: Apache-2.0
"""Fields of a message: what protobuf itself reads, and nothing that another reader could take otherwise."""

import pytest
from onnx import AttributeProto, TensorProto

from mezzotint.bundle.protobuf import Fields, Refused, content, number, numbers, text


def fields(message: bytes, most: int = 100) -> list[tuple[int, object]]:
    return list(Fields(most)(memoryview(message)))


def test_what_protobuf_writes_is_read() -> None:
    attribute = AttributeProto(name="axis", i=-1, f=0.5, ints=[1, -2, 3], type=AttributeProto.INT)
    found = dict(fields(attribute.SerializeToString()))
    assert text(found[1]) == "axis"  # type: ignore[arg-type]
    assert list(numbers(found[3])) == [-1]  # type: ignore[arg-type]
    assert found[2] == b"\x00\x00\x00?"
    assert number(found[20]) == AttributeProto.INT  # type: ignore[arg-type]


def test_lists_of_numbers_packed_or_not() -> None:
    dims = [1, 2**40, -1, 0]
    packed = dict(fields(TensorProto(int64_data=dims).SerializeToString()))
    assert list(numbers(packed[7])) == dims  # type: ignore[arg-type]
    single = fields(TensorProto(dims=dims).SerializeToString())
    assert [found for _, value in single for found in numbers(value)] == dims  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\x08", "is cut off"),
        (b"\x08\x80", "is cut off"),
        (b"\x0a\x02x", "points outside"),
        (b"\x0a" + b"\xff" * 9 + b"\x01", "points outside"),
        (b"\x0d\0\0\0", "points outside"),
        (b"\x08" + b"\x80" * 10 + b"\0", "not valid protobuf"),
        (b"\x0b", "not valid protobuf"),
        (b"\x0c", "not valid protobuf"),
        (b"\x0e", "not valid protobuf"),
        (b"\x00\x01", "not valid protobuf"),
        (
            b"\x8a\x80\x80\x80\x10\x00",
            "not valid protobuf",
        ),  # 1 beyond 32 bits: some readers drop what is above
    ],
)
def test_anything_else_is_refused(message: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        fields(message)


def test_values_of_another_kind_are_refused() -> None:
    for take, value in (
        (content, 1),
        (content, b"\0\0\0\0"),
        (text, 1),
        (number, memoryview(b"")),
        (numbers, b"\0"),
    ):
        with pytest.raises(Refused, match="not valid protobuf"):
            list(take(value))  # type: ignore[arg-type, operator]
    with pytest.raises(Refused, match="not text"):
        text(memoryview(b"\xff"))
    with pytest.raises(Refused, match="too long"):
        list(numbers(memoryview(bytes(1 << 17))))


def test_tiny_fields_without_end_are_counted_over_all_messages() -> None:
    limited = Fields(5)
    assert len(list(limited(memoryview(b"\x08\x01" * 3)))) == 3
    with pytest.raises(Refused, match="too many parts"):
        list(limited(memoryview(b"\x08\x01" * 3)))
