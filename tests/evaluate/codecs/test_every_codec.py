# SPDX-License-Identifier: Apache-2.0
"""What every registered codec must do; a new family runs through all of it as soon as it has a row in EXPECTED."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
from numpy.typing import NDArray

from mezzotint.evaluate import psnr
from mezzotint.evaluate.codecs import FAMILIES, Codec, Family, available

# What a file of the family begins with, and the library that its version names.
EXPECTED = {
    "mezzotint": (rb"\x8dMZ\n", r"mezzotint \d\S*, model \S+ [0-9a-f]{16}"),
    "jpeg": (rb"\xff\xd8\xff", r"(libjpeg-turbo|MozJPEG|libjpeg) \d.* \(Pillow \d.*\)"),
    "mozjpeg": (rb"\xff\xd8\xff", r"MozJPEG of libvips \d.* \(pyvips \d.*\)"),
    "webp": (rb"RIFF....WEBPVP8 ", r"libwebp \d.* \(Pillow \d.*\)"),
    "avif": (rb"....ftypavif", r"libaom \d.*, libavif \d.* \(Pillow \d.*\)"),
    "jxl": (rb"\xff\x0a", r"libjxl \d.* \(imagecodecs \d.*\)"),
    "heic": (rb"....ftyphei[cx]", r"x265 \d.*, libheif \d.* \(pillow-heif \d.*\)"),
    "jp2": (rb"....jP  \r\n\x87\n", r"OpenJPEG \d.* \(Pillow \d.*\)"),
    "png-lossless": (rb"\x89PNG\r\n\x1a\n", r"zlib(-ng)? \d.* \(Pillow \d.*\)"),
    "webp-lossless": (rb"RIFF....WEBPVP8L", r"libwebp \d.* \(Pillow \d.*\)"),
    "jxl-lossless": (rb"\xff\x0a", r"libjxl \d.* \(imagecodecs \d.*\)"),
}
ODD_SIZES = [(1, 1), (3, 5), (33, 17)]  # width, height


@pytest.fixture(params=list(FAMILIES))
def family(request) -> Family:
    return FAMILIES[request.param]


@pytest.fixture
def codecs(family) -> list[Codec]:
    """All settings of one family."""
    found, missing = available([family.id], None)
    if missing:
        pytest.skip(missing[0])
    return found


@pytest.fixture
def crop(family, photo) -> NDArray[np.uint8]:
    """An eye of the cat: (72, 96, 3), and less for lossless codecs, whose searches are slow."""
    return photo[106:146, 130:186] if family.lossless else photo[90:162, 120:216]


def test_settings_and_qualities_are_well_formed(family, codecs):
    assert len({codec.settings for codec in codecs}) == len(codecs)
    assert any(codec.fast_qualities for codec in codecs)
    for codec in codecs:
        assert codec.id == family.id
        assert re.fullmatch(EXPECTED[family.id][1], codec.version), codec.version
        assert set(codec.fast_qualities) <= set(codec.qualities)
        assert list(codec.qualities) == sorted(set(codec.qualities))
        if family.lossless:
            assert len(codec.qualities) == len(codec.fast_qualities) == 1
        else:
            assert 8 <= len(codec.qualities) <= 12
            assert len(codec.fast_qualities) in (0, 4)


def test_a_file_comes_back_and_grows_with_quality(family, codecs, crop):
    for codec in codecs:
        files = [codec.encode(crop, quality, 1) for quality in codec.qualities]
        sizes = [len(data) for data in files]
        assert sizes == sorted(sizes), codec.settings
        assert all(re.match(EXPECTED[family.id][0], data, re.DOTALL) for data in files), codec.settings
        pictures = [codec.decode(data, 1) for data in (files[0], files[-1])]
        assert all(picture.shape == crop.shape and picture.dtype == np.uint8 for picture in pictures)
        if family.lossless:
            assert np.array_equal(pictures[-1], crop)
        else:
            assert sizes[0] < sizes[len(sizes) // 2] < sizes[-1], codec.settings
            assert psnr(crop, pictures[0]) + 5 < psnr(crop, pictures[-1]), codec.settings
            assert psnr(crop, pictures[-1]) > 36, codec.settings


def test_colours_keep_their_places(codecs):
    """A wrong matrix or range shifts some flat colour by ten steps and more; swapped channels by far more."""
    colours = np.array(
        [[220, 30, 30], [30, 180, 40], [40, 40, 200], [250, 250, 250], [5, 5, 5], [200, 190, 30]]
    )
    flat = np.repeat(np.repeat(colours.reshape(2, 3, 3), 64, 0), 64, 1).astype(np.uint8)  # (128, 192, 3)
    for codec in codecs:
        back = codec.decode(codec.encode(flat, codec.qualities[-1], 1), 1).astype(float)
        for index, colour in enumerate(colours):
            row, column = divmod(index, 3)
            patch = back[64 * row + 16 : 64 * row + 48, 64 * column + 16 : 64 * column + 48]
            assert np.abs(patch.mean((0, 1)) - colour).max() < 4, (codec.settings, colour)


def test_every_setting_makes_another_file(codecs, crop):
    quality = codecs[0].qualities[len(codecs[0].qualities) // 2]
    assert len({codec.encode(crop, quality, 1) for codec in codecs}) == len(codecs)


def test_the_chroma_sampling_is_the_one_that_is_named(codecs):
    stripes = np.zeros((64, 64, 3), np.uint8) + 100
    stripes[:, ::2, 0] = stripes[:, 1::2, 2] = (
        200  # colour in every second column, which half the samples lose
    )
    for codec in codecs:
        back = codec.decode(codec.encode(stripes, codec.qualities[-1], 1), 1)
        if "4:2:0" in codec.settings:
            assert psnr(stripes, back) < 20, codec.settings
        if "4:4:4" in codec.settings:
            assert psnr(stripes, back) > 25, codec.settings


@pytest.mark.parametrize("size", ODD_SIZES, ids=lambda size: "x".join(map(str, size)))
def test_odd_sizes(family, codecs, photo, size):
    width, height = size
    odd = photo[120 : 120 + height, 150 : 150 + width]
    for codec in codecs:
        for quality in {codec.qualities[0], codec.qualities[-1]}:
            back = codec.decode(codec.encode(odd, quality, 1), 1)
            assert back.shape == odd.shape and back.dtype == np.uint8, codec.settings
            assert not family.lossless or np.array_equal(back, odd), codec.settings


def test_the_same_again_here_and_in_a_worker(codecs, crop):
    for codec in codecs:
        quality = codec.qualities[len(codec.qualities) // 2]
        sent = pickle.loads(pickle.dumps(codec))
        assert sent == codec
        data = codec.encode(crop, quality, 1)
        assert codec.encode(crop, quality, 1) == data, codec.settings
        assert sent.encode(crop, quality, 1) == data, codec.settings
        assert np.array_equal(codec.decode(data, 1), sent.decode(data, 1)), codec.settings


def test_threads_change_no_pixels_and_nearly_no_bytes(family, codecs, crop):
    for codec in codecs:
        quality = codec.qualities[len(codec.qualities) // 2]
        alone, together = (codec.encode(crop, quality, threads) for threads in (1, 2))
        if family.id == "avif":  # libaom itself differs there, and says so nowhere
            assert len(together) == pytest.approx(len(alone), rel=0.02), codec.settings
            assert together == codec.encode(crop, quality, 3), codec.settings
        else:
            assert together == alone, codec.settings
        assert np.array_equal(codec.decode(alone, 1), codec.decode(alone, 2)), codec.settings


def test_pixels_may_be_a_view(codecs, photo):
    view = photo[::-2, ::2][:64, :48]
    for codec in codecs:
        quality = codec.qualities[-1]
        assert codec.encode(view, quality, 1) == codec.encode(view.copy(), quality, 1), codec.settings
