# SPDX-License-Identifier: Apache-2.0
"""The quality for a size: close to it, within the sweep, in few encodings."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.evaluate.speed.nearest import CLOSE, nearest

PIXELS = np.zeros((8, 12, 3), np.uint8)
WHOLE = (5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 95)
RATES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


@pytest.mark.parametrize("size", [150, 400, 1234, 5000, 20000])
def test_whole_qualities(curve, size):
    codec = curve(lambda q: 100 * np.exp(q / 17), WHOLE)
    quality, found = nearest(codec, PIXELS, size, 1)
    best = min(abs(codec.size(q) - size) for q in range(5, 96))
    assert quality == round(quality)
    assert abs(found - size) <= max(best + 1, CLOSE * size)
    assert found == round(codec.size(quality))
    assert len(codec.calls) == len(set(codec.calls)) <= 8


@pytest.mark.parametrize("size", [400, 1234, 5000])
def test_qualities_that_are_rates(curve, size):
    codec = curve(lambda q: 3000 * q**0.8, RATES)
    _, found = nearest(codec, PIXELS, size, 1)
    assert abs(found - size) <= CLOSE * size


@pytest.mark.parametrize("size", [150, 1234, 5000])
def test_a_sweep_whose_files_shrink(curve, size):
    """As by distance or quantiser."""
    codec = curve(lambda q: 20000 / (1 + q) ** 1.5, (0, 1, 2, 5, 10, 20, 30))
    quality, found = nearest(codec, PIXELS, size, 1)
    assert abs(found - size) <= max(CLOSE * size, abs(codec.size(quality + 1) - found))


@pytest.mark.parametrize(("size", "quality"), [(1, 5), (10**9, 95)])
def test_beyond_the_ends_the_end_is_taken(curve, size, quality):
    assert nearest(curve(lambda q: 100 + q, WHOLE), PIXELS, size, 1)[0] == quality


def test_a_lossless_codec_has_one_size(curve):
    codec = curve(lambda q: 777, (100,))
    assert nearest(codec, PIXELS, 50, 1) == (100, 777)
    assert codec.calls == ["curve 100"]


def test_a_good_guess_is_enough_and_a_bad_one_does_no_harm(curve):
    codec = curve(lambda q: 100 * np.exp(q / 17), WHOLE)
    size = round(codec.size(62))
    assert nearest(codec, PIXELS, size, 1, guess=62) == (62, size)
    assert codec.calls == ["curve 62"]
    assert nearest(codec, PIXELS, size, 1, guess=7) == nearest(codec, PIXELS, size, 1)
