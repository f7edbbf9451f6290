# SPDX-License-Identifier: Apache-2.0
"""Whole files: round trips, the layout byte by byte, and what one tile costs."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.bitstream import (
    Alpha,
    Box,
    Colour,
    Container,
    Header,
    Limits,
    overhead,
    read,
    unpack_preamble,
    write,
)
from mezzotint.errors import MezzotintError

HEADER = Header(width=768, height=512, channels=3, quality=2048, model_id=bytes(range(8)), layer_count=4)
ROOMY = Limits().of_any_size()


@st.composite
def containers(draw: st.DrawFn) -> Container:
    tile_log2 = draw(st.integers(6, 15))
    side, point = st.integers(1, 3 << tile_log2), st.integers(0, 255)
    header = Header(
        width=draw(side),
        height=draw(side),
        channels=draw(st.sampled_from([1, 3])),
        quality=draw(st.integers(0, 4095)),
        model_id=draw(st.binary(min_size=8, max_size=8)),
        layer_count=draw(st.integers(1, 15)),
        alpha=draw(st.sampled_from(Alpha)),
        colour=draw(st.builds(Colour, point, point, st.integers(0, 127), st.booleans())),
        tile_log2=tile_log2,
    )
    tags = draw(st.lists(st.sampled_from([b"iCCP", b"eXIF", b"xMP ", b"note"]), unique=True))
    boxes = [Box(tag, draw(st.binary(max_size=200))) for tag in tags]
    if header.alpha:
        boxes.insert(draw(st.integers(0, len(boxes))), Box(b"ALPH", draw(st.binary(max_size=200))))
    chunk = st.binary(max_size=150)
    layers = [tuple(draw(chunk) for _ in range(header.tile_count)) for _ in range(header.layer_count)]
    return Container(header, tuple(boxes), tuple(layers))


@settings(deadline=None, max_examples=100)
@given(containers())
def test_round_trip(container: Container) -> None:
    data = write(container)
    for buffer in (data, bytearray(data), memoryview(data)):
        assert read(buffer, ROOMY) == container
    assert unpack_preamble(data, ROOMY).total_length == len(data)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_noise_is_refused_and_nothing_else_happens(noise: bytes) -> None:
    for data in (noise, write(Container(replace(HEADER, layer_count=1), (), ((b"",),)))[:20] + noise):
        with pytest.raises(MezzotintError):
            read(data)


def test_layout_is_layer_major_without_holes() -> None:
    header = replace(HEADER, width=1025, layer_count=2)
    layers = ((b"z0", b"z-one"), (b"", b"y1"))
    data = write(Container(header, (Box(b"note", b"payload"),), layers))
    box = b"note\x07" + zlib.crc32(b"notepayload").to_bytes(4, "little") + b"payload"
    chunks = [b"z0", b"z-one", b"", b"y1"]
    index = b"".join(bytes([len(chunk)]) + zlib.crc32(chunk).to_bytes(4, "little") for chunk in chunks)
    assert data[unpack_preamble(data).size :] == box + index + b"z0z-oney1"


@pytest.mark.parametrize("payload", [0, 40_000, 2**20, 2**21 - 100])
def test_one_tile_costs_at_most_64_bytes(payload: int) -> None:
    chunks = [bytes(payload // 10), bytes(payload // 10), bytes(payload // 5)]
    chunks.append(bytes(payload - sum(map(len, chunks))))
    for header in (HEADER, replace(HEADER, width=1024, height=1024)):
        container = Container(header, (), tuple((chunk,) for chunk in chunks))
        assert overhead(container) == len(write(container)) - payload
        assert overhead(container) <= 64


def test_a_container_that_is_none_is_the_callers_mistake() -> None:
    for layers in ((), ((b"",),) * 3, ((b"", b""),) * 4):
        with pytest.raises(ValueError, match="4 layers of 1 chunks"):
            write(Container(HEADER, (), layers))
