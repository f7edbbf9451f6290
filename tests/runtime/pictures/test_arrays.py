# SPDX-License-Identifier: Apache-2.0
"""Arrays of 8 and of 16 bits, and of depths between; bit depths to one another."""

from __future__ import annotations

import numpy as np
import pytest

import mezzotint
from mezzotint.errors import BadImage, UsageError
from mezzotint.runtime.pictures import Picture, from_array, to_array, with_depth
from mezzotint.runtime.pictures.depths import scaled


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 4)])
def test_samples_are_kept(shape, dtype):
    array = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    picture = from_array(array)
    assert picture.bit_depth == np.iinfo(dtype).bits
    assert (picture.alpha is not None) == (shape[2:] == (4,))
    again = to_array(picture)
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, array)


def test_arrays_are_not_copied():
    array = np.zeros((4, 4, 3), np.uint16)
    assert to_array(from_array(array)) is array


def test_the_other_byte_order():
    array = np.array([[1, 258]], ">u2")
    picture = from_array(array)
    assert picture.colour.dtype == np.uint16
    assert picture.colour.tolist() == [[1, 258]]


@pytest.mark.parametrize(("dtype", "depths"), [(np.uint8, range(1, 9)), (np.uint16, range(9, 17))])
def test_declared_depths(dtype, depths):
    for depth in depths:
        array = np.array([[0, 2**depth - 1]], dtype)
        assert from_array(array, depth).bit_depth == depth
        if depth not in (8, 16):
            array[0, 0] += 2**depth
            with pytest.raises(
                BadImage, match=rf"a sample of {2**depth} is over {2**depth - 1}, .* {depth} bits"
            ):
                from_array(array, depth)


def test_declared_depth_counts_for_alpha_too():
    array = np.zeros((2, 2, 4), np.uint16)
    array[1, 1, 3] = 1024
    with pytest.raises(BadImage, match="1024"):
        from_array(array, 10)


@pytest.mark.parametrize(
    ("dtype", "depth", "advice"),
    [(np.uint8, 10, "uint16"), (np.uint8, 0, "1..8"), (np.uint16, 8, "uint8"), (np.uint16, 17, "9..16")]
    + [(np.uint16, depth, "9..16") for depth in (True, 12.0, "12")],
)
def test_depths_that_do_not_fit(dtype, depth, advice):
    with pytest.raises(UsageError, match=advice):
        from_array(np.zeros((2, 2), dtype), depth)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 3), np.int16),
        np.zeros((4, 4, 3), np.uint32),
        np.zeros((4, 4, 3), bool),
        np.zeros((4,), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((3, 4, 5), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 0), np.uint16),
    ],
)
def test_arrays_that_are_no_pictures(array, bundle):
    with pytest.raises(BadImage, match="; "):
        mezzotint.encode(array, model=bundle)


@pytest.mark.parametrize("how", [{"lossless": True}, {"quality": 50}])
@pytest.mark.parametrize(
    ("picture", "error"),
    [
        (Picture(np.zeros((4, 5, 3), np.uint8), np.eye(3, dtype=np.uint8)), BadImage),
        (Picture(np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.uint16)), UsageError),
        (Picture(np.zeros((4, 5, 4), np.uint8)), BadImage),
        (Picture(np.zeros((0, 5, 3), np.uint8)), BadImage),
        (Picture(np.zeros((4, 5, 3), np.float64)), BadImage),
        (Picture(np.zeros((4, 5, 3), np.uint16)), UsageError),
        (Picture(np.zeros((4, 5, 3), np.uint8), bit_depth=10), UsageError),
        (Picture(np.full((4, 5, 3), 16, np.uint8), bit_depth=4), BadImage),
        (Picture(np.zeros((4, 5), np.uint8), np.full((4, 5), 16, np.uint8), bit_depth=4), BadImage),
    ],
)
def test_a_picture_made_by_hand_became_a_file_that_nothing_decodes(picture, error, how, bundle):
    with pytest.raises(error, match="; "):
        mezzotint.encode(picture, model=bundle, **how)


def test_a_picture_of_the_other_byte_order():
    grey = np.arange(20, dtype=">u2").reshape(4, 5) * 3000
    data = mezzotint.encode(Picture(grey, grey, bit_depth=16), lossless=True)
    np.testing.assert_array_equal(mezzotint.decode(data), to_array(Picture(grey, grey, bit_depth=16)))


def test_things_that_are_no_pictures(bundle):
    for thing in ([[1, 2]], "photo.png", None):
        with pytest.raises(BadImage, match="give a"):
            mezzotint.encode(thing, model=bundle)


def test_grey_with_alpha_gives_four_planes():
    for dtype, depth in ((np.uint8, 8), (np.uint16, 10)):
        picture = Picture(np.array([[90]], dtype), np.array([[30]], dtype), bit_depth=depth)
        array = to_array(picture)
        assert array.dtype == dtype
        assert array.tolist() == [[[90, 90, 90, 30]]]


@pytest.mark.parametrize("depth", range(1, 17))
@pytest.mark.parametrize("to", [1, 7, 8, 10, 16])
def test_scaling_is_rounding(depth, to):
    values = np.arange(2**depth, dtype=np.uint8 if depth <= 8 else np.uint16).reshape(-1, 1, 1)
    found = scaled(values, depth, to)
    assert found.shape == values.shape
    assert found.dtype == (np.uint8 if to <= 8 else np.uint16)
    exact = values.astype(float) * (2**to - 1) / (2**depth - 1)
    assert np.abs(found - exact).max() <= 0.5
    if to >= depth:
        np.testing.assert_array_equal(scaled(found, to, depth), values)


def test_a_picture_at_another_depth():
    picture = Picture(
        np.array([[0, 1023]], np.uint16), np.array([[1023, 512]], np.uint16), b"icc", bit_depth=10
    )
    eight = with_depth(picture, 8)
    assert (eight.bit_depth, eight.icc) == (8, b"icc")
    assert eight.alpha is not None
    assert (eight.colour.tolist(), eight.alpha.tolist()) == ([[0, 255]], [[255, 128]])
    assert with_depth(eight, 8) is eight
