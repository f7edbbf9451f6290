# SPDX-License-Identifier: Apache-2.0
"""Every kind of picture goes in; what comes out says the same."""

import io
import warnings
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

import mezzotint
from mezzotint.bitstream import Box
from mezzotint.bundle import Bundle
from mezzotint.errors import BadImage, ConversionWarning, DamagedFile
from mezzotint.runtime import pictures
from mezzotint.runtime.pictures import Picture, from_array, from_boxes, from_pillow, to_boxes, to_pillow

LOSSLESS = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "P": "RGB",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBA": "RGBA",
    "RGBX": "RGB",
    "RGBa": "RGBA",
}
LOSSY = {
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "LAB": "RGB",
    "HSV": "RGB",
    "I": "L",
    "F": "L",
    "I;16": "L",
    "I;16L": "L",
    "I;16B": "L",
    "I;16N": "L",
}


def sample(mode: str) -> Image.Image:
    grey = Image.linear_gradient("L").resize((37, 23))
    if mode in ("I;16", "I;16L", "I;16B", "I;16N"):
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


@pytest.mark.parametrize("mode", [*LOSSLESS, *LOSSY])
def test_every_mode_goes_through(mode: str, bundle: Bundle) -> None:
    image = sample(mode)
    assert image.mode == mode
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = mezzotint.encode(image, model=bundle)
    assert {warning.category for warning in caught} == ({ConversionWarning} if mode in LOSSY else set())
    again = mezzotint.decode(data, model=bundle, as_="pillow")
    assert again.size == image.size
    assert again.mode == (LOSSLESS | LOSSY)[mode]


@pytest.mark.parametrize("mode", LOSSLESS)
def test_lossless_modes_keep_every_pixel(mode: str) -> None:
    picture = from_pillow(sample(mode))
    want = sample(mode).convert(LOSSLESS[mode])
    np.testing.assert_array_equal(np.asarray(to_pillow(picture)), np.asarray(want))


def test_sixteen_bits_are_scaled_not_cut() -> None:
    values = np.array([[0, 128, 257, 32768, 65535]], np.uint16)
    with pytest.warns(ConversionWarning, match="I;16"):
        picture = from_pillow(Image.fromarray(values))
    np.testing.assert_array_equal(picture.colour, [[0, 0, 1, 128, 255]])
    exact = from_pillow(Image.fromarray(values[:, [0, 2, 4]]))  # nothing lost, no warning
    np.testing.assert_array_equal(exact.colour, [[0, 1, 255]])


def test_wide_integers_and_floats_are_clipped() -> None:
    with pytest.warns(ConversionWarning, match="mode I "):
        picture = from_pillow(Image.fromarray(np.array([[-5, 0, 65535, 10**6]], np.int32)))
    np.testing.assert_array_equal(picture.colour, [[0, 0, 255, 255]])
    floats = np.array([[-1, 0.4, 254.6, 1e30, np.nan, np.inf]], np.float32)
    with pytest.warns(ConversionWarning, match="mode F "):
        picture = from_pillow(Image.fromarray(floats))
    np.testing.assert_array_equal(picture.colour, [[0, 0, 255, 255, 0, 255]])


def test_lab_keeps_its_colours() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    rgb = Image.new("RGB", (4, 4), (200, 80, 40))
    image = ImageCms.profileToProfile(rgb, srgb, lab, outputMode="LAB")
    assert image is not None
    with pytest.warns(ConversionWarning, match="LAB"):
        picture = from_pillow(image)
    assert np.abs(picture.colour.astype(int) - [200, 80, 40]).max() <= 4


@pytest.mark.parametrize(("mode", "key"), [("L", 7), ("RGB", (1, 2, 3)), ("1", 255)])
def test_a_key_colour_becomes_alpha(mode: str, key: int | tuple[int, int, int]) -> None:
    image = Image.new(mode, (5, 4), 0)
    image.putpixel((2, 1), key)
    image.info["transparency"] = key
    alpha = from_pillow(image).alpha
    assert alpha is not None
    assert alpha[1, 2] == 0
    assert int(alpha.sum()) == 19 * 255


def test_palettes_keep_their_transparency() -> None:
    image = Image.new("P", (4, 3), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert from_pillow(image).alpha is None
    image.info["transparency"] = bytes([255, 99])
    picture = from_pillow(image)
    assert picture.alpha is not None
    assert (picture.alpha == 99).all()
    np.testing.assert_array_equal(picture.colour[0, 0], [10, 20, 30])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation: int, bundle: Bundle) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = io.BytesIO()
    upright = Image.linear_gradient("L").resize((48, 32))
    upright.save(stored, "png", exif=exif)
    image = Image.open(stored)
    picture = from_pillow(image)
    turned = orientation >= 5
    assert (picture.height, picture.width) == ((48, 32) if turned else (32, 48))
    again = mezzotint.decode(mezzotint.encode(image, model=bundle), model=bundle, as_="pillow")
    assert again.size == ((32, 48) if turned else (48, 32))
    assert again.getexif().get(0x0112, 1) == 1  # not turned twice


def test_damaged_exif_stops_nothing() -> None:
    image = Image.new("RGB", (5, 5))
    image.info["exif"] = b"Exif\0\0II*\0\xff\xff\xff\xff"
    assert from_pillow(image).height == 5


