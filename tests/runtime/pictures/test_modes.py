# SPDX-License-Identifier: Apache-2.0
"""Every Pillow mode goes in; what is lost is said, and what is not lost comes out."""

from __future__ import annotations

import struct
import warnings

import numpy as np
import pytest
from PIL import Image, ImageCms

from mezzotint.errors import BadImage, ConversionWarning
from mezzotint.runtime.pictures import from_pillow, to_pillow

SILENT = {
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "P": "RGB",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBA": "RGBA",
    "RGBX": "RGB",
    "RGBa": "RGBA",
    "I": "I;16",
    "I;16": "I;16",
    "I;16L": "I;16",
    "I;16B": "I;16",
    "I;16N": "I;16",
}
WARNED = {"1": "L", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "F": "L"}


def sample(mode):
    grey = Image.linear_gradient("L").resize((37, 23))
    if mode.startswith("I;16"):
        return Image.frombytes(mode, grey.size, bytes(range(251)) * 6 + bytes(37 * 23 * 2 - 251 * 6))
    if mode == "LAB":
        return Image.merge("LAB", [grey, grey.rotate(90, expand=False), grey])
    if mode == "F":
        return Image.fromarray(np.asarray(grey) + np.float32(0.25))
    if mode in ("La", "PA"):
        return grey.convert("LA").convert(mode)
    if mode == "RGBa":
        return grey.convert("RGBA").convert(mode)
    return grey.convert("RGB").convert(mode)


@pytest.mark.parametrize("mode", [*SILENT, *WARNED])
def test_every_mode_goes_through(mode):
    image = sample(mode)
    assert image.mode == mode
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        picture = from_pillow(image)
    assert [warning.category for warning in caught] == [ConversionWarning] * (mode in WARNED)
    again = to_pillow(picture)
    assert (again.mode, again.size) == ((SILENT | WARNED)[mode], image.size)


@pytest.mark.parametrize("mode", ["1", *(mode for mode in SILENT if not mode.startswith("I"))])
@pytest.mark.filterwarnings("ignore::mezzotint.errors.ConversionWarning")
def test_lossless_modes_keep_every_pixel(mode):
    want = sample(mode).convert((SILENT | WARNED)[mode])
    np.testing.assert_array_equal(np.asarray(to_pillow(from_pillow(sample(mode)))), np.asarray(want))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_large_images_are_read_in_bands(mode, monkeypatch):
    monkeypatch.setattr("mezzotint.runtime.pictures.modes._BAND", 200)
    image = Image.effect_noise((37, 23), 99).convert(mode)
    np.testing.assert_array_equal(np.asarray(to_pillow(from_pillow(image))), np.asarray(image))


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B", "I;16N", "I"])
def test_deep_grey_keeps_every_bit(mode):
    values = np.array([[0, 1, 255, 256, 32768, 65535]], np.int32)
    image = Image.fromarray(values)
    if mode != "I":
        order = ">" if mode == "I;16B" else "="
        image = Image.frombytes(mode, image.size, values.astype(order + "u2").tobytes())
    picture = from_pillow(image)
    assert (picture.bit_depth, picture.colour.dtype) == (16, np.uint16)
    np.testing.assert_array_equal(picture.colour, values)
    np.testing.assert_array_equal(np.asarray(to_pillow(picture)), values)


def test_wide_integers_and_floats_are_clipped():
    with pytest.warns(ConversionWarning, match="mode I .*clipped"):
        picture = from_pillow(Image.fromarray(np.array([[-5, 0, 65535, 10**6]], np.int32)))
    assert picture.colour.tolist() == [[0, 0, 65535, 65535]]
    floats = np.array([[-1, 0.4, 254.6, 1e30, np.nan, np.inf]], np.float32)
    with pytest.warns(ConversionWarning, match="mode F "):
        picture = from_pillow(Image.fromarray(floats))
    assert picture.colour.tolist() == [[0, 0, 255, 255, 0, 255]]


def test_two_values_stay_two_and_are_mentioned():
    with pytest.warns(ConversionWarning, match="1 bit a pixel.*nothing is lost.*only lossless coding"):
        picture = from_pillow(Image.fromarray(np.array([[True, False]])))
    assert (picture.bit_depth, picture.colour.tolist()) == (8, [[255, 0]])


