# SPDX-License-Identifier: Apache-2.0
"""Row 11 of the test table: every Pillow mode in every common format goes through `mzt encode` and back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FORMS = {
    "png": "PNG",
    "jpg": "JPEG",
    "tif": "TIFF",
    "webp": "WEBP",
    "gif": "GIF",
    "bmp": "BMP",
    "ppm": "PPM",
    "avif": "AVIF",
}
MODES = (
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa"),
    *("CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "I;16B", "F"),
)
# What comes out of a file that Pillow opens in the mode on the left; other modes are converted, with a warning.
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
    "I;16B": "I;16",
}
WARNED = {"1": "L", "F": "L"}  # else RGB


def of_mode(mode):
    """19x13, with transparency and every grey level of its kind."""
    grey = Image.linear_gradient("L").resize((19, 13))
    clear = grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if mode in ("LA", "La", "PA"):
        return Image.merge("LA", (grey, clear)).convert(mode)
    if mode in ("RGBA", "RGBa"):
        return Image.merge("RGBA", (grey, clear, grey, clear)).convert(mode)
    if mode == "LAB":
        return Image.merge("LAB", (grey, clear, grey))
    if mode.startswith("I;16"):
        order = ">u2" if mode == "I;16B" else "<u2"
        return Image.frombytes(
            mode, grey.size, (np.asarray(grey).astype(np.uint16) * 250).astype(order).tobytes()
        )
    if mode == "F":
        return Image.fromarray(np.asarray(grey) + np.float32(0.25))
    return Image.merge("RGB", (grey, clear, grey)).convert(mode)


def written(mode, form):
    """The bytes of a file, or nothing where Pillow itself cannot write the mode in this format."""
    stored = io.BytesIO()
    try:
        of_mode(mode).save(stored, form)
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError):
        return b""
    return stored.getvalue()


@pytest.mark.parametrize("suffix", FORMS)
def test_every_mode_goes_through(suffix, mzt, folder):
    """Lossless, so that what comes back is what Pillow sees in the file, where no mode had to be converted."""
    tried = []
    for mode in MODES:
        data = written(mode, FORMS[suffix])
        if not data:
            continue
        with Image.open(io.BytesIO(data)) as original:
            original.load()
        tried.append(mode)
        (folder / f"in.{suffix}").write_bytes(data)
        result = mzt("encode", f"in.{suffix}", "out.mzt", "--lossless", "--force", "--quiet")
        assert result.status == 0, (mode, result.err)
        silent = original.mode in SILENT
        assert result.err.count("mzt: warning: ") == result.err.count("\n") == (not silent), (
            mode,
            result.err,
        )
        result = mzt("decode", "out.mzt", "back.png", "--force", "--quiet")
        assert (result.status, result.err) == (0, ""), (mode, result.err)
        with Image.open("back.png") as back:
            assert back.size == original.size
            clear = "transparency" in original.info
            want = (SILENT | WARNED).get(original.mode, "RGB")
            want = {"L": "LA", "RGB": "RGBA"}.get(want, want) if clear else want
            assert back.mode == want, (mode, original.mode)
            if silent and want != "I;16":
                assert np.array_equal(np.asarray(back), np.asarray(original.convert(want))), mode
            elif silent:
                assert np.array_equal(np.asarray(back), np.asarray(original)), mode
    assert {"L", "RGB"} <= set(tried)
    assert len(tried) >= {"png": 8, "tif": 11}.get(suffix, 4)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16", "P", "1", "CMYK"])
def test_arrays_as_files(mode, mzt, folder):
    """Out as .npy, in again, and the same file comes of it."""
    of_mode(mode).save("in.tif")
    assert mzt("encode", "in.tif", "one.mzt", "--lossless").status == 0
    assert mzt("decode", "one.mzt", "samples.npy").status == 0
    samples = np.load("samples.npy")
    assert samples.dtype == (np.uint16 if mode == "I;16" else np.uint8)
    assert samples.shape[2:] == {"L": (), "1": (), "I;16": (), "LA": (4,), "RGBA": (4,)}.get(mode, (3,))
    assert mzt("encode", "samples.npy", "two.mzt", "--lossless").status == 0
    if mode != "LA":  # an array has grey with alpha as four planes
        assert Path("two.mzt").read_bytes() == Path("one.mzt").read_bytes()


def deep(shape):
    return np.random.default_rng(3).integers(0, 65535, shape, np.uint16, endpoint=True)


@pytest.mark.parametrize("shape", [(13, 19), (13, 19, 3), (13, 19, 4)])
def test_deep_pictures_keep_all_their_bits(shape, mzt, folder):
    samples = deep(shape)
    np.save("in.npy", samples)
    assert mzt("encode", "in.npy", "one.mzt", "--lossless").status == 0
    for name in ("back.npy", "back.png", "back.tif", "back.ppm"):
        if name == "back.ppm" and shape[2:] == (4,):
            continue
        result = mzt("decode", "one.mzt", name)
        assert (result.status, result.err.count("warning")) == (0, 0), result.err
        result = mzt("encode", name, "two.mzt", "--lossless", "--force")
        assert (result.status, result.err.count("warning")) == (0, 0), result.err
        assert Path("two.mzt").read_bytes() == Path("one.mzt").read_bytes(), name
    assert np.array_equal(np.load("back.npy"), samples)


def test_deep_pictures_in_formats_of_8_bits(mzt, folder):
    np.save("in.npy", deep((13, 19, 3)))
    assert mzt("encode", "in.npy", "one.mzt", "--lossless").status == 0
    for suffix in ("jpg", "webp", "bmp"):
        result = mzt("decode", "one.mzt", f"back.{suffix}", "--quiet")
        assert result.status == 0
        assert result.err.startswith("mzt: warning: ") and "8 bits a sample" in result.err
        assert result.err.count("\n") == 1
        with Image.open(f"back.{suffix}") as back:
            assert (back.mode, back.size) == ("RGB", (19, 13))


@pytest.mark.parametrize("form", ["gif", "png", "webp"])
def test_animations_give_their_first_frame(form, mzt, folder):
    frames = [Image.new("RGB", (16, 16), (value, 0, 0)) for value in (10, 120, 240)]
    frames[0].save(f"in.{form}", save_all=True, append_images=frames[1:])
    result = mzt("encode", f"in.{form}", "out.mzt", "--lossless", "--quiet")
    assert result.status == 0
    assert result.err.startswith("mzt: warning: ") and "only the first" in result.err
    assert mzt("decode", "out.mzt", "back.png").status == 0
    with Image.open("back.png") as back:
        assert abs(back.getpixel((0, 0))[0] - 10) < 8


def test_arrays_that_are_no_pictures(mzt, folder):
    np.save("floats.npy", np.zeros((4, 4, 3)))
    np.save("objects.npy", np.array([[{}, None]]), allow_pickle=True)
    Path("cut.npy").write_bytes(Path("floats.npy").read_bytes()[:-1])
    for name, why in (("floats", "float64"), ("objects", "no plain .npy"), ("cut", "of its size")):
        result = mzt("encode", f"{name}.npy", "out.mzt")
        assert result.status == 1
        assert result.err.startswith(f"mzt: {name}.npy") and why in result.err
        assert result.err.count("\n") == 1
        assert not Path("out.mzt").exists()


def test_no_limit_of_pixels(mzt, folder):
    Image.new("L", (300, 300)).save("in.png")
    result = mzt("encode", "in.png", "out.mzt", "--max-pixels", 80_000)
    assert result.status == 1
    assert "in.png has 300x300 pixels, over the limit of 80,000; raise --max-pixels" in result.err
    assert mzt("encode", "in.png", "out.mzt", "--max-pixels", 0).status == 0
    assert mzt("decode", "out.mzt", "back.png", "--max-pixels", 0).status == 0
