# SPDX-License-Identifier: Apache-2.0
"""Files that hold a target: photos with the default model, and whatever else people may ask for with the tiny one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import mezzotint
from mezzotint import bundle as bundles
from mezzotint.bitstream import Limits, Mode, read_header
from mezzotint.errors import LimitExceeded, UsageError
from mezzotint.evaluate.metrics import psnr
from mezzotint.runtime.effort import refiner
from mezzotint.runtime.latents import Model, open_model
from mezzotint.runtime.pictures import Picture, from_array
from mezzotint.runtime.search import Found, coders, find
from mezzotint.runtime.search.metrics import ssim
from mezzotint.runtime.targets import Target

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def default() -> Model:
    return open_model(bundles.default(), 1)


def example(root: Path, name: str) -> Pixels:
    with Image.open(root / "examples" / f"{name}.png") as image:
        return np.asarray(image.convert("RGB"))


def search(picture: Pixels | Picture, kind: str, value: float, model: Model, tile_log2: int = 10) -> Found:
    if not isinstance(picture, Picture):
        picture = from_array(picture)
    found = find(picture, Target(kind, value), model, tile_log2, Limits())
    if kind == "bytes":
        assert found.reached == len(found.data) <= value
    return found


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
@pytest.mark.parametrize("bpp", [0.15, 0.4, 1.1])
def test_photos(root, default, name, bpp):
    """Never above, within 2 % below, and the analysis runs once."""
    pixels = example(root, name)
    found = search(pixels, "bpp", bpp, default)
    assert found.reached == 8 * len(found.data) / (pixels.shape[0] * pixels.shape[1])
    assert 0.98 * bpp <= found.reached <= bpp and found.close
    assert read_header(found.data).quality == found.quality_index
    assert found.encodes <= 4 and found.analyses == 1 and found.probes <= 8
    assert psnr(pixels, mezzotint.decode(found.data, threads=1)) > 24


def test_a_larger_file_is_a_better_one(root, default):
    pixels = example(root, "chelsea")[:200, :256]
    found = [search(pixels, "bytes", size, default) for size in (1000, 1500, 2500, 5000, 9000)]
    assert all(a.quality_index < b.quality_index for a, b in pairwise(found))
    errors = [psnr(pixels, mezzotint.decode(one.data, threads=1)) for one in found]
    assert errors == sorted(errors)


def test_the_smallest_file(root, default):
    """What is too small is refused with the smallest size, and that is granted."""
    pixels = example(root, "coffee")
    with pytest.raises(UsageError, match=r"as small as 500 bytes: .* has [\d,]+; allow") as error:
        search(pixels, "bytes", 500, default)
    least = int(str(error.value).split("has ")[1].split(";")[0].replace(",", ""))
    assert search(pixels, "bytes", least, default).quality_index == 0
    with pytest.raises(UsageError):
        search(pixels, "bytes", least - 1, default)


def test_more_bytes_than_quality_100_takes(root, default):
    pixels = example(root, "chelsea")[:128, :128]
    found = search(pixels, "bytes", 4000, default)
    assert found.quality_index == 4095 and not found.close
    assert found.data == mezzotint.encode(pixels, 100, threads=1)
    assert "the best there is" in str(found)


def test_bytes_enough_for_no_loss(root, default):
    pixels = example(root, "chelsea")[:128, :128]
    whole = len(mezzotint.encode(pixels, lossless=True))
    found = search(pixels, "bytes", whole, default)
    assert (found.quality_index, found.max_error) == (None, 0)
    assert np.array_equal(mezzotint.decode(found.data), pixels)
    found = search(pixels, "bytes", whole - 1, default)
    assert found.max_error in (1, 2) and len(found.data) > whole / 3
    off = mezzotint.decode(found.data).astype(int) - pixels
    assert np.abs(off).max() <= found.max_error


@pytest.mark.parametrize("value", [29, 33, 37])
def test_psnr(root, default, value):
    pixels = example(root, "astronaut")[100:356, :320]
    found = search(pixels, "psnr", value, default)
    assert found.reached == psnr(pixels, mezzotint.decode(found.data, threads=1))
    assert value <= found.reached <= value + 0.1 and found.close
    assert found.encodes <= 5


@pytest.mark.parametrize("value", [0.8, 0.93])
def test_ssim(root, default, value):
    pixels = example(root, "chelsea")
    found = search(pixels, "ssim", value, default)
    assert found.reached == ssim(pixels, mezzotint.decode(found.data, threads=1), 255)
    assert value <= found.reached <= 1 - (1 - value) * 0.977 and found.close
    assert found.encodes <= 6


def test_better_than_the_network_can(root, default):
    pixels = example(root, "chelsea")[:96, :96]
    found = search(pixels, "psnr", 47, default)
    assert found.max_error == 1 and 47 <= found.reached == psnr(pixels, mezzotint.decode(found.data))
    for kind, value in (("psnr", 70), ("ssim", 1)):
        found = search(pixels, kind, value, default)
        assert found.max_error == 0 and np.array_equal(mezzotint.decode(found.data), pixels)


def test_as_bad_as_can_be(photo, model):
    """Quality 0 is better than was asked for, and says so."""
    found = search(photo, "psnr", 3, model)
    assert found.quality_index == 0 and found.reached > 3 and not found.close
    assert str(found).endswith("quality 0.0, the lowest")


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 3), (64, 64, 3), (1, 300, 3), (700, 5)])
def test_small_pictures(default, shape):
    """Every size from the smallest to the largest one is held, and the best file is taken where words are few."""
    pixels = np.random.default_rng(5).integers(0, 256, shape).astype(np.uint8)
    sizes = [len(mezzotint.encode(pixels, quality, threads=1)) for quality in (0, 40, 100)]
    for most in range(sizes[0], sizes[-1], max(1, (sizes[-1] - sizes[0]) // 7)):
        found = search(pixels, "bytes", most, default)
        assert found.quality_index is None or most < sizes[1] or found.quality_index >= 1400


def test_nothing_to_see(default):
    flat = np.full((300, 500, 3), 77, np.uint8)
    found = search(flat, "bytes", 2000, default)
    assert np.abs(mezzotint.decode(found.data, threads=1).astype(int) - 77).max() < 3


def test_noise(model):
    noise = np.random.default_rng(3).integers(0, 256, (300, 400, 3)).astype(np.uint8)
    for most in (3300, 3900):
        found = search(noise, "bytes", most, model)
        assert found.close and found.encodes <= 12


def test_what_travels_beside_counts(root, default):
    """Alpha, a profile and many small tiles."""
    colour = example(root, "chelsea")
    alpha = np.add.outer(np.arange(300), np.arange(451)).astype(np.uint8)
    profile = np.random.default_rng(1).bytes(3000)
    found = search(replace(Picture(colour, alpha), icc=profile), "bytes", 12000, default, tile_log2=7)
    assert found.close
    again = mezzotint.decode(found.data, as_="pillow", threads=1)
    assert again.info["icc_profile"] == profile and np.array_equal(np.asarray(again)[..., 3], alpha)
    with pytest.raises(UsageError, match=r"leave out metadata or transparency \(3,"):
        search(replace(Picture(colour), icc=profile + bytes(400)), "bytes", 3000, default)


@pytest.mark.parametrize("kind", ["grey", "deep"])
def test_other_pictures(root, default, kind):
    colour = example(root, "chelsea")
    picture = Picture(colour[..., 1])
    if kind == "deep":
        picture = Picture(colour.astype(np.uint16) * 16 + colour // 16, bit_depth=12)
    found = search(picture, "bytes", 6000, default)
    assert found.close
    again = mezzotint.decode(found.data, threads=1)
    assert again.shape == picture.colour.shape and again.dtype == picture.colour.dtype
    assert search(picture, "psnr", 34, default).close


def test_pictures_too_large_to_hold(root, default, monkeypatch):
    """Coded anew at every quality, and as near."""
    monkeypatch.setattr(coders, "HELD_PIXELS", 0)
    pixels = example(root, "coffee")
    found = search(pixels, "bytes", 15000, default)
    assert found.close and found.encodes == found.analyses <= 3


def test_effort_uses_the_room_that_it_makes(root, default):
    picture = from_array(example(root, "chelsea")[60:188, 100:260])
    target = Target("bytes", 3000)
    plain = find(picture, target, default, 10, Limits())
    found = find(picture, target, default, 10, Limits(), refiner(1))
    assert len(found.data) <= 3000
    errors = [psnr(picture.colour, mezzotint.decode(one.data, threads=1)) for one in (plain, found)]
    assert errors[1] > errors[0] + 0.05


def test_limits_come_first(photo, model):
    with pytest.raises(LimitExceeded, match="raise --max-pixels"):
        find(from_array(photo), Target("bytes", 5000), model, 10, Limits(max_pixels=1000))


def test_the_line_that_says_it():
    found = Found(b"", Target("bytes", 50000), 49812, True, 2551)
    assert str(found) == "target 50,000 bytes: 49,812 (-0.4 %), quality 62.3"
    found = Found(b"", Target("psnr", 36), 36.042, True, 3000)
    assert str(found) == "target PSNR 36.00 dB: 36.04 (+0.04), quality 73.3"
    found = Found(b"", Target("bpp", 9), 8.1, False, None, max_error=0)
    assert str(found) == "target 9.000 bits a pixel: 8.100 (-10.0 %), lossless"


def test_drawings_are_lossless_where_that_is_smaller(default):
    rng = np.random.default_rng(0)
    drawing = np.full((256, 320, 3), 255, np.uint8)
    for top, left, height, width in rng.integers((0, 0, 3, 3), (230, 290, 26, 30), (60, 4)):
        drawing[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    for kind, value, reached in (("psnr", 36, np.inf), ("bytes", 8000, None)):
        found = search(drawing, kind, value, default)
        assert read_header(found.data).mode == Mode.LOSSLESS and found.max_error == 0
        assert found.reached == (reached or len(found.data))
