# SPDX-License-Identifier: Apache-2.0
"""The Pillow plugin: open reads header and metadata, load decodes, save encodes, errors are those of Pillow."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile, ImageOps, ImageSequence

import mezzotint
import mezzotint.pillow
from mezzotint.bitstream import EXIF, ICC, XMP, Box, Mode, read, write
from mezzotint.errors import ConversionWarning


@pytest.fixture(autouse=True)
def models(monkeypatch, tiny_model):
    monkeypatch.setenv("MZT_MODELS", str(tiny_model.parent))


def saved(image: Image.Image, tiny_model: Path, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "MZT", model=tiny_model, **options)
    return buffer.getvalue()


def reopened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_registered():
    assert Image.MIME["MZT"] == "image/x-mezzotint"
    assert Image.registered_extensions()[".mzt"] == "MZT"


def test_there_and_back_by_suffix(tmp_path, photo, tiny_model):
    Image.fromarray(photo).save(tmp_path / "photo.mzt", model=tiny_model, quality=60)
    with Image.open(tmp_path / "photo.mzt") as image:
        assert (image.format, image.size, image.mode) == ("MZT", (451, 300), "RGB")
        assert image.get_format_mimetype() == "image/x-mezzotint"
        pixels = np.asarray(image)
    data = (tmp_path / "photo.mzt").read_bytes()
    assert np.array_equal(pixels, mezzotint.decode(data, model=tiny_model))
    assert data == mezzotint.encode(photo, 60, model=tiny_model)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_modes(photo, tiny_model, mode):
    original = Image.fromarray(photo[:33, :50]).convert(mode)
    image = reopened(saved(original, tiny_model))
    assert (image.mode, image.size) == (mode, (50, 33))
    image.load()
    assert (image.mode, image.size) == (mode, (50, 33))
    assert np.asarray(image).shape == np.asarray(original).shape


def test_quality(photo, tiny_model):
    image = Image.fromarray(photo[:64, :64])
    assert len(saved(image, tiny_model, quality=10)) < len(saved(image, tiny_model, quality=90))
    assert saved(image, tiny_model) == saved(image, tiny_model, quality=75)
    with pytest.raises(ValueError, match="0..100"):
        saved(image, tiny_model, quality=101)


def test_metadata(photo, tiny_model):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    image = Image.fromarray(photo[:40, :60])
    back = reopened(saved(image, tiny_model, icc_profile=profile, exif=exif, xmp=b"<x/>"))
    for _ in range(2):  # it is known before the pixels are, as in Pillow's own plugins
        assert back.info["icc_profile"] == profile
        assert back.info["exif"] == exif.tobytes()
        assert back.info["xmp"] == b"<x/>"
        assert back.getexif()[0x010F] == "a camera"
        back.load()
    again = reopened(saved(back, tiny_model))  # what an image brought along is kept
    again.load()
    assert again.info["icc_profile"] == profile
    bare = reopened(saved(back, tiny_model, icc_profile=None, exif=b"", xmp=b""))
    bare.load()
    assert not {"icc_profile", "exif", "xmp"} & set(bare.info)
    assert image.info == {}


def test_open_reads_the_header_only(photo, tiny_model, tmp_path):
    data = saved(Image.fromarray(photo[:40, :60]), tiny_model)
    (tmp_path / "head.mzt").write_bytes(data[:64])  # no layer is whole
    script = (
        "import sys, mezzotint.pillow; from PIL import Image; image = Image.open(sys.argv[1]); "
        "print(image.size, image.mode, sorted({'onnxruntime', 'constriction', 'numpy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "head.mzt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "(60, 40) RGB []"


def test_damage_is_an_oserror(photo, tiny_model):
    data = saved(Image.fromarray(photo[:40, :60]), tiny_model)
    image = reopened(data[:-1])
    with pytest.raises(OSError, match="should have"):
        image.load()
    with pytest.raises(OSError, match="checksum"):
        reopened(data[:10] + bytes([data[10] ^ 1]) + data[11:])
    with pytest.raises(OSError, match="model"):
        saved(image=Image.new("RGB", (4, 4)), tiny_model=Path("missing.mztm"))


def test_verify_did_not_look_at_the_checksums(photo, tiny_model):
    data = saved(Image.fromarray(photo[:64, :64]), tiny_model)
    reopened(data).verify()
    for bad in (data[:-1], data[:-1] + bytes([data[-1] ^ 1])):
        image = reopened(bad)
        with pytest.raises(OSError, match="file"):
            image.verify()


@pytest.mark.parametrize("what", ["load", "verify"])
def test_a_sparse_file_was_read_to_its_end(photo, tiny_model, tmp_path, what):
    path = tmp_path / "sparse.mzt"
    path.write_bytes(saved(Image.fromarray(photo[:64, :64]), tiny_model))
    os.truncate(path, 1 << 40)
    with Image.open(path) as image, pytest.raises(OSError, match="should have .* has 1099511627776;"):
        getattr(image, what)()


def test_another_picture_in_the_open_file_was_taken_for_this_one(photo, tiny_model):
    file = io.BytesIO(saved(Image.fromarray(photo[:64, :64]), tiny_model))
    image, other = Image.open(file), saved(Image.new("RGB", (9, 8)), tiny_model)
    file.seek(0)
    file.write(other)
    file.truncate()
    with pytest.raises(OSError, match="has changed"):
        image.load()


def test_load_truncated_images_was_ignored(photo, tiny_model, monkeypatch):
    data = saved(Image.fromarray(photo[:64, :64]), tiny_model)[:-1]
    with pytest.raises(OSError, match="should have"):
        reopened(data).load()
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    expected = mezzotint.decode(data, partial=True, model=tiny_model)
    assert np.array_equal(np.asarray(reopened(data)), expected)


def test_nothing_is_left_when_saving_fails(tmp_path, tiny_model):
    with pytest.raises(ValueError, match="0..100"):
        Image.new("RGB", (4, 4)).save(tmp_path / "out.mzt", quality=-1, model=tiny_model)
    assert list(tmp_path.iterdir()) == []


def test_bombs_are_pillows_affair(monkeypatch, tiny_model):
    data = saved(Image.new("RGB", (100, 100)), tiny_model)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(Image.DecompressionBombError):
        reopened(data)


def test_seek_copy_and_convert(photo, tiny_model):
    image = reopened(saved(Image.fromarray(photo[:40, :60]), tiny_model))
    image.seek(0)
    with pytest.raises(EOFError):
        image.seek(1)
    assert image.copy().tobytes() == image.convert("RGB").tobytes()


# -- every mode, every option -----------------------------------------------------------------------------

MODES = {
    **dict.fromkeys(("1", "L", "F"), "L"),
    **dict.fromkeys(("LA", "La"), "LA"),
    **dict.fromkeys(("I", "I;16", "I;16B", "I;16L", "I;16N"), "I;16"),
    **dict.fromkeys(("P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"), "RGB"),
    **dict.fromkeys(("PA", "RGBA", "RGBa"), "RGBA"),
}


def of_mode(mode: str) -> Image.Image:
    grey = Image.linear_gradient("L").resize((37, 23))
    if mode in ("La", "PA"):
        return grey.convert("LA").convert(mode)
    if mode == "RGBa":
        return grey.convert("RGBA").convert(mode)
    if mode == "LAB":
        return Image.merge("LAB", [grey] * 3)
    if mode.startswith("I;16"):
        return Image.frombytes(mode, grey.size, np.asarray(grey).astype("<u2").tobytes())
    return grey.convert("RGB").convert(mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", [{}, {"lossless": True}], ids=["lossy", "lossless"])
@pytest.mark.filterwarnings("ignore::mezzotint.errors.ConversionWarning")
def test_every_mode_saves(mode, options, tiny_model):
    image = of_mode(mode)
    assert image.mode == mode
    again = reopened(saved(image, tiny_model, **options))
    assert (again.mode, again.size) == (MODES[mode], image.size)
    again.load()
    assert (again.mode, again.size) == (MODES[mode], image.size)
    if options and mode in ("L", "LA", "RGB", "RGBA", "I", "I;16"):
        assert np.array_equal(np.asarray(again), np.asarray(image))


def test_deep_pictures(tiny_model):
    values = (np.arange(600).reshape(20, 30) * 109).astype(np.uint16)
    image = reopened(mezzotint.encode(values, lossless=True))
    assert image.mode == "I;16"
    assert np.array_equal(np.asarray(image), values)
    colour = reopened(mezzotint.encode(np.dstack([values] * 3), lossless=True))
    assert colour.mode == "RGB"
    with pytest.warns(ConversionWarning, match="8 bits"):
        colour.load()
    assert abs(int(np.asarray(colour)[19, 29, 0]) - int(values[19, 29]) / 257) <= 1


def test_options_are_those_of_encode(photo, tiny_model):
    image = Image.fromarray(photo[:64, :96])
    exact = saved(image, tiny_model, lossless=True)
    assert mezzotint.read_header(exact).mode == Mode.LOSSLESS
    assert np.array_equal(np.asarray(reopened(exact)), photo[:64, :96])
    near = saved(image, tiny_model, max_error=4)
    assert len(near) < len(exact)
    assert np.abs(np.asarray(reopened(near)).astype(int) - photo[:64, :96]).max() <= 4
    image.info["xmp"] = b"<x/>"
    assert "xmp" not in reopened(saved(image, tiny_model, strip="xmp", threads=1)).info
    for wrong in (
        {"strip": "all of it"},
        {"max_error": -1},
        {"effort": 99},
        {"lossless": True, "max_error": 1},
    ):
        with pytest.raises(ValueError, match="; "):
            saved(image, tiny_model, **wrong)


def test_a_target_size(photo, tiny_model):
    image = Image.fromarray(photo[:128, :128])
    sizes = [len(saved(image, tiny_model, quality=quality)) for quality in (0, 100)]
    target = sum(sizes) // 2
    assert len(saved(image, tiny_model, target_bytes=target)) <= target


# -- one way up -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright(orientation, tiny_model):
    image = Image.linear_gradient("L").resize((48, 32)).convert("RGB")
    image.paste((250, 10, 10), (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "a camera"
    turned = image.copy()
    turned.info["exif"] = exif.tobytes()
    want = np.asarray(ImageOps.exif_transpose(turned))
    for options in ({}, {"exif": exif}):
        again = reopened(saved(image if options else turned, tiny_model, lossless=True, **options))
        assert again.getexif()[0x0112] == 1
        assert np.array_equal(np.asarray(again), want)
        assert np.array_equal(np.asarray(ImageOps.exif_transpose(again)), want)
        assert again.getexif()[0x010F] == "a camera"


def test_animations(tiny_model):
    stored = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), (value, 0, 0)) for value in (10, 120, 240)]
    frames[0].save(stored, "png", save_all=True, append_images=frames[1:])
    image = Image.open(stored)
    with pytest.warns(ConversionWarning, match="only the first"):
        data = saved(image, tiny_model, lossless=True)
    assert np.asarray(reopened(data))[0, 0, 0] == 10
    with pytest.warns(ConversionWarning, match="only the first"):
        values = [  # a frame that was sought is saved, as all of Pillow's plugins do
            int(np.asarray(reopened(saved(frame, tiny_model, lossless=True)))[0, 0, 0])
            for frame in ImageSequence.Iterator(image)
        ]
    assert values == [10, 120, 240]


# -- metadata before pixels -------------------------------------------------------------------------------


def with_boxes(data: bytes, *boxes: Box) -> bytes:
    container = read(data)
    return write(dataclasses.replace(container, boxes=(*container.boxes, *boxes)))


def test_metadata_behind_alpha_and_unknown_boxes(tiny_model):
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 4), np.uint8)
    data = with_boxes(saved(Image.fromarray(noise), tiny_model), Box(b"zzzz", bytes(5000)), Box(XMP, b"<x/>"))
    assert reopened(data).info["xmp"] == b"<x/>"


@pytest.mark.parametrize("tag", [ICC, EXIF, XMP])
def test_damaged_metadata_is_reported_when_pixels_are_read(tag, tiny_model):
    data = bytearray(with_boxes(saved(Image.new("RGB", (5, 5)), tiny_model), Box(tag, b"something")))
    data[data.index(b"something")] ^= 1
    image = reopened(bytes(data))
    assert not {"icc_profile", "exif", "xmp"} & set(image.info)
    with pytest.raises(OSError, match="checksum"):
        image.load()


def test_changes_before_loading_stay(tiny_model):
    image = reopened(saved(Image.new("RGB", (5, 5)), tiny_model, xmp=b"<x/>"))
    del image.info["xmp"]
    image.load()
    assert "xmp" not in image.info


def test_streams_that_cannot_seek(photo, tiny_model):
    class Pipe(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._rest = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self._rest.read(size)

    data = saved(Image.fromarray(photo[:40, :60]), tiny_model, xmp=b"<x/>")
    with Image.open(Pipe(data)) as image:
        assert image.info["xmp"] == b"<x/>"
        assert np.array_equal(np.asarray(image), mezzotint.decode(data))


def test_whoever_lifts_pillows_limit_lifts_ours(monkeypatch, tiny_model):
    container = read(saved(Image.new("RGB", (100, 100)), tiny_model))
    header = dataclasses.replace(container.header, width=20_000, height=20_000)
    layers = ((b"",) * header.tile_count,) * header.layer_count
    data = write(dataclasses.replace(container, header=header, layers=layers))
    with pytest.raises(OSError, match="more than 268435456 pixels"):
        reopened(data)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert reopened(data).size == (20_000, 20_000)


# -- reduced decoding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "shrink"),
    [
        *[((451, 300), 1), ((226, 151), 1), ((225, 150), 2), ((113, 75), 2), ((112, 75), 4), ((57, 38), 4)],
        *[((56, 37), 8), ((1, 1), 8), ((0, 0), 8), ((5000, 5000), 1)],
    ],
)
def test_draft_gives_the_smallest_that_is_large_enough(asked, shrink, photo, tiny_model):
    data = saved(Image.fromarray(photo), tiny_model)
    image = reopened(data)
    found = image.draft("RGB", asked)
    size = -(-451 // shrink), -(-300 // shrink)
    assert found == ("RGB", (0, 0, 451 / shrink, 300 / shrink))
    assert image.size == size
    assert np.array_equal(np.asarray(image), mezzotint.decode(data, scale=1 / shrink))
    assert image.size == size


def test_a_second_draft_changes_nothing(photo, tiny_model):
    image = reopened(saved(Image.fromarray(photo), tiny_model))
    assert image.draft(None, None) is None
    image.draft("RGB", (100, 100))
    assert image.draft("RGB", (10, 10)) is None
    assert image.size == (226, 150)
    image.load()
    assert image.draft("RGB", (10, 10)) is None


@pytest.mark.parametrize("options", [{}, {"lossless": True}], ids=["lossy", "lossless"])
def test_thumbnails_decode_less(options, photo, tiny_model):
    image = reopened(saved(Image.fromarray(photo), tiny_model, **options))
    image.thumbnail((18, 18))
    assert (image._shrink, image.size) == (8, (18, 12))
    whole = Image.fromarray(photo)
    whole.thumbnail((18, 18))
    if options:
        assert np.abs(np.asarray(image).astype(int) - np.asarray(whole)).mean() < 8