def test_lab_keeps_its_colours():
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    rgb = Image.new("RGB", (4, 4), (200, 80, 40))
    image = ImageCms.profileToProfile(rgb, srgb, lab, outputMode="LAB")
    assert image is not None
    with pytest.warns(ConversionWarning, match="LAB"):
        picture = from_pillow(image)
    assert np.abs(picture.colour.astype(int) - [200, 80, 40]).max() <= 4


def ink_profile():
    """A CMYK profile whose first ink is all that counts: none is white, full is black."""
    linear = bytes(range(256))
    # Four inks, two grid points each; Lab in 8 bits, neutral. The first ink changes slowest.
    grid = b"".join(bytes([0 if number >= 8 else 255, 128, 128]) for number in range(16))
    matrix = struct.pack(">9i", *(0x10000 if place % 4 == 0 else 0 for place in range(9)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + linear * 4 + grid + linear * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    text = b"text" + bytes(4) + b"none\0\0\0\0"
    described = b"desc" + bytes(4) + struct.pack(">I", 5) + b"inks\0" + bytes(78 + 5)
    tags = [(b"desc", described), (b"cprt", text), (b"wtpt", white), (b"A2B0", table)]
    place = 128 + 4 + 12 * len(tags)
    index, body = struct.pack(">I", len(tags)), b""
    for name, content in tags:
        content += bytes(-len(content) % 4)
        index += name + struct.pack(">II", place + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", 0, b"\0\0\0\0", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    profile = head.ljust(128, b"\0") + index + body
    return struct.pack(">I", len(profile)) + profile[4:]


def inks(profile):
    image = Image.new("CMYK", (2, 1))
    image.putpixel((0, 0), (0, 255, 255, 0))
    image.putpixel((1, 0), (255, 0, 0, 0))
    if profile is not None:
        image.info["icc_profile"] = profile
    return image


def test_inks_are_converted_by_their_profile():
    with pytest.warns(ConversionWarning, match="CMYK and is converted to sRGB by its ICC profile"):
        picture = from_pillow(inks(ink_profile()))
    np.testing.assert_allclose(
        picture.colour, [[[255] * 3, [0] * 3]], atol=3
    )  # white and black, by that profile
    assert picture.icc == b""


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        (None, "no ICC profile for it"),
        (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), "no ICC profile for it"),
        (ink_profile()[:200], "ICC profile that is damaged"),
    ],
)
def test_inks_without_a_good_profile(profile, why):
    with pytest.warns(ConversionWarning, match=f"CMYK and .*{why}.*plain formula"):
        picture = from_pillow(inks(profile))
    assert picture.colour.tolist() == [[[255, 0, 0], [0, 255, 255]]]
    assert picture.icc == b""


@pytest.mark.parametrize(("mode", "key"), [("L", 7), ("RGB", (1, 2, 3)), ("1", 255), ("I;16", 700)])
@pytest.mark.filterwarnings("ignore:the image has 1 bit:mezzotint.errors.ConversionWarning")
def test_a_key_colour_becomes_alpha(mode, key):
    image = Image.new(mode, (5, 4), 0)
    image.putpixel((2, 1), key)
    image.info["transparency"] = key
    picture = from_pillow(image)
    assert picture.alpha is not None
    want = np.full((4, 5), 2**picture.bit_depth - 1)
    want[1, 2] = 0
    np.testing.assert_array_equal(picture.alpha, want)


@pytest.mark.parametrize(("mode", "key"), [("RGB", b"\0\1"), ("L", None), ("P", (1, 2, 3)), ("1", "x")])
@pytest.mark.filterwarnings("ignore:the image has 1 bit:mezzotint.errors.ConversionWarning")
def test_a_key_colour_of_another_mode(mode, key):
    image = Image.new(mode, (3, 2))
    image.info["transparency"] = key
    with pytest.raises(BadImage, match="convert"):
        from_pillow(image)


def test_palettes_keep_their_transparency():
    image = Image.new("P", (4, 3), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert from_pillow(image).alpha is None
    image.info["transparency"] = bytes([255, 99])
    picture = from_pillow(image)
    assert picture.alpha is not None
    assert (picture.alpha == 99).all()
    assert picture.colour[0, 0].tolist() == [10, 20, 30]
