# SPDX-License-Identifier: Apache-2.0
"""A picture there and back on the command line: suffixes, streams, quality, metadata, threads."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

import mezzotint


def pixels(source) -> np.ndarray:
    with Image.open(source) as image:
        return np.asarray(image)


def test_there_and_back(mzt, picture, coded, tiny_model):
    result = mzt("decode", coded, "back.png")
    assert (result.status, result.out) == (0, b"")
    assert result.err.startswith("back.png: 90x70, PNG, ")
    back = pixels("back.png")
    assert np.array_equal(back, mezzotint.decode(coded.read_bytes(), model=tiny_model))
    assert back.shape == pixels(picture).shape


def test_the_line_about_an_encoded_file(mzt, picture, tiny_model):
    result = mzt("encode", picture, "out.mzt", "--model", tiny_model)
    size = Path("out.mzt").stat().st_size
    assert result.err.startswith(f"out.mzt: 90x70, {size:,} bytes, {8 * size / 6300:.3f} bits per pixel, ")
    assert mzt("encode", picture, "out.mzt", "-f", "--quiet", "--model", tiny_model).err == ""


def test_streams(mzt, picture, coded, tiny_model):
    result = mzt("encode", "-", "-", "--model", tiny_model, "--quiet", stdin=picture.read_bytes())
    assert result.out == coded.read_bytes()
    result = mzt("decode", "-", "-", "--quiet", stdin=coded.read_bytes())
    assert (result.status, result.err) == (0, "")
    with Image.open(io.BytesIO(result.out)) as image:
        assert (image.format, image.size) == ("PNG", (90, 70))


@pytest.mark.parametrize(
    ("suffix", "form"), [("png", "PNG"), ("ppm", "PPM"), ("JPG", "JPEG"), ("webp", "WEBP"), ("tiff", "TIFF")]
)
def test_the_suffix_chooses_the_format(mzt, coded, suffix, form):
    assert mzt("decode", coded, f"back.{suffix}").status == 0
    with Image.open(f"back.{suffix}") as image:
        assert (image.format, image.size) == (form, (90, 70))


@pytest.mark.parametrize("name", ["back", "back.xyz", "back.mzt", "back.html"])
def test_unknown_suffix(mzt, folder, coded, name):
    result = mzt("decode", coded, name, "--force")
    assert result.status == 2
    assert "let the name end in .png" in result.err
    assert not (folder / name).exists() or name == "back.mzt"


def test_a_format_that_cannot_hold_the_picture(mzt, folder, tiny_model):
    Image.new("RGBA", (20, 10), (1, 2, 3, 4)).save("clear.png")
    assert mzt("encode", "clear.png", "clear.mzt", "--model", tiny_model).status == 0
    result = mzt("decode", "clear.mzt", "clear.jpg")
    assert result.status == 1
    assert "JPEG cannot hold this picture" in result.err
    assert ".png" in result.err
    assert not Path("clear.jpg").exists()
    assert mzt("decode", "clear.mzt", "again.png").status == 0
    assert pixels("again.png")[..., 3].tolist() == [[4] * 20] * 10


def test_more_quality_more_bytes(mzt, picture, tiny_model):
    for quality in (0, 50.5, 100):
        assert mzt("encode", picture, f"{quality}.mzt", "-q", quality, "--model", tiny_model).status == 0
    sizes = [Path(f"{quality}.mzt").stat().st_size for quality in (0, 50.5, 100)]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("quality", ["-1", "101", "nan", "high"])
def test_wrong_quality(mzt, picture, quality):
    result = mzt("encode", picture, "out.mzt", "-q", quality)
    assert result.status == 2
    assert "mzt encode --help" in result.err or "0..100" in result.err
    assert not Path("out.mzt").exists()


def test_metadata(mzt, photo, tiny_model, folder):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    Image.fromarray(photo[:40, :60]).save("in.jpg", icc_profile=profile, exif=exif, xmp=xmp)
    assert mzt("encode", "in.jpg", "kept.mzt", "--model", tiny_model).status == 0
    assert mzt("encode", "in.jpg", "bare.mzt", "--strip", "exif,xmp", "--model", tiny_model).status == 0
    for form in ("png", "jpg", "webp"):
        assert mzt("decode", "kept.mzt", f"kept.{form}").status == 0
        assert mzt("decode", "bare.mzt", f"bare.{form}").status == 0
        with Image.open(f"kept.{form}") as kept, Image.open(f"bare.{form}") as bare:
            assert kept.info["icc_profile"] == bare.info["icc_profile"] == profile
            assert kept.getexif()[0x010F] == "a camera"
            assert kept.info["xmp"].strip() == xmp
            assert not bare.getexif()
            assert "xmp" not in bare.info


def test_orientation_is_applied_once(mzt, photo, tiny_model, folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.fromarray(photo[:40, :60]).save("in.png", exif=exif)
    result = mzt("encode", "in.png", "turned.mzt", "--model", tiny_model)
    assert "turned.mzt: 40x60" in result.err
    assert mzt("decode", "turned.mzt", "turned.png").status == 0
    with Image.open("turned.png") as image:
        assert image.size == (40, 60)
        assert image.getexif().get(0x0112, 1) == 1


def test_a_lossy_conversion_warns_in_one_line(mzt, folder, tiny_model):
    Image.new("CMYK", (20, 10), (10, 20, 30, 40)).save("print.tif")
    result = mzt("encode", "print.tif", "out.mzt", "--quiet", "--model", tiny_model)
    assert result.status == 0
    assert result.err.startswith("mzt: warning: ")
    assert result.err.count("\n") == 1


def test_threads_change_nothing(mzt, picture, coded, tiny_model):
    assert mzt("encode", picture, "one.mzt", "--threads", 1, "--model", tiny_model).status == 0
    assert Path("one.mzt").read_bytes() == coded.read_bytes()
    assert mzt("encode", picture, "no.mzt", "--threads", 0).status == 2
