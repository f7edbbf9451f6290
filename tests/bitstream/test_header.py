# SPDX-License-Identifier: Apache-2.0
"""The header's golden bytes, its laws, and the order in which they are checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from mezzotint.bitstream import (
    MAX_PREAMBLE_SIZE,
    Alpha,
    Colour,
    Header,
    Limits,
    Mode,
    read,
    read_header,
    unpack_preamble,
)
from mezzotint.bitstream.header import pack_preamble
from mezzotint.errors import LimitExceeded, TruncatedFile, UnsupportedVersion

KODAK = Header(
    width=768, height=512, channels=3, quality=3071, model_id=bytes.fromhex("0123456789abcdef"), layer_count=4
)
ODD = replace(
    KODAK,
    width=1,
    height=70_000,
    channels=1,
    quality=0,
    layer_count=15,
    alpha=Alpha.STRAIGHT,
    colour=Colour(primaries=9, transfer=16, matrix=9, full_range=False),
    tile_log2=15,
)


@pytest.mark.parametrize(
    ("header", "box_count", "body_size", "golden"),
    [
        # magic, version, mode|alpha, channels|tile, depth, colour, quality, layers, model, width, height, total, boxes
        (
            KODAK,
            0,
            20_000,
            "8d4d5a0a 00 00 a3 08 01 0d 80 ff0b 04 0123456789abcdef 8006 8004 c29c01 00 76000c73",
        ),
        (ODD, 1, 300, "8d4d5a0a 00 10 f1 08 09 10 09 0000 0f 0123456789abcdef 01 f0a204 cd02 01 f33916b2"),
    ],
)
def test_golden_bytes(header: Header, box_count: int, body_size: int, golden: str) -> None:
    packed = pack_preamble(header, box_count, body_size)
    assert packed.hex() == golden.replace(" ", "")
    limits = Limits(max_side=70_000)
    preamble = unpack_preamble(packed, limits)
    assert preamble.header == header == read_header(packed, limits)
    assert (preamble.box_count, preamble.size) == (box_count, len(packed))
    assert preamble.total_length == len(packed) + body_size


def test_the_example_of_the_specification_is_true() -> None:
    text = (Path(__file__).parents[2] / "docs" / "format.md").read_text("utf-8")
    example = next(line for line in text.splitlines() if line.startswith("    8d4d5a0a"))
    assert bytes.fromhex(example) == pack_preamble(KODAK, 0, 20_000)


@pytest.mark.parametrize(
    "body_size", [*range(60, 100), *range(16300, 16360), 2**21 - 36, 2**21 - 37, 2**28 - 40]
)
def test_the_total_length_counts_its_own_bytes(body_size: int) -> None:
    packed = pack_preamble(KODAK, 0, body_size)
    assert unpack_preamble(packed).total_length == len(packed) + body_size


def test_a_prefix_is_enough_for_the_header(hostile: ModuleType) -> None:
    data = hostile.build()
    assert read_header(data[:MAX_PREAMBLE_SIZE]) == read(data).header
    assert (
        len(pack_preamble(replace(KODAK, width=2**35 - 1, height=2**35 - 1), 2**35 - 1, 2**34))
        == MAX_PREAMBLE_SIZE
    )
    with pytest.raises(TruncatedFile):
        read_header(data[:20])


@pytest.mark.parametrize(
    ("width", "height", "tile_log2", "columns", "rows"),
    [
        (1, 1, 6, 1, 1),
        (64, 65, 6, 1, 2),
        (768, 512, 10, 1, 1),
        (1025, 1024, 10, 2, 1),
        (2**24 - 1, 1, 15, 512, 1),
    ],
)
def test_tile_grid(width: int, height: int, tile_log2: int, columns: int, rows: int) -> None:
    header = replace(KODAK, width=width, height=height, tile_log2=tile_log2)
    assert (header.tile_columns, header.tile_rows, header.tile_count) == (columns, rows, columns * rows)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(max_pixels=5999), "more than 5999 pixels"),
        (Limits(max_side=99), "a side over 99"),
        (Limits(max_chunks=3), "4 chunks, more than 3"),
        (Limits(max_boxes=0), "1 boxes, more than 0"),
    ],
)
def test_limits_hold_before_the_body_is_there(hostile: ModuleType, limits: Limits, says: str) -> None:
    data = hostile.build(boxes=(hostile.box(b"note", b""),))
    prefix = data[: unpack_preamble(data).size]
    with pytest.raises(LimitExceeded, match=says):
        read_header(prefix, limits)
    with pytest.raises(LimitExceeded, match=says):
        read(prefix, limits)


def test_the_exact_limit_is_accepted(hostile: ModuleType) -> None:
    data = hostile.build(boxes=(hostile.box(b"note", b"12345"),))
    found = read(data, Limits(max_pixels=6000, max_side=100, max_chunks=4, max_boxes=1, max_box_bytes=5))
    assert [box.payload for box in found.boxes] == [b"12345"]


@pytest.mark.parametrize(
    "change",
    [
        {"width": 0},
        {"height": 2**35},
        {"channels": 2},
        {"quality": 4096},
        {"quality": -1},
        {"layer_count": 0},
        {"model_id": b"short"},
        {"tile_log2": 16},
        {"bit_depth": 0},
        {"colour": Colour(primaries=256)},
        {"colour": Colour(matrix=128)},
    ],
)
def test_an_impossible_header_is_never_written(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="the header has|does not fit"):
        pack_preamble(replace(KODAK, **change), 0, 0)  # type: ignore[arg-type]


def test_an_unsupported_header_is_never_written() -> None:
    with pytest.raises(UnsupportedVersion, match="version 1"):
        pack_preamble(replace(KODAK, version=1), 0, 0)


@pytest.mark.parametrize(
    ("mode", "bit_depth", "quality", "says"),
    [
        (Mode.LOSSLESS, 8, 1, "lossless mode and quality 1"),
        (Mode.NEAR_LOSSLESS, 8, 0, "a largest error of 0"),
        (Mode.NEAR_LOSSLESS, 8, 256, "a largest error of 256"),
        (Mode.NEAR_LOSSLESS, 1, 2, "a largest error of 2"),
    ],
)
def test_modes_without_a_network_hold_the_largest_error(
    mode: Mode, bit_depth: int, quality: int, says: str
) -> None:
    header = replace(KODAK, mode=mode, bit_depth=bit_depth)
    with pytest.raises(ValueError, match=says):
        pack_preamble(replace(header, quality=quality), 0, 0)
    good = replace(header, quality=0 if mode is Mode.LOSSLESS else 1)
    assert read_header(pack_preamble(good, 0, 0)) == good


@pytest.mark.parametrize("bit_depth", [1, 8, 9, 16])
def test_every_depth_may_be_declared(bit_depth: int) -> None:
    header = replace(KODAK, bit_depth=bit_depth)
    assert read_header(pack_preamble(header, 0, 0)) == header
