# SPDX-License-Identifier: Apache-2.0
"""The Pillow plugin: open reads the header only, load decodes, save encodes, errors are those of Pillow."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

import mezzotint
import mezzotint.pillow


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
    back.load()
    assert back.info["icc_profile"] == profile
    assert back.info["xmp"] == b"<x/>"
    assert back.getexif()[0x010F] == "a camera"
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


def test_exif_that_was_asked_for_too_early(tiny_model):
    exif = Image.Exif()
    exif[0x010E] = "a test"
    image = reopened(saved(Image.new("RGB", (5, 5)), tiny_model, exif=exif))
    assert not image.getexif()  # it is known once decoded
    image.load()
    assert image.getexif()[0x010E] == "a test"
