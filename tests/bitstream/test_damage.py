# SPDX-License-Identifier: Apache-2.0
"""Every truncation and every flipped bit of several files, each refused with the right class."""

from __future__ import annotations

import pytest

from mezzotint.bitstream import Alpha, Box, Container, Header, read, read_header, unpack_preamble, write
from mezzotint.errors import DamagedFile, MezzotintError, NotMezzotint, TruncatedFile, UnsupportedVersion


def header(width: int, height: int, layer_count: int, alpha: Alpha = Alpha.NONE) -> Header:
    return Header(
        width=width,
        height=height,
        channels=3,
        quality=1234,
        model_id=bytes.fromhex("fedcba9876543210"),
        layer_count=layer_count,
        alpha=alpha,
        tile_log2=6,
    )


NOISE = bytes(range(1, 256, 2))
FILES = {
    "one tile": Container(header(40, 30, 4), (), ((NOISE[:9],), (NOISE[:50],), (b"",), (NOISE,))),
    "all empty": Container(header(64, 64, 15), (), ((b"",),) * 15),
    "zeros": Container(header(300, 60, 2), (), ((bytes(30),) * 5, (bytes(200),) * 5)),
    "boxes": Container(
        header(100, 70, 2, Alpha.STRAIGHT),
        (Box(b"iCCP", NOISE), Box(b"ALPH", bytes(60)), Box(b"note", b"")),
        ((NOISE[:4],) * 4, (NOISE[:130],) * 4),
    ),
}
DATA = {name: write(container) for name, container in FILES.items()}


@pytest.mark.parametrize("name", DATA)
def test_every_truncation_is_called_one(name: str) -> None:
    data = DATA[name]
    for length in range(1, len(data)):
        with pytest.raises(TruncatedFile):
            read(data[:length])
    with pytest.raises(NotMezzotint):
        read(b"")


@pytest.mark.parametrize("name", DATA)
def test_every_flipped_bit_is_refused(name: str) -> None:
    data = bytearray(DATA[name])
    for place in range(len(data)):
        right = NotMezzotint if place < 4 else UnsupportedVersion if place == 4 else DamagedFile
        for bit in range(8):
            data[place] ^= 1 << bit
            with pytest.raises(MezzotintError) as caught:
                read(bytes(data))
            assert type(caught.value) is right, (place, bit, caught.value)
            data[place] ^= 1 << bit
    assert data == DATA[name]


@pytest.mark.parametrize("name", DATA)
def test_every_flipped_bit_of_the_header_is_seen_without_the_body(name: str) -> None:
    data = bytearray(DATA[name])
    for place in range(unpack_preamble(DATA[name]).size):
        for bit in range(8):
            data[place] ^= 1 << bit
            with pytest.raises(MezzotintError):
                read_header(bytes(data))
            data[place] ^= 1 << bit


def test_a_damaged_chunk_is_named_by_layer_and_tile() -> None:
    container = FILES["zeros"]
    data = bytearray(DATA["zeros"])
    start = len(data) - sum(len(chunk) for layer in container.layers for chunk in layer)
    for layer, chunks in enumerate(container.layers):
        for tile, chunk in enumerate(chunks):
            data[start] ^= 1
            with pytest.raises(DamagedFile, match=f"layer {layer}, tile {tile} does not match; copy"):
                read(data)
            data[start] ^= 1
            start += len(chunk)
