# SPDX-License-Identifier: Apache-2.0
"""Which way a picture is coded: what contradicts, what deep pictures get, and when lossless takes over."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import mezzotint
from mezzotint.bitstream import Mode, read_header
from mezzotint.errors import UsageError


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"lossless": True, "max_error": 2}, "lossless and max_error contradict"),
        ({"target_bytes": 9, "lossless": True}, "target_bytes and lossless contradict"),
        ({"target_bytes": 9, "target_psnr": 30}, "target_bytes and target_psnr contradict"),
        ({"target_bpp": 1, "quality": 60}, "quality and target_bpp contradict"),
        ({"max_error": -1}, "no largest error"),
        ({"max_error": 1.5}, "no largest error"),
        ({"max_error": 256}, "outside 0..255"),
        ({"target_bytes": 0}, "outside 1"),
        ({"target_psnr": float("nan")}, "outside"),
        ({"target_ssim": 1.5}, "outside"),
        ({"target_bpp": "1"}, "outside"),
        ({"quality": 101}, "outside 0..100"),
        ({"lossless": True, "effort": 1}, "effort concerns lossy"),
        ({"bit_depth": 9}, "does not go with an array of uint8"),
    ],
)
def test_what_contradicts_is_refused(photo: NDArray[np.uint8], options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        mezzotint.encode(photo, **options)


@pytest.mark.parametrize("bit_depth", [9, 10, 12, 16])
@pytest.mark.parametrize("grey", [False, True])
def test_the_top_of_the_dial_keeps_what_deep_pictures_have(root: Path, bit_depth: int, grey: bool) -> None:
    """Above 90 the largest error falls to nothing, and the size only rises."""
    rng = np.random.default_rng(bit_depth)
    with Image.open(root / "examples" / "chelsea.png") as image:
        eight = np.asarray(image.convert("L" if grey else "RGB"))[:70, :130].astype(np.uint16)
    deep = (eight << bit_depth - 8) + rng.integers(0, 1 << bit_depth - 8, eight.shape, np.uint16)
    sizes, errors = [], []
    for quality in (90, 91, 95, 99, 100):
        data = mezzotint.encode(deep, quality, bit_depth=bit_depth)
        header, back = read_header(data), mezzotint.decode(data)
        assert header.bit_depth == bit_depth
        assert back.dtype == np.uint16 and back.shape == deep.shape
        sizes.append(len(data))
        errors.append(int(np.abs(back.astype(int) - deep.astype(int)).max()))
        if quality > 90:
            assert header.mode is not Mode.LOSSY
            assert errors[-1] <= round((100 - quality) / 10 * 2 * (1 << bit_depth - 8))
    assert errors[-1] == 0
    assert all(a <= b for a, b in pairwise(sizes[1:]))


def test_sixteen_bits_matter(photo: NDArray[np.uint8]) -> None:
    """Eight bits of precision end at 58.9 dB; a quality of 99 is far beyond."""
    rng = np.random.default_rng(0)
    deep = (photo.astype(np.uint16) << 8) + rng.integers(0, 256, photo.shape, np.uint16)
    back = mezzotint.decode(mezzotint.encode(deep, 99)).astype(float)
    assert 10 * np.log10(65535**2 / np.square(back - deep).mean()) > 62


@pytest.mark.parametrize("bit_depth", [1, 4, 7, 8])
def test_shallow_pictures_keep_their_range(photo: NDArray[np.uint8], bit_depth: int) -> None:
    shallow = photo >> 8 - bit_depth
    for options in ({"quality": 80}, {"lossless": True}):
        data = mezzotint.encode(shallow, bit_depth=bit_depth, **options)  # type: ignore[arg-type]
        back = mezzotint.decode(data)
        assert read_header(data).bit_depth == bit_depth
        assert back.dtype == np.uint8 and int(back.max()) < 1 << bit_depth
    assert (back == shallow).all()


@pytest.mark.parametrize("most", [1, 2, 7, 100])
def test_the_largest_error_holds(photo: NDArray[np.uint8], most: int) -> None:
    data = mezzotint.encode(photo, max_error=most)
    assert read_header(data).mode is Mode.NEAR_LOSSLESS
    assert np.abs(mezzotint.decode(data).astype(int) - photo.astype(int)).max() <= most
    assert len(data) < len(mezzotint.encode(photo, lossless=True))


def test_drawings_become_lossless_and_photographs_do_not(photo: NDArray[np.uint8]) -> None:
    image = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    for row in range(10):
        draw.text((10, 25 * row), "The quick brown fox jumps over the lazy dog", fill=(row * 20, 0, 99))
        draw.rectangle((300, 25 * row, 380, 25 * row + 15), outline=(0, 128, 0))
    drawing = np.asarray(image)
    data = mezzotint.encode(drawing, 75)
    assert read_header(data).mode is Mode.LOSSLESS
    assert (mezzotint.decode(data) == drawing).all()
    for quality in (0, 50, 75, 100):
        assert read_header(mezzotint.encode(photo, quality)).mode is Mode.LOSSY


def test_sizes_rise_with_quality(root: Path) -> None:
    """The one dial is monotone: more is never smaller, and never further from the picture."""
    with Image.open(root / "examples" / "coffee.png") as image:
        pixels = np.asarray(image.convert("RGB"))[:256, :256]
    sizes, errors = [], []
    for quality in range(0, 101, 5):
        data = mezzotint.encode(pixels, quality)
        sizes.append(len(data))
        errors.append(float(np.square(mezzotint.decode(data).astype(float) - pixels).mean()))
    assert all(a < b for a, b in pairwise(sizes))
    assert all(a > b for a, b in pairwise(errors))
