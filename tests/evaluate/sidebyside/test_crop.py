# SPDX-License-Identifier: Apache-2.0
"""What a page shows: everything up to the limit, the middle beyond it, or the wish of a person."""

from __future__ import annotations

import pytest

from mezzotint.errors import UsageError
from mezzotint.evaluate.sidebyside import MOST_PIXELS, Crop, crop
from mezzotint.evaluate.sidebyside.crop import LONGEST


@pytest.mark.parametrize("size", [(1, 1), (4032, 3024), (LONGEST, 300)])
def test_all_up_to_the_limit(size):
    assert crop(*size) == Crop(0, 0, *size)


@pytest.mark.parametrize("size", [(8000, 6000), (6000, 8000), (4001, 3125), (3125, 4001)])
def test_the_middle_of_larger_ones(size):
    part = crop(*size)
    assert 0.99 * MOST_PIXELS < part.width * part.height <= MOST_PIXELS
    assert part.width / part.height == pytest.approx(size[0] / size[1], rel=0.001)
    for start, side, whole in ((part.x, part.width, size[0]), (part.y, part.height, size[1])):
        assert start >= 0 and abs(2 * start + side - whole) <= 1


@pytest.mark.parametrize(
    "size", [(MOST_PIXELS + 1, 1), (3, 10 * MOST_PIXELS), (50000, 1000), (LONGEST + 1, 2)]
)
def test_long_strips(size):
    part = crop(*size)
    assert 1 <= part.width * part.height <= MOST_PIXELS
    assert max(part.width, part.height) <= LONGEST
    assert part.width <= size[0] and part.height <= size[1]


def test_a_wish_is_kept():
    assert crop(8000, 6000, Crop(10, 20, 3000, 2000)) == Crop(10, 20, 3000, 2000)
    assert crop(20, 10, Crop(0, 0, 20, 10)) == Crop(0, 0, 20, 10)


@pytest.mark.parametrize(
    "wish", [(0, 0, 0, 5), (0, 0, 5, 0), (-1, 0, 5, 5), (0, -1, 5, 5), (1, 0, 8000, 5), (0, 5999, 5, 2)]
)
def test_impossible_wishes(wish):
    with pytest.raises(UsageError, match=r"crop .*; "):
        crop(8000, 6000, Crop(*wish))


def test_wishes_have_the_same_limit():
    for wish in (Crop(0, 0, 8000, 6000), Crop(0, 0, 40000, 1)):
        with pytest.raises(UsageError, match=r"12\.5 megapixels"):
            crop(40000, 6000, wish)
