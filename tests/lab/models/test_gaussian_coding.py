# SPDX-License-Identifier: Apache-2.0
"""Gaussians there and back, what their order costs, and heads that lie."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from mezzotint.errors import DamagedFile
from mezzotint.lab.models import gaussian_coding
from mezzotint.lab.models.gaussians import LEVELS, PITCH, Coded

HEIGHT, WIDTH = 50, 70


def some(count: int) -> Coded:
    rng = np.random.default_rng(count)
    return Coded(
        place=np.stack([rng.integers(0, PITCH * side, count) for side in (WIDTH, HEIGHT)], 1).astype(
            np.int32
        ),
        shape=rng.integers(0, LEVELS, (count, 3)).astype(np.int32),
        code=rng.integers(0, 16, (count, 2)).astype(np.int32),
        scale=np.array([0.25, 0.5, 0.125], np.float16),
        offset=np.array([0, -3, 0.5], np.float16),
        books=rng.normal(size=(2, 16, 3)).astype(np.float16),
        background=np.array([1, 128, 255], np.uint8),
    )


@pytest.mark.parametrize("count", [1, 2, 90, gaussian_coding.most(HEIGHT, WIDTH)])
def test_numbers_come_back_in_the_order_of_their_cells(count: int) -> None:
    coded = some(count)
    back = gaussian_coding.read(gaussian_coding.write(coded, HEIGHT, WIDTH), HEIGHT, WIDTH)
    wanted = gaussian_coding.in_order(coded, HEIGHT, WIDTH)
    for field in fields(Coded):
        a, b = getattr(back, field.name), getattr(wanted, field.name)
        assert a.dtype == b.dtype and np.array_equal(a, b)
    rows = [tuple(row) for row in np.concatenate([coded.place, coded.shape, coded.code], 1).tolist()]
    assert sorted(rows) == sorted(map(tuple, np.concatenate([back.place, back.shape, back.code], 1).tolist()))


def test_places_cost_less_than_an_ordered_list_of_them() -> None:
    """What is saved is most of log2(N!) bits."""
    count = 400
    coded = replace(some(count), shape=np.zeros((count, 3), np.int32), code=np.zeros((count, 2), np.int32))
    bits = 8 * len(gaussian_coding.write(coded, HEIGHT, WIDTH)[1])
    listed = count * math.log2(HEIGHT * WIDTH * PITCH**2)
    assert listed - bits > 0.75 * math.lgamma(count + 1) / math.log(2)


@pytest.mark.parametrize("chunks", [(), (b"",), (b"", b""), (b"", b"", b"")])
def test_other_chunks_are_refused(chunks: tuple[bytes, ...]) -> None:
    with pytest.raises(DamagedFile):
        gaussian_coding.read(chunks, HEIGHT, WIDTH)


def test_more_gaussians_than_the_picture_has_room_for_are_refused() -> None:
    head, body = gaussian_coding.write(some(90), HEIGHT, WIDTH)
    with pytest.raises(DamagedFile, match="90 Gaussians"):
        gaussian_coding.read((head, body), 5, 7)


@pytest.mark.parametrize(
    ("where", "number"), [(3, np.nan), (3, np.inf), (3, -1.0), (3, 0.0), (9, 6e4), (15, np.nan)]
)
def test_scales_offsets_and_colours_that_lie_are_refused(where: int, number: float) -> None:
    head, body = gaussian_coding.write(some(90), HEIGHT, WIDTH)
    lied = head[:where] + np.float16(number).tobytes() + head[where + 2 :]
    with pytest.raises(DamagedFile):
        gaussian_coding.read((lied, body), HEIGHT, WIDTH)
