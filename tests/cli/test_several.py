# SPDX-License-Identifier: Apache-2.0
"""Several inputs and a folder, parts of pictures, targets and exact modes on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mezzotint
from mezzotint.bitstream import Mode, read_header


def samples(source) -> np.ndarray:
    with Image.open(source) as image:
        return np.asarray(image)


@pytest.fixture
def several(folder, photo):
    """Three pictures of 60x50, two of which would be called a.mzt, and a folder."""
    for name, left in (("a.png", 0), ("a.ppm", 60), ("b.png", 120)):
        Image.fromarray(photo[:50, left : left + 60]).save(folder / name)
    (folder / "out").mkdir()
    return folder


def test_many_pictures_into_a_folder_and_back(mzt, several, tiny_model):
    result = mzt("encode", "a.png", "a.ppm", "b.png", "-o", "out", "--model", tiny_model)
    assert (result.status, result.out) == (0, b"")
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png.mzt", "a.ppm.mzt", "b.mzt"]
    assert len(result.err.splitlines()) == 3
    Path("back").mkdir()
    files = sorted(str(path) for path in Path("out").iterdir())
    assert mzt("decode", *files, "-o", "back", "--format", "ppm", "--quiet").status == 0
    assert sorted(path.name for path in Path("back").iterdir()) == ["a.png.ppm", "a.ppm", "b.ppm"]


def test_one_that_fails_does_not_stop_the_others(mzt, several, tiny_model):
    Path("bad.png").write_bytes(b"nonsense")
    result = mzt("encode", "a.png", "bad.png", "b.png", "-o", "out", "--json", "--model", tiny_model)
    assert result.status == 1
    rows = json.loads(result.out)
    assert [row["file"] for row in rows] == ["a.png", "bad.png", "b.png"]
    assert "bad.png" in rows[1]["error"] and "bytes" in rows[0]
    assert result.err.count("\n") == 1 and result.err.startswith("mzt: bad.png")
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.mzt", "b.mzt"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["a.png"], 2, "the output is missing"),
        (["a.png", "b.png", "c.png"], 2, "give one with -o FOLDER"),
        (["-", "-o", "out"], 2, "stdin has no name"),
        (["a.png", "b.png", "-o", "nowhere"], 1, "nowhere is no folder"),
        (["a.png", "out/../a.png", "-o", "out"], 2, "two outputs would be called after a.png"),
    ],
)
def test_what_is_unclear_is_refused(mzt, several, arguments, status, says):
    result = mzt("encode", *arguments)
    assert result.status == status
    assert says in result.err and result.err.count("\n") == 1
    assert not list(Path("out").iterdir())


def test_what_json_promises(mzt, picture, tiny_model):
    result = mzt("encode", picture, "x.mzt", "--json", "--model", tiny_model)
    facts = json.loads(result.out)
    assert result.err == ""
    assert facts["bytes"] == Path("x.mzt").stat().st_size
    keys = "file output width height bit_depth bytes bits_per_pixel mode quality max_error tiles seconds"
    assert list(facts) == keys.split()
    facts = json.loads(mzt("decode", "x.mzt", "y.png", "--json").out)
    assert list(facts) == ["file", "output", "width", "height", "format", "seconds"]
    assert "entropy" in json.loads(mzt("decode", "x.mzt", "y.png", "-f", "--json", "-v").out)["stages"]


def test_json_leaves_stdout_to_the_picture(mzt, picture, tiny_model):
    result = mzt("encode", picture, "-", "--json", "--model", tiny_model)
    assert result.out.startswith(b"\x8dMZ\n")
    assert json.loads(result.err)["output"] == "-"


def test_verbose_tells_what_was_decided(mzt, picture, tiny_model):
    lines = mzt("encode", picture, "x.mzt", "-v", "--model", tiny_model).err.splitlines()
    assert len(lines) == 2
    assert "1 tiles, tiny" in lines[1] and "analysis" in lines[1]


def test_a_part_and_a_smaller_picture(mzt, coded, tiny_model):
    whole = mezzotint.decode(coded.read_bytes(), model=tiny_model)
    assert mzt("decode", coded, "part.png", "--region", "10,20,30,40").status == 0
    part = samples("part.png").astype(int)
    assert np.abs(part - whole[20:60, 10:40]).max() <= 1
    for scale, size in (("1/2", (45, 35)), ("0.25", (23, 18)), ("1/8", (12, 9))):
        assert mzt("decode", coded, "small.png", "-f", "--scale", scale).status == 0
        assert samples("small.png").shape[1::-1] == size
    assert mzt("decode", coded, "both.png", "--scale", "1/2", "--region", "0,0,11,10").status == 0
    assert samples("both.png").shape[1::-1] == (6, 5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--region", "1,2,3"], "--region 1,2,3 is none"),
        (["--region", "0,0,91,1"], "leaves the picture of 90x70"),
        (["--region", "0,0,0,1"], "is none"),
        (["--scale", "1/3"], "choose 1, 1/2, 1/4 or 1/8"),
        (["--scale", "0"], "choose 1, 1/2, 1/4 or 1/8"),
    ],
)
def test_wrong_parts(mzt, coded, arguments, says):
    result = mzt("decode", coded, "part.png", *arguments)
    assert result.status == 2 and says in result.err
    assert not Path("part.png").exists()


def test_a_cut_file_needs_partial(mzt, coded):
    cut = coded.with_name("cut.mzt")
    cut.write_bytes(coded.read_bytes()[:-3])
    result = mzt("decode", cut, "cut.png")
    assert result.status == 1 and "--partial" in result.err
    assert mzt("decode", cut, "cut.png", "--partial").status == 0
    assert samples("cut.png").shape[1::-1] == (90, 70)


def test_exact_modes(mzt, picture):
    assert mzt("encode", picture, "exact.mzt", "--lossless").status == 0
    assert mzt("decode", "exact.mzt", "exact.png").status == 0
    assert np.array_equal(samples("exact.png"), samples(picture))
    assert mzt("encode", picture, "near.mzt", "--max-error", "3").status == 0
    assert mzt("decode", "near.mzt", "near.png").status == 0
    near, true = (samples(name).astype(int) for name in ("near.png", picture))
    assert 0 < np.abs(near - true).max() <= 3
    assert json.loads(mzt("info", "near.mzt", "--json").out)["max_error"] == 3
    table = mzt("info", "exact.mzt").out.decode()
    assert "exact" in table and "lossless tables" in table


def test_targets(mzt, picture):
    result = mzt("encode", picture, "small.mzt", "-b", "1500")
    size = Path("small.mzt").stat().st_size
    assert 0.95 * 1500 < size <= 1500
    assert f"target 1,500 bytes: {size:,}" in result.err
    facts = json.loads(mzt("encode", picture, "good.mzt", "--target-psnr", "33", "--json").out)
    assert facts["target"]["kind"] == "psnr" and facts["target"]["reached"] >= 33
    assert facts["target"]["reached"] == pytest.approx(
        json.loads(mzt("compare", picture, "good.mzt", "--json").out)["psnr"], abs=1e-3
    )
    result = mzt("encode", picture, "no.mzt", "-b", "20")
    assert result.status == 2 and "no file of this picture is as small as 20 bytes" in result.err
    assert not Path("no.mzt").exists()


def test_a_declared_depth(mzt, folder, photo):
    np.save("ten.npy", photo[:40, :50].astype(np.uint16) * 4)
    assert mzt("encode", "ten.npy", "ten.mzt", "--bit-depth", "10", "--lossless").status == 0
    assert read_header(Path("ten.mzt").read_bytes()).bit_depth == 10
    assert (mezzotint.decode(Path("ten.mzt").read_bytes()) == np.load("ten.npy")).all()
    result = mzt("encode", "ten.npy", "no.mzt", "--bit-depth", "9", "--lossless")
    assert result.status == 1 and "over 511" in result.err and not Path("no.mzt").exists()


def test_a_deep_array_keeps_its_depth(mzt, folder, photo):
    deep = photo[:40, :50].astype(np.uint16) * 257
    np.save("deep.npy", deep)
    assert mzt("encode", "deep.npy", "deep.mzt", "-q", "100").status == 0
    header = read_header(Path("deep.mzt").read_bytes())
    assert (header.bit_depth, header.mode) == (16, Mode.LOSSLESS)
    assert mzt("decode", "deep.mzt", "back.npy").status == 0
    assert np.array_equal(np.load("back.npy"), deep)


def test_a_glob_of_two_pictures_overwrites_none(mzt, several):
    """`mzt encode *.png -f` where two pictures match."""
    before = Path("b.png").read_bytes()
    for target in ("b.png", "b.JPG", "b.npy"):
        result = mzt("encode", "a.png", target, "-f")
        assert result.status == 2 and "another kind of picture" in result.err
    assert Path("b.png").read_bytes() == before


def test_one_failure_in_a_folder_is_json_too(mzt, several):
    result = mzt("encode", "missing.png", "-o", "out", "--json")
    assert result.status == 1
    assert json.loads(result.out)[0]["file"] == "missing.png"


def test_odd_names_stay_on_one_line(mzt, several, tiny_model):
    result = mzt("encode", "a.png", "a\nb.mzt", "--model", tiny_model)
    assert result.status == 0 and result.err.count("\n") == 1
    assert mzt("info", "a\nb.mzt").out.decode().splitlines()[0].startswith("file")
    assert mzt("decode", "a\nb.mzt", "c\nd.png").err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="names that cannot be there")
def test_names_that_steer_a_terminal_are_spelled_out(mzt, coded):
    name = "a\x1b[2J\x07b.mzt"
    coded.with_name(name).write_bytes(coded.read_bytes()[:-1])
    coded.with_name("out").mkdir()
    for arguments in (["decode", f"no{name}", "c.png"], ["decode", name, "b.mzt", "-o", "out"]):
        lines = mzt(*arguments).err.splitlines()
        assert "a\\x1b[2J\\x07b.mzt" in lines[0], lines
        assert all(line.isprintable() for line in lines), lines


def test_what_is_missing_is_said(mzt, coded):
    cut = coded.with_name("cut.mzt")
    cut.write_bytes(coded.read_bytes()[:-3])
    facts = json.loads(mzt("decode", cut, "cut.png", "--partial", "--json").out)
    assert facts["missing_chunks"] == 1
    assert "1 chunks are missing" in mzt("decode", cut, "cut.png", "-f", "--partial").err
    assert json.loads(mzt("decode", coded, "whole.png", "--partial", "--json").out)["missing_chunks"] == 0


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="POSIX")
def test_a_device_needs_no_force(mzt, picture, tiny_model):
    assert mzt("encode", picture, "/dev/null", "--model", tiny_model).status == 0
