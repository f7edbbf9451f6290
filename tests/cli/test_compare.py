# SPDX-License-Identifier: Apache-2.0
"""`mzt compare` with its page: what it writes, what it refuses, and that the command it shows makes B again."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shlex
import sys

import numpy as np
import pytest
from PIL import Image

import mezzotint
from mezzotint.evaluate import ms_ssim, ssimulacra2


def facts(mzt, *arguments):
    result = mzt("compare", *arguments, "--json")
    assert result.status == 0, result.err
    return json.loads(result.out)


@pytest.fixture
def original(folder, photo):
    """The whole photo as a PNG in the folder, large enough for every metric."""
    Image.fromarray(photo).save("whole.png")
    return folder / "whole.png"


def test_all_numbers(mzt, original, photo):
    Image.fromarray(photo).save("b.jpg", quality=50)
    other = np.asarray(Image.open("b.jpg"))
    found = facts(mzt, "whole.png", "b.jpg")
    assert found["ms_ssim"] == round(ms_ssim(photo, other), 6)
    assert found["ssimulacra2"] == round(ssimulacra2(photo, other), 4)
    assert (found["bit_depth"], found["command"]) == (8, None)
    text = mzt("compare", "whole.png", "b.jpg").out.decode()
    for line in (f"MS-SSIM       {found['ms_ssim']:.4f}", f"SSIMULACRA2   {found['ssimulacra2']:.2f}"):
        assert line in text
    assert "mzt encode" not in text


def test_small_pictures_have_fewer_numbers(mzt, picture):
    found = facts(mzt, picture, picture)
    assert (found["ms_ssim"], found["ssimulacra2"]) == (None, 100)
    assert b"too small" in mzt("compare", picture, picture).out


def test_deep_grey_is_compared_at_its_own_depth(mzt, folder):
    deep = np.random.default_rng(2).integers(0, 65000, (40, 50)).astype(np.uint16)
    for name, pixels in (("a.png", deep), ("b.png", deep + np.uint16(7))):
        Image.fromarray(pixels).save(name)
    found = facts(mzt, "a.png", "b.png")
    assert (found["bit_depth"], found["max_error"]) == (16, 7)
    assert found["psnr"] == round(20 * np.log10(65535 / 7), 4)


@pytest.mark.parametrize("depth", [10, 16])
def test_deep_colour_in_mzt_is_compared_at_its_own_depth(mzt, folder, depth):
    pixels = np.random.default_rng(2).integers(0, 2**depth - 5, (40, 50, 3)).astype(np.uint16)
    for name, samples in (("a.mzt", pixels), ("b.mzt", pixels + np.uint16(5))):
        with open(name, "wb") as file:
            file.write(mezzotint.encode(samples, lossless=True, bit_depth=depth))
    found = facts(mzt, "a.mzt", "b.mzt")
    assert (found["bit_depth"], found["max_error"], found["command"]) == (depth, 5, None)
    assert facts(mzt, "a.mzt", "a.mzt")["psnr"] is None


def test_deep_colour_from_an_array_keeps_its_depth(mzt, folder, photo):
    deep = photo[:40, :50].astype(np.uint16) * 257 + np.uint16(3)
    np.save("a.npy", deep)
    with open("b.mzt", "wb") as file:
        file.write(mezzotint.encode(deep, lossless=True))
    found = facts(mzt, "a.npy", "b.mzt")
    assert (found["bit_depth"], found["psnr"], found["max_error"]) == (16, None, 0)
    assert found["command"] == "mzt encode a.npy b.mzt --lossless"


def words_of(command, folder, monkeypatch):
    """The command as a shell would read it, run in a folder of its own so that B is not in its way."""
    words = shlex.split(command)
    assert words[:2] == ["mzt", "encode"]
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / words[2]).write_bytes((folder / words[2]).read_bytes())
    monkeypatch.chdir(elsewhere)
    return words


OPTIONS = [
    ["-q", "60"],
    ["-q", "0"],
    ["-q", "33.37"],
    ["--lossless"],
    ["--max-error", "2"],
    ["--target-bytes", "6000"],
    ["-q", "50", "--strip", "gps"],
    ["--lossless", "--strip", "exif,xmp"],
    ["--strip", "all"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_the_command_makes_b_again(mzt, folder, photo, tiny_model, monkeypatch, options):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "camera", 6
    exif.get_ifd(0x8825)[1] = "N"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>"
    Image.fromarray(photo[:90, :120]).save("a photo.jpg", quality=90, exif=exif, xmp=xmp)
    made = mzt("encode", "a photo.jpg", "its copy.mzt", "--model", tiny_model, *options)
    assert made.status == 0, made.err
    before = (folder / "its copy.mzt").read_bytes()
    words = words_of(facts(mzt, "a photo.jpg", "its copy.mzt")["command"], folder, monkeypatch)
    again = mzt(*words[1:])
    assert again.status == 0, again.err
    assert (folder / "elsewhere" / "its copy.mzt").read_bytes() == before


@pytest.mark.parametrize(
    "options", [["-q", "95"], ["-q", "40"], ["--max-error", "300"], ["--lossless"]], ids=" ".join
)
def test_the_command_makes_a_deep_b_again(mzt, folder, photo, tiny_model, monkeypatch, options):
    Image.fromarray(photo[:60, :80, 1].astype(np.uint16) * 257).save("a.png")
    assert mzt("encode", "a.png", "b.mzt", "--model", tiny_model, *options).status == 0
    before = (folder / "b.mzt").read_bytes()
    words = words_of(facts(mzt, "a.png", "b.mzt")["command"], folder, monkeypatch)
    assert mzt(*words[1:]).status == 0
    assert (folder / "elsewhere" / "b.mzt").read_bytes() == before


def test_two_mzt_files_have_no_command(mzt, coded):
    assert facts(mzt, coded, coded)["command"] is None


def pixels_in(page):
    coded = re.findall(r'src="data:image/\w+;base64,([^"]+)"', page)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in coded]


def test_the_page(mzt, picture, coded, folder):
    result = mzt("compare", picture.name, coded.name, "--html", "side.html", "--json")
    assert result.status == 0
    assert result.err.startswith("side.html: 90x70 pixels of each, ")
    found, page = json.loads(result.out), (folder / "side.html").read_text("utf-8")
    one, other = pixels_in(page)
    np.testing.assert_array_equal(one, np.asarray(Image.open(picture)))
    np.testing.assert_array_equal(other, mezzotint.decode(coded.read_bytes()))
    assert f"{found['psnr']:.2f} dB" in page
    assert f'<code id="command">{found["command"]}</code>' in page
    assert "default-src 'none'" in page


def test_a_part_on_the_page(mzt, picture, coded, folder):
    assert mzt("compare", picture, coded, "--html", "side.html", "--crop", "10,20,30,40").status == 0
    one, _ = pixels_in((folder / "side.html").read_text("utf-8"))
    np.testing.assert_array_equal(one, np.asarray(Image.open(picture))[20:60, 10:40])


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--crop", "0,0,5,5"], 2, "add --html FILE"),
        (["--html", "-"], 2, "does not go to stdout"),
        (["--html", "side.html", "--crop", "0,0,91,5"], 2, "90x70"),
        (["--html", "side.html", "--crop", "0,0,5"], 2, "X,Y,W,H"),
        (["--html", "there.html"], 1, "--force"),
        (["--html", "nowhere/side.html"], 1, "nowhere"),
    ],
)
def test_refused(mzt, picture, folder, arguments, status, words):
    (folder / "there.html").write_text("kept")
    result = mzt("compare", picture, picture, *arguments)
    assert (result.status, result.out) == (status, b"")
    assert words in result.err
    assert result.err.count("\n") == 1
    assert (folder / "there.html").read_text() == "kept"
    assert sorted(os.listdir(folder)) == ["photo.png", "there.html"]


def test_force_replaces_a_page(mzt, picture, folder):
    (folder / "there.html").write_text("old")
    assert mzt("compare", picture, picture, "--html", "there.html", "--force").status == 0
    assert (folder / "there.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_hostile_names(mzt, picture, coded, folder):
    names = '<img src=x onerror="alert(1)">\n\x1b[31m.png', os.fsdecode(b"<code>&\xff.mzt")
    picture.rename(names[0])
    coded.rename(names[1])
    result = mzt("compare", *names, "--html", "side.html")
    assert result.status == 0
    assert b"\x1b" not in result.out
    page = (folder / "side.html").read_text("utf-8")
    assert "<img src=x" not in page
    assert r"&lt;img src=x onerror=&quot;alert(1)&quot;&gt;\n\x1b[31m.png" in page
    assert r"&lt;code&gt;&amp;\xff.mzt" in page
    assert json.loads(mzt("compare", *names, "--json").out)["b"]["file"] == names[1]
