# SPDX-License-Identifier: Apache-2.0
"""Pillow images in and out: upright once and for all, with their metadata, the first frame of several."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, TiffImagePlugin

import mezzotint
from mezzotint.errors import BadImage, ConversionWarning, UsageError
from mezzotint.runtime.pictures import Picture, from_pillow, stripped, to_pillow

ORIENTATION = 0x0112
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></x>'
GPS_XMP = b'<x exif:GPSLatitude="52"/>'
FORMATS = ("png", "jpeg", "webp", "tiff", "avif")


def reopened(image, form, **options):
    stored = io.BytesIO()
    image.save(stored, form, **options)
    return Image.open(io.BytesIO(stored.getvalue()))


def corners():
    """48x32, all corners different."""
    image = Image.linear_gradient("L").resize((48, 32)).convert("RGB")
    image.paste((250, 10, 10), (0, 0, 16, 16))
    image.paste((10, 10, 250), (32, 16, 48, 32))
    return image


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_whatever_the_format(orientation, form, make_exif):
    options = {"lossless": True} if form == "webp" else {"quality": 100} if form == "avif" else {}
    exif = b"Exif\0\0" + make_exif("<", orientation)
    want = np.asarray(ImageOps.exif_transpose(reopened(corners(), form, exif=exif, **options)))
    picture = from_pillow(reopened(corners(), form, exif=exif, **options))
    assert (picture.height, picture.width) == ((48, 32) if orientation >= 5 else (32, 48))
    np.testing.assert_array_equal(picture.colour, want)
    again = to_pillow(picture)
    assert again.getexif().get(ORIENTATION, 1) == 1
    np.testing.assert_array_equal(np.asarray(ImageOps.exif_transpose(again)), want)  # not turned twice
    assert again.getexif()[0x010F] == "a camera maker"
    if form not in ("tiff", "avif"):  # TIFF has no EXIF of its own, and Pillow rewrites that of AVIF
        expected = make_exif("<", 1, thumbnail=b"") if orientation != 1 else make_exif("<", 1)
        assert picture.exif == expected


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_through_the_library(orientation, make_exif):
    image = reopened(corners(), "png", exif=make_exif(">", orientation))
    want = np.asarray(ImageOps.exif_transpose(image))
    data = mezzotint.encode(image, lossless=True)
    np.testing.assert_array_equal(mezzotint.decode(data), want)
    again = mezzotint.decode(data, as_="pillow")
    assert again.getexif()[ORIENTATION] == 1
    np.testing.assert_array_equal(np.asarray(ImageOps.exif_transpose(again)), want)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_where_only_xmp_says_how(orientation):
    image = reopened(corners(), "jpeg", xmp=XMP % orientation)
    picture = from_pillow(image)
    np.testing.assert_array_equal(picture.colour, np.asarray(ImageOps.exif_transpose(image)))
    assert picture.xmp == XMP % 1


def test_alpha_turns_too(make_exif):
    image = corners().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((48, 32)))
    image.info["exif"] = make_exif(orientation=8)
    want = np.asarray(ImageOps.exif_transpose(image))
    picture = from_pillow(image)
    np.testing.assert_array_equal(np.dstack([picture.colour, picture.alpha]), want)


def test_exif_and_xmp_that_contradict_one_another(make_exif):
    """EXIF counts; and XMP may not turn the picture once EXIF is gone."""
    image = corners()
    image.info |= {"exif": make_exif(orientation=1), "xmp": XMP % 6}
    picture = from_pillow(image)
    np.testing.assert_array_equal(picture.colour, np.asarray(image))
    assert (picture.exif, picture.xmp) == (make_exif(orientation=1), XMP % 1)


def test_a_file_of_another_encoder_is_upright_as_well(make_exif):
    exif, xmp = make_exif(orientation=6), XMP % 6
    image = to_pillow(Picture(np.zeros((3, 2), np.uint8), exif=exif, xmp=xmp))
    assert image.size == (2, 3)
    assert image.getexif()[ORIENTATION] == 1
    assert image.info["xmp"] == XMP % 1


@pytest.mark.parametrize("form", FORMATS)
def test_metadata_is_byte_exact(form, make_exif):
    exif = make_exif(orientation=1)
    options = {"icc_profile": SRGB, "exif": b"Exif\0\0" + exif}
    if form in ("jpeg", "webp", "avif"):
        options["xmp"] = XMP % 1
    picture = from_pillow(reopened(corners(), form, **options))
    assert picture.icc == SRGB
    assert picture.xmp == options.get("xmp", b"")
    if form not in ("tiff", "avif"):
        assert picture.exif == exif
    assert to_pillow(picture).getexif().get_ifd(0x8825)[1] == "N"
    assert to_pillow(picture).getexif().get_ifd(0x8769)[0x829A] == 1 / 250


def test_metadata_in_a_tiff():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x010E], tags[700], tags[ORIENTATION] = "a description", XMP % 6, 6
    image = reopened(corners(), "tiff", tiffinfo=tags, compression="tiff_deflate")
    picture = from_pillow(image)
    assert picture.xmp == XMP % 1  # in place, which Pillow's reader would not do
    assert (picture.height, picture.width) == (48, 32)
    found = Image.Exif()
    found.load(picture.exif)
    assert dict(found) == {0x010E: "a description"}  # and nothing about strips
    assert from_pillow(reopened(corners(), "tiff")).exif == b""


@pytest.mark.parametrize(
    ("strip", "left"),
    [
        ((), {"icc", "exif", "xmp"}),
        ("icc", {"exif", "xmp"}),
        (["exif"], {"icc", "xmp"}),
        ({"xmp", "gps"}, {"icc", "exif"}),
        (("all",), set()),
        (("exif", "xmp"), {"icc"}),
    ],
)
def test_strip(strip, left, make_exif, place):
    image = corners()
    image.info |= {"exif": make_exif(orientation=1), "xmp": XMP % 1, "icc_profile": SRGB}
    picture = from_pillow(image, strip)
    assert {name for name in ("icc", "exif", "xmp") if getattr(picture, name)} == left
    assert (place in picture.exif) == ("exif" in left and "gps" not in strip)


def test_strip_location_only(make_exif, place):
    image = corners()
    image.info |= {"exif": make_exif(orientation=6), "xmp": GPS_XMP, "icc_profile": SRGB}
    picture = from_pillow(image, "gps")
    assert place not in picture.exif and b"a camera maker" in picture.exif
    assert picture.xmp == b"<x/>"
    assert picture.icc == SRGB


def test_what_cannot_be_cleaned_goes():
    picture = Picture(np.zeros((1, 1), np.uint8), exif=b"II*\0 no EXIF", xmp=b"<!DOCTYPE x><x/>")
    with pytest.warns(ConversionWarning) as caught:
        bare = stripped(picture, ["gps"])
    assert [str(warning.message)[:8] for warning in caught] == ["the EXIF", "the XMP "]
    assert (bare.exif, bare.xmp) == (b"", b"")


@pytest.mark.parametrize("strip", ["thumbnail", ["exif", "ICC"], [3]])
def test_unknown_words_for_strip(strip):
    with pytest.raises(UsageError, match="choose of all, gps, exif, xmp, icc"):
        from_pillow(corners(), strip)


def test_damaged_exif_stops_nothing():
    image = Image.new("RGB", (5, 5))
    image.info["exif"] = b"Exif\0\0II*\0\xff\xff\xff\xff"
    picture = from_pillow(image)
    assert picture.exif == b"II*\0\xff\xff\xff\xff"
    assert to_pillow(picture).info["exif"] == image.info["exif"]


def test_exif_in_the_text_of_a_png(make_exif):
    image = corners()
    digits = make_exif(orientation=6).hex()
    image.info["Raw profile type exif"] = f"\nexif\n{len(digits) // 2:8}\n{digits[:72]}\n{digits[72:]}\n"
    picture = from_pillow(image)
    assert picture.height == 48
    assert picture.exif == make_exif(orientation=1, thumbnail=b"")


def test_the_exif_box_begins_with_its_tiff_header(make_exif):
    """docs/format.md 3.1; Pillow's six bytes before it are Pillow's and JPEG's, and some write them twice."""
    image = Image.new("RGB", (5, 5))
    exif = make_exif(orientation=1)
    for prefix in (b"", b"Exif\0\0", b"Exif\0\0Exif\0\0"):
        image.info["exif"] = prefix + exif
        picture = from_pillow(image)
        assert picture.exif == exif
        assert to_pillow(picture).info["exif"] == b"Exif\0\0" + exif


