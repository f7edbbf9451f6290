# SPDX-License-Identifier: Apache-2.0
"""`mzt decode --salvage`: a picture with marks and status 1, a line that says what is lost; nothing without it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import mezzotint
from mezzotint.bitstream import read


@pytest.fixture
def damaged(folder: Path, tiny_model: Path, photo: NDArray[np.uint8]) -> Path:
    """damaged.mzt: 150x70 pixels in six tiles, of which two are damaged, and its EXIF; sound.mzt is as it was."""
    picture = mezzotint.Picture(photo[100:170, 150:300], exif=b"II*\0\x08\0\0\0" + bytes(6), xmp=b"<x/>")
    data = bytearray(mezzotint.encode(picture, 90, model=tiny_model, tile_log2=6))
    (folder / "sound.mzt").write_bytes(data)
    layers = read(data).layers
    data[data.index(b"II*")] ^= 1
    data[-1] ^= 1  # tile 5, layer 2
    data[-sum(len(chunk) for layer in layers[1:] for chunk in layer)] ^= 1  # tile 0, layer 1
    path = folder / "damaged.mzt"
    path.write_bytes(data)
    return path


def test_a_damaged_file(mzt, damaged):
    result = mzt("decode", damaged, "out.png", "--salvage")
    assert (result.status, result.out) == (1, b"")
    line = "; 2 of 6 tiles are lost and marked: 0,0,64,64 128,64,22,6; EXIF was damaged and left out\n"
    assert result.err.startswith("out.png: 150x70, PNG, ") and result.err.endswith(line)
    found = mezzotint.salvage(damaged.read_bytes())
    with Image.open("out.png") as image:
        assert np.array_equal(np.asarray(image), found.picture)
        assert "exif" not in image.info


def test_without_it_there_is_no_picture(mzt, damaged, folder):
    for options in ((), ("--partial",), ("--region", "64,0,10,10"), ("--scale", "1/8")):
        result = mzt("decode", damaged, "out.png", *options)
        assert result.status == 1 and result.err.startswith("mzt: the checksum of the box 'eXIF'")
        assert "`mzt decode --salvage`" in result.err
    assert not (folder / "out.png").exists()


def test_a_sound_file(mzt, damaged, folder):
    result = mzt("decode", "sound.mzt", "out.png", "--salvage")
    assert result.status == 0 and "lost" not in result.err and result.err.count("\n") == 1
    assert mzt("decode", "sound.mzt", "plain.png").status == 0
    assert (folder / "out.png").read_bytes() == (folder / "plain.png").read_bytes()


def test_json(mzt, damaged):
    result = mzt("decode", damaged, "out.png", "--salvage", "--json")
    facts = json.loads(result.out)
    assert (result.status, result.err) == (1, "")
    assert facts["lost_tiles"] == [[0, 0, 64, 64], [128, 64, 22, 6]] and facts["tiles"] == 6
    assert (facts["lost_boxes"], facts["alpha_lost"], facts["whole"]) == (["eXIF"], False, False)
    facts = json.loads(mzt("decode", "sound.mzt", "again.png", "--salvage", "--json").out)
    assert (facts["lost_tiles"], facts["lost_boxes"], facts["whole"]) == ([], [], True)
    assert "whole" not in json.loads(mzt("decode", "sound.mzt", "third.png", "--json").out)


def test_to_stdout(mzt, damaged):
    """The picture there, and the line on stderr, --json too."""
    result = mzt("decode", damaged, "-", "--salvage", "--json")
    assert result.status == 1 and result.out.startswith(b"\x89PNG")
    assert json.loads(result.err)["whole"] is False


def test_quiet_still_tells_what_is_lost(mzt, damaged):
    result = mzt("decode", damaged, "out.png", "--salvage", "--quiet")
    assert result.status == 1
    assert result.err.startswith(f"mzt: {damaged}: 2 of 6 tiles are lost") and result.err.count("\n") == 1
    assert mzt("decode", "sound.mzt", "again.png", "--salvage", "--quiet").err == ""


def test_several_files(mzt, damaged, folder):
    """One line a file; status 1 if any lost something, and one that holds nothing is told of as ever."""
    (folder / "cut.mzt").write_bytes(damaged.read_bytes()[:60])
    (folder / "out").mkdir()
    result = mzt("decode", "sound.mzt", damaged, "cut.mzt", "-o", "out", "--salvage")
    lines = result.err.splitlines()
    assert result.status == 1 and len(lines) == 3
    assert "lost" not in lines[0] and "2 of 6 tiles" in lines[1]
    assert "cut.mzt" in lines[2] and "and no tile is whole" in lines[2]
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["damaged.png", "sound.png"]
    assert mzt("decode", "sound.mzt", "-o", "out", "--salvage", "-f").status == 0
    assert mzt("decode", "sound.mzt", damaged, "-o", "out", "--salvage", "-f").status == 1


def test_nothing_to_salvage_leaves_no_file(mzt, damaged, folder):
    data = damaged.read_bytes()
    for name, content in {
        "header": bytes([*data[:8], data[8] ^ 1, *data[9:]]),
        "index": data[:150],
        "empty": b"",
        "other": b"\x89PNG\r\n\x1a\n" + bytes(100),
    }.items():
        (folder / name).write_bytes(content)
        result = mzt("decode", name, "out.png", "--salvage")
        assert result.status == 1 and result.err.count("\n") == 1, name
        assert "--salvage" not in result.err
        assert not (folder / "out.png").exists()


@pytest.mark.parametrize("other", [("--partial",), ("--region", "0,0,9,9"), ("--scale", "1/2")])
def test_contradictions(mzt, damaged, folder, other):
    result = mzt("decode", damaged, "out.png", "--salvage", *other)
    assert result.status == 2
    assert result.err == f"mzt: --salvage does not go with {other[0]}; leave one of them out\n"
    assert not (folder / "out.png").exists()


def test_what_the_line_says(mzt, folder, tiny_model, photo):
    """Many tiles, transparency, several boxes, and damage that costs nothing."""
    clear = np.concatenate([photo[:70, :200], photo[:70, :200, :1]], 2)
    picture = mezzotint.Picture(clear[..., :3], clear[..., 3], icc=b"profile", xmp=b"<x/>")
    data = mezzotint.encode(picture, 90, model=tiny_model, tile_log2=6)
    (folder / "more.mzt").write_bytes(data + b"\n")
    line = "; the file is damaged, but nothing of the picture is lost\n"
    result = mzt("decode", "more.mzt", "more.png", "--salvage")
    assert result.status == 1 and result.err.endswith(line)
    container = read(data)
    cut = len(data) - sum(len(chunk) for chunk in container.layers[-1]) + len(container.layers[-1][0])
    bad = bytearray(data[:cut])
    for word in (b"profile", b"<x/>"):
        bad[bad.index(word)] ^= 1
    bad[bad.index(b"ALPH") + 30] ^= 1
    (folder / "bad.mzt").write_bytes(bad)
    result = mzt("decode", "bad.mzt", "bad.png", "--salvage")
    assert result.err.partition("; ")[2] == (
        "7 of 8 tiles are lost and marked: 64,0,64,64 128,0,64,64 192,0,8,64 0,64,64,6 and 3 more; "
        "the colour profile and XMP were damaged and left out; "
        "the transparency was damaged, the picture is opaque\n"
    )
