# SPDX-License-Identifier: Apache-2.0
"""Small files that declare large things: refused before anything of that size is allocated."""

from __future__ import annotations

import tracemalloc
from types import ModuleType

import pytest

from mezzotint.bitstream import Limits, read
from mezzotint.errors import DamagedFile, LimitExceeded, MezzotintError

FREE = Limits(max_pixels=2**70, max_side=2**35, max_boxes=2**35, max_box_bytes=2**35, max_chunks=2**70)


def refuse(data: bytes, limits: Limits) -> MezzotintError:
    """The error, after no more than 100 kB."""
    tracemalloc.start()
    try:
        with pytest.raises(MezzotintError) as caught:
            read(data, limits)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    return caught.value


@pytest.mark.parametrize(
    ("width", "height"),
    [(2**24, 1), (1, 2**24), (2**16, 2**16), (2**32, 2**32), (2**34, 2**34), (2**35 - 1, 2**35 - 1)],
)
def test_huge_pictures(hostile: ModuleType, width: int, height: int) -> None:
    data = hostile.build(width=width, height=height)
    assert isinstance(refuse(data, Limits()), LimitExceeded)
    assert isinstance(refuse(data, FREE), DamagedFile)  # even a caller without limits is safe


def test_a_million_tiles(hostile: ModuleType) -> None:
    data = hostile.build(width=64_000, height=64_000)
    assert isinstance(refuse(data, Limits()), LimitExceeded)
    assert "an index of 2000000 chunks" in refuse(data, FREE).what


@pytest.mark.parametrize("length", [2**32 - 1, 2**35 - 1])
def test_huge_chunk(hostile: ModuleType, length: int) -> None:
    index = hostile.varint(length) + bytes(4) + (b"\0" + bytes(4)) * 3
    for total in (None, length):
        error = refuse(hostile.build(index=index, chunks=(), total=total), FREE)
        assert isinstance(error, MezzotintError)


@pytest.mark.parametrize("length", [2**24 + 1, 2**32 - 1, 2**35 - 1])
def test_huge_box(hostile: ModuleType, length: int) -> None:
    error = refuse(hostile.build(boxes=(hostile.box(b"iCCP", b"profile", length),)), FREE)
    assert f"needs {length} bytes" in error.what


def test_a_billion_boxes(hostile: ModuleType) -> None:
    data = hostile.build(box_count=10**9)
    assert isinstance(refuse(data, Limits()), LimitExceeded)
    assert "boxes do not fit" in refuse(data, FREE).what
