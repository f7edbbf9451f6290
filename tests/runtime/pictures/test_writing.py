# SPDX-License-Identifier: Apache-2.0
"""Pictures to files: by suffix, with all bits and all metadata that the format has room for."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image, ImageCms

from mezzotint.bitstream import Limits
from mezzotint.errors import BadImage, ConversionWarning, UsageError
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.reading import read_picture
from mezzotint.runtime.pictures.writing import form_of, write_picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>\xc3\xa4</x:xmpmeta>"


def noise(shape, depth):
    dtype = np.uint8 if depth <= 8 else np.uint16
    return np.random.default_rng(5).integers(0, 2**depth - 1, shape, dtype, endpoint=True)


def opened(data):
    return Image.open(io.BytesIO(data))


def read(data):
    return read_picture(data, "a file", Limits())


@pytest.mark.parametrize(
    ("target", "form"),
    [
        *[("a.png", "PNG"), ("b.JPG", "JPEG"), ("c.tif", "TIFF"), ("d.webp", "WEBP"), ("-", "PNG")],
        *[("f.npy", "NPY"), ("g.avif", "AVIF"), ("h.ppm", "PPM"), ("i.pgm", "PPM"), ("k.gif", "GIF")],
    ],
)
def test_the_suffix_says_the_format(target, form):
    assert form_of(target) == form


@pytest.mark.parametrize("target", ["a", "a.xyz", "a.mzt", "a.html", ".png"])
def test_suffixes_of_no_format(target):
    with pytest.raises(UsageError, match=r"end in .png, .*\.npy"):
        form_of(target)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_metadata_goes_where_the_format_has_room(form, shape, make_exif):
    icc = SRGB if len(shape) == 3 else SRGB[:16] + b"GRAY" + SRGB[20:]
    if form in ("WEBP", "AVIF") and len(shape) == 2:
        icc = b""  # their pictures are RGB, and Pillow refuses the profile
    picture = Picture(noise(shape, 8), None, icc, make_exif(orientation=1), XMP)
    found = read(write_picture(picture, form))
    assert found.icc == icc
    assert found.xmp == XMP
    assert b"a camera maker" in found.exif
    if form in ("PNG", "JPEG", "WEBP"):
        assert found.exif == picture.exif


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_malformed_exif_stops_nothing(form):
    picture = Picture(noise((20, 30, 3), 8), exif=b"no EXIF", xmp=XMP)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = write_picture(picture, form)
    assert [warning.category for warning in caught] == [ConversionWarning] * (form in ("AVIF", "TIFF"))
    assert read(data).xmp == XMP


def test_metadata_too_large_for_jpeg(make_exif):
    picture = Picture(
        noise((20, 30, 3), 8), exif=make_exif(orientation=1, tail=bytes(1 << 16)), xmp=b" " * (1 << 16)
    )
    with pytest.warns(ConversionWarning) as caught:
        data = write_picture(picture, "JPEG")
    assert [str(warning.message).split()[-6:-4] for warning in caught] == [["of", "EXIF,"], ["of", "XMP,"]]
    assert not opened(data).getexif()


@pytest.mark.parametrize("depth", [10, 16])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("shape", [(37, 23), (37, 23, 3)])
def test_deep_png(shape, alpha, depth, make_exif, monkeypatch):
    monkeypatch.setattr("mezzotint.runtime.pictures.png16._BAND", 1000)  # several bands
    colour = np.sort(noise(shape, depth), axis=1)  # all filters have their day
    colour[:9] = np.sort(colour, axis=0)[:9]
    icc = SRGB if len(shape) == 3 else SRGB[:16] + b"GRAY" + SRGB[20:]
    plane = noise(shape[:2], depth) if alpha else None
    picture = Picture(colour, plane, icc, make_exif(orientation=1), XMP, depth)
    data = write_picture(picture, "PNG")
    found = read(data)
    assert (found.icc, found.exif, found.xmp, found.bit_depth) == (icc, picture.exif, XMP, 16)
    scale = 65535 / (2**depth - 1)
    np.testing.assert_array_equal(found.colour, np.rint(colour * scale))
    if alpha:
        np.testing.assert_array_equal(found.alpha, np.rint(plane * scale))
    theirs = opened(data)  # by a decoder that is not ours; it checks the checksums as well
    theirs.load()
    if len(shape) == 2 and not alpha:
        np.testing.assert_array_equal(np.asarray(theirs), found.colour)
    else:
        array = np.asarray(theirs)
        np.testing.assert_array_equal(array[..., 0], found.colour.reshape(37, 23, -1)[..., 0] >> 8)


def test_deep_png_is_small():
    rows, columns = np.mgrid[:200, :300]
    smooth = (rows * 17 + columns * 31).astype(np.uint16)
    assert len(write_picture(Picture(smooth, bit_depth=16), "PNG")) < smooth.nbytes / 20


@pytest.mark.parametrize("depth", [9, 12, 16])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_deep_ppm(shape, depth):
    colour = noise(shape, depth)
    found = read(write_picture(Picture(colour, bit_depth=depth), "PPM"))
    assert found.bit_depth == depth
    np.testing.assert_array_equal(found.colour, colour)


@pytest.mark.parametrize("depth", [8, 12])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_npy(shape, depth):
    samples = noise(shape, depth)
    deep = len(shape) == 3 and shape[2] == 4
    picture = Picture(
        samples[..., :3] if deep else samples, samples[..., 3] if deep else None, bit_depth=depth
    )
    array = np.load(io.BytesIO(write_picture(picture, "NPY")))
    assert array.dtype == samples.dtype
    np.testing.assert_array_equal(array, samples)


@pytest.mark.parametrize("depth", [10, 16])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("shape", [(37, 23), (37, 23, 3)])
def test_deep_tiff(shape, alpha, depth, make_exif, monkeypatch):
    monkeypatch.setattr("mezzotint.runtime.pictures.tiff16._BAND", 1000)  # several bands
    icc = SRGB if len(shape) == 3 else SRGB[:16] + b"GRAY" + SRGB[20:]
    colour, plane = noise(shape, depth), noise(shape[:2], depth) if alpha else None
    data = write_picture(Picture(colour, plane, icc, make_exif(orientation=1), XMP, depth), "TIFF")
    theirs = opened(data)  # by a decoder that is not ours
    assert theirs.getexif()[0x010F] == "a camera maker"
    assert theirs.getexif().get_ifd(0x8825)[1] == "N"
    if alpha and len(shape) == 2:  # few read such a TIFF
        icc, colour = b"", np.dstack([colour] * 3)
    assert (theirs.info.get("icc_profile", b""), theirs.info["xmp"]) == (icc, XMP)
    found = read(data)
    scale = 65535 / (2**depth - 1)
    np.testing.assert_array_equal(found.colour, np.rint(colour * scale))
    if alpha:
        np.testing.assert_array_equal(found.alpha, np.rint(plane * scale))


def test_deep_tiff_with_malformed_exif():
    with pytest.warns(ConversionWarning, match="EXIF is malformed"):
        data = write_picture(Picture(noise((5, 7, 3), 16), exif=b"no EXIF", xmp=XMP, bit_depth=16), "TIFF")
    assert read(data).xmp == XMP


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "BMP", "GIF"])
def test_other_formats_get_8_bits_and_say_so(form):
    deep = Picture(noise((16, 16, 3), 12), bit_depth=12)
    with pytest.warns(
        ConversionWarning, match=f"{form} is written with 8 bits a sample, and the picture has 12"
    ):
        data = write_picture(deep, form)
    assert opened(data).size == (16, 16)
    with pytest.warns(ConversionWarning):
        assert opened(write_picture(Picture(noise((16, 16), 12), bit_depth=12), form)).size == (16, 16)


def test_a_format_that_cannot_hold_the_picture():
    clear = Picture(noise((5, 5, 3), 8), noise((5, 5), 8))
    with pytest.raises(BadImage, match="JPEG cannot hold this picture.*RGBA, 5x5.*; choose another suffix"):
        write_picture(clear, "JPEG")
