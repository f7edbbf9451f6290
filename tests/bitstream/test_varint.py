# SPDX-License-Identifier: Apache-2.0
"""Varints have one spelling, and the reader never leaves its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.bitstream import varint
from mezzotint.bitstream.reader import Reader
from mezzotint.errors import DamagedFile, TruncatedFile


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8001"),
        (768, "8006"),
        (2**21 - 1, "ffff7f"),
        (2**21, "80808001"),
        (2**35 - 1, "ffffffff7f"),
    ],
)
def test_golden_spellings(value: int, spelling: str) -> None:
    assert varint.pack(value).hex() == spelling
    assert varint.size(value) == len(spelling) // 2


@settings(deadline=None)
@given(st.integers(0, varint.LIMIT - 1), st.binary(max_size=3))
def test_round_trip(value: int, tail: bytes) -> None:
    reader = Reader(varint.pack(value) + tail, TruncatedFile)
    assert reader.varint("it") == value
    assert reader.left == len(tail)


@settings(deadline=None)
@given(st.binary(min_size=5, max_size=8))
def test_whatever_is_read_was_written_so(data: bytes) -> None:
    reader = Reader(data, TruncatedFile)
    try:
        value = reader.varint("it")
    except DamagedFile:
        return
    assert varint.pack(value) == data[: reader.position]


@pytest.mark.parametrize("value", [-1, varint.LIMIT])
def test_what_does_not_fit_is_the_callers_mistake(value: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        varint.pack(value)


@pytest.mark.parametrize("spelling", ["8000", "ff00", "80808000", "8080808080", "ffffffffff01"])
def test_other_spellings_are_damage(spelling: str) -> None:
    with pytest.raises(DamagedFile, match="it is"):
        Reader(bytes.fromhex(spelling), TruncatedFile).varint("it")


def test_running_out_of_bytes_raises_what_the_caller_said() -> None:
    reader = Reader(b"abc", DamagedFile)
    assert bytes(reader.take(2, "a pair")) == b"ab"
    with pytest.raises(DamagedFile, match="a pair needs 2 bytes where the file has only 1"):
        reader.take(2, "a pair")
    with pytest.raises(TruncatedFile, match="it needs 1 bytes where the file has only 0"):
        Reader(b"\x80", TruncatedFile).varint("it")


def test_any_buffer_is_read_as_bytes() -> None:
    reader = Reader(memoryview(bytearray(b"\x01\x00\x02\x00")).cast("H"), TruncatedFile)
    assert reader.unsigned(4, "it") == 0x20001
