# SPDX-License-Identifier: Apache-2.0
"""The envelope of rebuilt systems: what goes in comes out, and every lie in it has its error."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest
import torch
from torch import nn

from mezzotint.bitstream import varint
from mezzotint.errors import (
    DamagedFile,
    LimitExceeded,
    MezzotintError,
    NotMezzotint,
    UnknownModel,
    UnsupportedVersion,
)
from mezzotint.lab.systems import stream
from mezzotint.lab.systems.stream import Stream

WEIGHTS = bytes(range(8))
ONE = Stream("ftic", WEIGHTS, 2000, (75, 101, 3), (b"abcd", b"", b"x" * 300))


def sealed(body: bytes) -> bytes:
    return body + zlib.crc32(body).to_bytes(4, "little")


def test_comes_back_as_it_was() -> None:
    data = stream.write(ONE)
    assert stream.read(data, "ftic", WEIGHTS) == ONE
    assert len(data) - 304 <= 36, "what is not chunks stays small"


def test_golden() -> None:
    data = stream.write(Stream("a", WEIGHTS, 7, (1, 300), (b"z",)))
    assert data == sealed(
        bytes.fromhex("8a4d5a4c 01 01 61 0001020304050607 0700 02 01 ac02 01 01 7a".replace(" ", ""))
    )


def test_others_are_named() -> None:
    data = stream.write(ONE)
    with pytest.raises(UnknownModel, match="of the system 'ftic', not 'fsq'"):
        stream.read(data, "fsq", WEIGHTS)
    with pytest.raises(UnknownModel, match="other weights"):
        stream.read(data, "ftic", bytes(8))
    with pytest.raises(NotMezzotint):
        stream.read(b"\x89PNG" + data[4:], "ftic", WEIGHTS)
    with pytest.raises(UnsupportedVersion):
        stream.read(data[:4] + b"\x02" + data[5:], "ftic", WEIGHTS)


def test_every_cut_and_every_flipped_bit_is_refused() -> None:
    data = stream.write(ONE)
    for length in range(len(data)):
        with pytest.raises(MezzotintError):
            stream.read(data[:length], "ftic", WEIGHTS)
    for place in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        with pytest.raises(MezzotintError):
            stream.read(bytes(damaged), "ftic", WEIGHTS)


def lying(shape: tuple[int, ...]) -> bytes:
    """The stream ONE with another shape, which `write` would not write."""
    data = stream.write(ONE)[:-4]
    place = data.index(bytes([3, 75, 101, 3]))
    axes = b"".join(map(varint.pack, shape))
    return sealed(data[:place] + bytes([len(shape)]) + axes + data[place + 4 :])


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        ((1 << 16, 1 << 13, 3), LimitExceeded),
        ((1, (1 << 16) + 1, 3), LimitExceeded),
        ((), DamagedFile),
        ((0, 5, 3), DamagedFile),
        ((1,) * 9, DamagedFile),
    ],
)
def test_shapes_that_lie_are_refused(lie: tuple[int, ...], error: type[MezzotintError]) -> None:
    with pytest.raises((LimitExceeded, ValueError)):
        stream.write(replace(ONE, shape=lie))
    with pytest.raises(error):
        stream.read(lying(lie), "ftic", WEIGHTS)


def test_counts_and_lengths_that_lie_are_refused() -> None:
    body = stream.write(replace(ONE, chunks=()))[:-4]
    assert body[-1] == 0
    for tail in (b"\x05", b"\xff\xff\xff\xff\x7f", b"\x01\x05abc", b"\x00left over", b"\x01"):
        with pytest.raises(DamagedFile):
            stream.read(sealed(body[:-1] + tail), "ftic", WEIGHTS)


def test_weights_are_known_by_all_that_was_learned() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    first = stream.identity(model)
    assert len(first) == 8 and stream.identity(model) == first
    with torch.no_grad():
        model[0].bias[2] += 1e-6
    second = stream.identity(model)
    model[1].running_mean[0] = 5
    assert len({first, second, stream.identity(model)}) == 3
    model[0].weight.data = model[0].weight.data.contiguous(memory_format=torch.channels_last)
    assert stream.identity(model) not in (first, second), "the layout in memory is not what was learned"
