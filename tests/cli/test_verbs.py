# SPDX-License-Identifier: Apache-2.0
"""`mzt info`, `mzt compare`, `mzt models` and `mzt version`: what they print, to people and as JSON."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from mezzotint import __version__
from mezzotint.bitstream import overhead, read


def test_info(mzt, coded, tiny_model):
    data = coded.read_bytes()
    facts = json.loads(mzt("info", coded, "--json").out)
    container = read(data)
    assert facts["bytes"] == len(data)
    assert (facts["width"], facts["height"], facts["channels"], facts["bit_depth"]) == (90, 70, 3, 8)
    assert (facts["mode"], facts["alpha"], facts["format_version"]) == ("lossy", "none", 0)
    assert (facts["quality"], facts["quality_index"]) == (75.0, container.header.quality)
    assert facts["model"] == {"id": container.header.model_id.hex(), "known": True, "name": "tiny"}
    assert facts["tiles"] == {"side": 1024, "columns": 1, "rows": 1}
    assert [layer["bytes"] for layer in facts["layers"]] == [len(layer[0]) for layer in container.layers]
    assert facts["boxes"] == []
    assert facts["overhead_bytes"] == overhead(container) <= 64
    assert len(data) == facts["overhead_bytes"] + sum(layer["bytes"] for layer in facts["layers"])


def test_info_for_people(mzt, coded):
    text = mzt("info", coded).out.decode()
    for word in ("90x70", "quality   75", "tiny", "layer 0", "overhead", "bits per pixel"):
        assert word in text


def test_info_from_stdin_names_boxes(mzt, folder, tiny_model):
    Image.new("LA", (20, 10), (100, 7)).save("grey.png")
    assert mzt("encode", "grey.png", "grey.mzt", "--model", tiny_model).status == 0
    with open("grey.mzt", "rb") as file:
        facts = json.loads(mzt("info", "-", "--json", stdin=file.read()).out)
    assert (facts["channels"], facts["alpha"]) == (1, "straight")
    assert facts["boxes"] == [{"tag": "ALPH", "critical": True, "bytes": 2}]


def test_compare(mzt, picture, coded):
    assert mzt("decode", coded, "back.png").status == 0
    facts = json.loads(mzt("compare", picture, coded, "--json").out)
    a, b = (np.asarray(Image.open(name)).astype(float) for name in (picture, "back.png"))
    assert facts["psnr"] == round(10 * np.log10(255**2 / np.mean((a - b) ** 2)), 4)
    assert facts["max_error"] == np.abs(a - b).max()
    assert facts["b"]["bytes"] == coded.stat().st_size
    assert facts["b"]["bits_per_pixel"] == round(8 * coded.stat().st_size / 6300, 4)
    assert f"{facts['psnr']:.2f} dB" in mzt("compare", picture, coded).out.decode()


def test_compare_equal_pictures(mzt, picture):
    facts = json.loads(mzt("compare", picture, picture, "--json").out)
    assert (facts["psnr"], facts["max_error"]) == (None, 0)
    assert b"infinite" in mzt("compare", picture, picture).out


def test_compare_sees_alpha(mzt, folder):
    Image.new("RGBA", (4, 4), (9, 9, 9, 255)).save("a.png")
    Image.new("RGBA", (4, 4), (9, 9, 9, 55)).save("b.png")
    assert json.loads(mzt("compare", "a.png", "b.png", "--json").out)["max_error"] == 200


def test_compare_different_sizes(mzt, picture):
    Image.new("RGB", (4, 4)).save("small.png")
    result = mzt("compare", picture, "small.png")
    assert (result.status, result.out) == (1, b"")
    assert "90x70 and 4x4" in result.err
    assert mzt("compare", "-", "-").status == 2


def test_models(mzt, folder, tiny_model):
    rows = json.loads(mzt("models", "--json").out)
    tiny = next(row for row in rows if row["name"] == "tiny")
    assert tiny["path"] == str(tiny_model)
    assert tiny["bytes"] == tiny_model.stat().st_size
    text = mzt("models").out.decode()
    assert tiny["id"] in text
    assert str(tiny_model) in text


def test_models_folder_is_missing(mzt, folder, monkeypatch):
    monkeypatch.setenv("MZT_MODELS", "nowhere")
    result = mzt("models")
    assert result.status == 1
    assert "MZT_MODELS" in result.err


def test_version(mzt):
    versions = json.loads(mzt("version", "--json").out)
    assert versions["mezzotint"] == __version__
    assert {"python", "numpy", "pillow", "onnxruntime", "constriction"} <= set(versions)
    assert mzt("--version").out.decode() == f"mzt {__version__}\n"


def test_compare_turns_a_photo_as_encode_does(mzt, picture, tiny_model):
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(picture) as image:
        image.save("phone.png", exif=exif)
    assert mzt("encode", "phone.png", "phone.mzt", "--model", tiny_model).status == 0
    facts = json.loads(mzt("compare", "phone.png", "phone.mzt", "--json").out)
    assert (facts["width"], facts["height"]) == (70, 90)
    assert facts["psnr"] > 20


def test_compare_scales_sixteen_bits_as_encode_does(mzt, folder, photo, tiny_model):
    Image.fromarray(photo[:40, :50, 1].astype(np.uint16) * 257).save("deep.png")
    assert mzt("encode", "deep.png", "deep.mzt", "--model", tiny_model).status == 0
    assert json.loads(mzt("compare", "deep.png", "deep.mzt", "--json").out)["psnr"] > 25
