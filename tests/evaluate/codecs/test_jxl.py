# SPDX-License-Identifier: Apache-2.0
"""The mapping from the quality of `cjxl -q` to libjxl's distance."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mezzotint.evaluate.codecs.jxl import FAMILY, distance


@pytest.mark.parametrize(("quality", "expected"), [(0, 25), (30, 6.4), (90, 1), (99.9, 0.109), (100, 0)])
def test_documented_points(quality, expected):
    assert distance(quality) == pytest.approx(expected)


def test_it_falls_without_a_step():
    distances = [distance(quality / 10) for quality in range(1000)]
    steps = [b - a for a, b in pairwise(distances)]
    assert all(-0.12 < step < 0 for step in steps)


def test_imagecodecs_maps_the_same_way(photo):
    imagecodecs = pytest.importorskip("imagecodecs")
    (codec,) = FAMILY.open()
    crop = photo[:64, :64]
    for quality in (10, 60, 95):
        theirs = imagecodecs.jpegxl_encode(crop, level=quality, effort=7, lossless=False, numthreads=1)
        assert codec.encode(crop, quality, 1) == theirs