def test_a_profile_of_other_colours_is_dropped_aloud():
    image = Image.new("L", (9, 7))
    image.info["icc_profile"] = SRGB
    with pytest.warns(ConversionWarning, match="ICC profile does not describe grey"):
        assert from_pillow(image).icc == b""


def test_metadata_over_the_limits_is_left_out_with_a_warning():
    image = Image.new("RGB", (9, 7))
    image.info["xmp"] = bytes((16 << 20) + 1)
    with pytest.warns(ConversionWarning, match="XMP .*16 MiB"):
        assert from_pillow(image).xmp == b""


@pytest.mark.parametrize("form", ["gif", "png", "webp", "tiff", "avif"])
def test_animations_give_their_first_frame(form):
    frames = [Image.new("RGB", (16, 16), (value, 0, 0)) for value in (10, 120, 240)]
    image = reopened(frames[0], form, save_all=True, append_images=frames[1:])
    for position in (0, 1):
        image.seek(position)
        with pytest.warns(ConversionWarning, match="several frames, and only the first"):
            picture = from_pillow(image)
        assert abs(int(picture.colour[0, 0, 0]) - 10) < 8
        assert image.tell() == position
    one = image.copy()  # the way to encode another frame
    assert abs(int(from_pillow(one).colour[0, 0, 0]) - 120) < 8


def test_deep_colour_is_more_than_pillow_holds():
    deep = Picture(np.array([[[0, 512, 1023]]], np.uint16), bit_depth=10)
    with pytest.warns(ConversionWarning, match="has 10.*as_='array'"):
        image = to_pillow(deep)
    assert (image.mode, image.getpixel((0, 0))) == ("RGB", (0, 128, 255))
    grey = Picture(np.array([[0, 512, 1023]], np.uint16), bit_depth=10)
    assert np.asarray(to_pillow(grey)).tolist() == [[0, 32800, 65535]]
    with pytest.warns(ConversionWarning):
        assert to_pillow(Picture(grey.colour, grey.colour, bit_depth=10)).mode == "LA"
    few = Picture(np.array([[0, 5, 15]], np.uint8), np.array([[15, 0, 1]], np.uint8), bit_depth=4)
    assert np.asarray(to_pillow(few)).tolist() == [[[0, 255], [85, 0], [255, 17]]]


def test_images_that_pillow_cannot_read():
    stored = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(stored, "png")
    with pytest.raises(BadImage, match="cannot read"):
        from_pillow(Image.open(io.BytesIO(stored.getvalue()[:900])))
    with pytest.raises(BadImage, match="no pixels"):
        from_pillow(Image.new("RGB", (0, 5)))
