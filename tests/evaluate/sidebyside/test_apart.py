# SPDX-License-Identifier: Apache-2.0
"""The numbers: those of the metrics at 8 bits, PSNR and largest error at any depth, and what transparency does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mezzotint.errors import BadImage
from mezzotint.evaluate import metrics
from mezzotint.evaluate.sidebyside import apart, pair
from mezzotint.runtime.pictures import Picture


def numbers(a: Picture, b: Picture):
    return apart(pair(a, b))


def test_eight_bits_are_what_the_metrics_say(noisy):
    found = numbers(*noisy)
    one, other = (picture.colour for picture in noisy)
    assert found.psnr == metrics.psnr(one, other)
    assert found.ms_ssim == metrics.ms_ssim(one, other)
    assert found.ssimulacra2 == metrics.ssimulacra2(one, other)
    assert (found.max_error, found.bit_depth) == (4, 8)


def test_equal_pictures(photo):
    found = numbers(Picture(photo), Picture(photo.copy()))
    assert (found.psnr, found.max_error) == (math.inf, 0)
    assert found.ms_ssim == found.ssimulacra2 / 100 == 1


def test_small_pictures_lack_two_numbers():
    grey = Picture(np.zeros((7, 7), np.uint8))
    found = numbers(grey, Picture(np.full((7, 7, 3), 10, np.uint8)))
    assert (found.ms_ssim, found.ssimulacra2) == (None, None)
    assert found.psnr == pytest.approx(20 * math.log10(25.5))


@pytest.mark.parametrize("depth", [10, 12, 16])
def test_deep_pictures_are_compared_at_their_depth(depth):
    most = 2**depth - 1
    one = np.random.default_rng(depth).integers(0, most - 2, (40, 50, 3)).astype(np.uint16)
    other = one + np.uint16(3)
    found = numbers(Picture(one, bit_depth=depth), Picture(other, bit_depth=depth))
    assert (found.max_error, found.bit_depth) == (3, depth)
    assert found.psnr == pytest.approx(20 * math.log10(most / 3))


def test_two_depths_over_eight_meet_at_the_deeper_one():
    ten, sixteen = np.full((9, 9), 1023, np.uint16), np.full((9, 9), 65535, np.uint16)
    found = numbers(Picture(ten, bit_depth=10), Picture(sixteen, bit_depth=16))
    assert (found.max_error, found.bit_depth) == (0, 16)


def test_one_deep_picture_is_scaled_to_eight_bits(photo):
    deep = Picture(photo.astype(np.uint16) * 257, bit_depth=16)
    found = numbers(Picture(photo), deep)
    assert (found.psnr, found.max_error, found.bit_depth) == (math.inf, 0, 8)


def test_the_worst_deep_samples_do_not_overflow():
    black, white = np.zeros((300, 20, 3), np.uint16), np.full((300, 20, 3), 65535, np.uint16)
    found = numbers(Picture(black, bit_depth=16), Picture(white, bit_depth=16))
    assert (found.max_error, found.psnr) == (65535, 0)


def test_what_is_transparent_in_both_is_not_seen(photo):
    alpha = np.full(photo.shape[:2], 255, np.uint8)
    alpha[:150] = 0
    hidden = photo.copy()
    hidden[:150] = 77
    found = numbers(Picture(photo, alpha), Picture(hidden, alpha))
    assert (found.psnr, found.ms_ssim, found.ssimulacra2) == (math.inf, 1, 100)
    assert found.max_error > 100  # it is in the samples all the same


@pytest.mark.parametrize("shade", [0, 255])
def test_transparency_counts_over_the_worse_ground(shade):
    """Over its own shade a change of alpha would not show."""
    flat = np.full((20, 20, 3), shade, np.uint8)
    thin, thick = np.full((20, 20), 55, np.uint8), np.full((20, 20), 255, np.uint8)
    found = numbers(Picture(flat, thin), Picture(flat, thick))
    assert found.psnr == pytest.approx(20 * math.log10(255 / 200))
    assert found.max_error == 200


def test_opaque_alpha_is_none(photo):
    opaque = np.full(photo.shape[:2], 255, np.uint8)
    found = pair(Picture(photo, opaque), Picture(photo))
    assert found.one.alpha is None
    assert not found.transparent


def test_half_transparent_deep_pixels():
    colour, alpha = np.full((4, 4, 3), 65535, np.uint16), np.full((4, 4), 32768, np.uint16)
    other = np.full((4, 4, 3), 32768, np.uint16)  # what the first is over black
    found = numbers(Picture(colour, alpha, bit_depth=16), Picture(other, bit_depth=16))
    assert found.psnr == pytest.approx(20 * math.log10(2), abs=1e-3)  # over white the first is white


def test_different_sizes():
    with pytest.raises(BadImage, match="20x10 and 10x20"):
        pair(Picture(np.zeros((10, 20), np.uint8)), Picture(np.zeros((20, 10), np.uint8)))