def test_metadata_comes_back(bundle: Bundle) -> None:
    image = Image.new("RGB", (9, 7), (1, 2, 3))
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x010E] = "a test"
    image.info |= {"icc_profile": icc, "exif": exif.tobytes(), "xmp": b"<x/>"}
    again = mezzotint.decode(mezzotint.encode(image, model=bundle), model=bundle, as_="pillow")
    assert again.info["icc_profile"] == icc
    assert again.info["xmp"] == b"<x/>"
    assert again.getexif()[0x010E] == "a test"
    bare = mezzotint.decode(mezzotint.encode(image, model=bundle, metadata=False), model=bundle, as_="pillow")
    assert set(bare.info) == {"icc_profile"}


def test_a_profile_of_other_colours_is_dropped() -> None:
    image = Image.new("L", (9, 7))
    image.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert from_pillow(image).icc == b""


def test_metadata_over_the_limits_is_left_out_with_a_warning() -> None:
    image = Image.new("RGB", (9, 7))
    image.info["xmp"] = bytes((16 << 20) + 1)
    with pytest.warns(ConversionWarning, match="XMP"):
        assert from_pillow(image).xmp == b""


def test_animations_give_their_current_frame() -> None:
    stored = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), (value, 0, 0)) for value in (10, 200)]
    frames[0].save(stored, "png", save_all=True, append_images=frames[1:])
    with pytest.warns(ConversionWarning, match="animation"):
        picture = from_pillow(Image.open(stored))
    assert picture.colour[0, 0, 0] == 10


def test_images_that_pillow_cannot_read() -> None:
    stored = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(stored, "png")
    with pytest.raises(BadImage, match="cannot read"):
        from_pillow(Image.open(io.BytesIO(stored.getvalue()[:900])))
    with pytest.raises(BadImage, match="no pixels"):
        from_pillow(Image.new("RGB", (0, 5)))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 3), bool),
        np.zeros((4,), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((3, 4, 5), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 0), np.uint8),
    ],
)
def test_arrays_that_are_no_pictures(array: NDArray[np.generic], bundle: Bundle) -> None:
    with pytest.raises(BadImage, match="; "):
        mezzotint.encode(array, model=bundle)  # type: ignore[arg-type]


def test_things_that_are_no_pictures(bundle: Bundle) -> None:
    for thing in ([[1, 2]], "photo.png", None):
        with pytest.raises(BadImage, match="give a uint8 array"):
            mezzotint.encode(thing, model=bundle)  # type: ignore[arg-type]


def planes() -> dict[str, NDArray[np.uint8]]:
    rows, columns = np.mgrid[:200, :150]
    return {
        "opaque": np.full((200, 150), 255, np.uint8),
        "one": np.array([[7]], np.uint8),
        "ramp": (columns % 256).astype(np.uint8),
        "fall": (rows % 256).astype(np.uint8),
        "mask": ((rows - 100) ** 2 + (columns - 70) ** 2 < 3000).astype(np.uint8) * 255,
        "noise": np.random.default_rng(0).integers(0, 256, (200, 150), np.uint8),
    }


@pytest.mark.parametrize("name", planes())
def test_alpha_is_lossless(name: str) -> None:
    plane = planes()[name]
    boxes = to_boxes(Picture(plane, plane))
    again = from_boxes(boxes, *plane.shape)
    assert again.alpha is not None
    np.testing.assert_array_equal(again.alpha, plane)
    most = {"opaque": 2, "one": 2, "ramp": 250, "fall": 250, "mask": 900}
    assert len(boxes[0].payload) <= most.get(name, plane.size + 100)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0",
        b"\0\1\2",
        b"\4" + zlib.compress(bytes(12)),
        b"\1" + zlib.compress(bytes(11)),
        b"\1" + zlib.compress(bytes(13)),
        b"\1" + zlib.compress(bytes(10**7)),  # a bomb stops at the declared size
        b"\1" + zlib.compress(bytes(12))[:-1],
        b"\1" + zlib.compress(bytes(12)) + b"x",
        b"\2" + b"not zlib",
        b"\3",
    ],
)
def test_damaged_alpha(payload: bytes) -> None:
    with pytest.raises(DamagedFile, match="alpha"):
        from_boxes((Box(b"ALPH", payload),), 3, 4)


def test_grey_with_alpha_gives_four_planes_as_an_array(bundle: Bundle) -> None:
    image = Image.new("LA", (5, 4), (90, 30))
    data = mezzotint.encode(image, model=bundle)
    array = mezzotint.decode(data, model=bundle)
    assert array.shape == (4, 5, 4)
    assert (array[..., 3] == 30).all()
    assert mezzotint.decode(data, model=bundle, as_="pillow").mode == "LA"


def test_arrays_are_not_copied() -> None:
    array = np.zeros((4, 4, 3), np.uint8)
    assert pictures.to_array(from_array(array)) is array


def test_the_exif_box_begins_with_its_tiff_header() -> None:
    """docs/format.md 3.1; Pillow's six bytes before it are Pillow's and JPEG's."""
    exif = Image.Exif()
    exif[0x010E] = "a test"
    image = Image.new("RGB", (5, 5))
    for given in (exif.tobytes(), exif.tobytes().removeprefix(b"Exif\0\0")):
        image.info["exif"] = given
        picture = from_pillow(image)
        assert picture.exif[:4] in (b"MM\0*", b"II*\0")
        assert to_pillow(picture).info["exif"] == b"Exif\0\0" + picture.exif


@pytest.mark.parametrize(("mode", "key"), [("RGB", b"\0\1"), ("L", None), ("P", (1, 2, 3)), ("1", "x")])
def test_a_key_colour_of_another_mode(mode: str, key: object) -> None:
    image = Image.new(mode, (3, 2))
    image.info["transparency"] = key
    with pytest.raises(BadImage, match="convert"):
        from_pillow(image)
