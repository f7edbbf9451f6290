# SPDX-License-Identifier: Apache-2.0
"""`mzt eval`: what it measures, what it says, and what bad input gets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import MissingExtra
from mezzotint.evaluate import codecs as registry
from mezzotint.evaluate import rows
from mezzotint.evaluate.codecs.protocol import Family
from mezzotint.evaluate.lock import only_run


@pytest.fixture
def photos(folder, photo):
    """Three pictures of 72x64 pixels: 2.png, 10.png and more/2.png."""
    for index, name in enumerate(("2.png", "10.png", "more/2.png")):
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo[20 * index : 20 * index + 64, :72]).save(path)
    return folder / "photos"


def table(out: str | Path) -> list[rows.Row]:
    return rows.read(Path(out) / rows.NAME)


def test_ours_and_a_rival(mzt, photos, tiny_model, monkeypatch):
    arguments = ["eval", "photos", "-o", "out", "--codecs", "jpeg,mezzotint", "--fast", "--model", tiny_model]
    monkeypatch.setattr(sys, "argv", ["/usr/bin/mzt", "eval", "/home/me/photos", "-o", "out"])
    result = mzt(*arguments)
    assert (result.status, result.err) == (0, "")
    assert result.out.decode().startswith("out: 24 rows measured, of 3 pictures, in ")
    assert result.out.count(b"\n") == 1
    measured = table("out")
    assert [row.image for row in measured[::8]] == ["2.png", "10.png", "more/2.png"]
    assert {row.codec for row in measured} == {"mezzotint", "jpeg"}
    assert {row.metrics for row in measured} == {"psnr"}
    assert all("model tiny" in row.version for row in measured if row.codec == "mezzotint")
    again = mzt(*arguments, "--json")
    assert (again.status, again.err) == (0, "")
    summary = json.loads(again.out)
    assert (summary["measured"], summary["kept"], summary["rows"], summary["images"]) == (0, 24, 24, 3)
    assert summary["codecs"][0] == {"codec": "mezzotint", "measured": 0, "kept": 12}
    assert summary["failures"] == summary["left_out"] == []
    about = json.loads(Path("out/about.json").read_text())
    assert about["command"] == "mzt eval photos -o out"
    assert about["model"].startswith("tiny ")


def test_all_metrics_own_qualities_and_some_pictures(mzt, photos, tiny_model):
    result = mzt(
        *("eval", "photos", "-o", "out", "--codecs", "mezzotint", "--qualities", "70,30"),
        *("--images", "more/2.png,2.png", "--model", tiny_model, "--jobs", 1, "--json"),
    )
    assert result.status == 0
    measured = table("out")
    assert [(row.image, row.quality) for row in measured] == [
        (image, quality) for image in ("2.png", "more/2.png") for quality in (30, 70)
    ]
    assert all(
        row.psnr is not None and row.ssimulacra2 is not None and row.ms_ssim is None for row in measured
    )


def test_the_first_pictures(mzt, photos):
    assert (
        mzt("eval", "photos", "-o", "out", "--codecs", "jpeg", "--fast", "--images", 2, "--jobs", 1).status
        == 0
    )
    assert {row.image for row in table("out")} == {"2.png", "10.png"}


def test_results_inside_the_folder_are_no_pictures(mzt, photos):
    (photos / "report").mkdir()
    shutil.copy(photos / "2.png", photos / "report" / "plot.png")
    for out in ("photos", "photos/out"):
        assert mzt("eval", "photos", "-o", out, "--codecs", "jpeg", "--fast", "--jobs", 1).status == 0
    assert {row.image for row in table("photos")} == {"2.png", "10.png", "more/2.png"}
    (photos / "out" / "report").mkdir()
    shutil.copy(photos / "2.png", photos / "out" / "report" / "plot.png")
    assert mzt("eval", "photos", "-o", "photos/out", "--codecs", "jpeg", "--fast", "--jobs", 1).status == 0
    assert {row.image for row in table("photos/out")} == {"2.png", "10.png", "more/2.png", "report/plot.png"}


def test_a_missing_rival_is_one_line(mzt, photos, monkeypatch):
    def missing() -> tuple[registry.Codec, ...]:
        raise MissingExtra("foo needs bar")

    family = Family("foo", "Foo", "pip install bar", missing)
    monkeypatch.setitem(registry.FAMILIES, "foo", family)
    result = mzt("eval", "photos", "-o", "out", "--codecs", "jpeg,foo", "--fast", "--json", "--jobs", 1)
    assert result.status == 0
    assert result.err == "mzt: foo is left out: foo needs bar; pip install bar\n"
    assert json.loads(result.out)["left_out"] == ["foo is left out: foo needs bar; pip install bar"]
    alone = mzt("eval", "photos", "-o", "other", "--codecs", "foo", "--fast")
    assert (alone.status, alone.out) == (1, b"")
    assert "foo needs bar" in alone.err and alone.err.count("\n") == 1
    assert not Path("other").exists()


# -- bad input ---------------------------------------------------------------------------------------------


def one_line(result, status: int, *words: str) -> None:
    assert (result.status, result.out) == (status, b""), result.err
    assert result.err.startswith("mzt: ") and result.err.count("\n") == 1, result.err
    for word in words:
        assert word in result.err


def test_no_pictures(mzt, folder):
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.txt").write_text("x")
    one_line(mzt("eval", "empty", "-o", "out"), 1, "empty holds no picture")
    one_line(mzt("eval", "nothing", "-o", "out"), 1, "nothing does not exist")
    one_line(mzt("eval", "empty/notes.txt", "-o", "out"), 1, "is not a folder")
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--codecs", "jpeg,gif"], ["'gif'", "mezzotint, jpeg"]),
        (["--codecs", ","], ["--codecs names nothing"]),
        (["--images", "0"], ["--images 0"]),
        (["--images", "2.png,3.png"], ["holds no picture 3.png"]),
        (["--qualities", "10,x"], ["--qualities 10,x"]),
        (["--qualities", "101"], ["0 to 100"]),
        (["--qualities", "nan"], ["0 to 100"]),
        (["--qualities", "5", "--codecs", "jpeg"], ["--qualities is for mezzotint"]),
        (["--jobs", "0"], ["--jobs"]),
        (["--nonsense"], ["--nonsense"]),
    ],
)
def test_wrong_usage(mzt, photos, arguments, words):
    one_line(mzt("eval", "photos", "-o", "out", *arguments), 2, *words)
    assert not Path("out").exists()


def test_no_output_is_wrong_usage(mzt, photos):
    one_line(mzt("eval", "photos"), 2, "--output")


def test_a_model_that_is_not_there(mzt, photos):
    one_line(mzt("eval", "photos", "-o", "out", "--model", "nothing.mztm"), 1, "nothing.mztm")


def test_a_picture_that_fails(mzt, photos):
    (photos / "bad.png").write_bytes((photos / "2.png").read_bytes()[:300])
    (photos / "big.png").write_bytes(b"")
    Image.new("RGB", (200, 100)).save(photos / "big.png")
    result = mzt(
        "eval",
        "photos",
        "-o",
        "out",
        "--codecs",
        "jpeg",
        "--fast",
        "--max-pixels",
        9999,
        "--json",
        "--jobs",
        1,
    )
    assert result.status == 1
    skipped, big, last = sorted(result.err.splitlines(), key=lambda line: line.split()[1] != "skipped")
    assert (
        skipped.startswith("mzt: skipped bad.png: the picture is damaged: ")
        or "Pillow cannot read" in skipped
    )
    assert big == "mzt: skipped big.png: 200x100 pixels, over the limit of 9,999"
    assert last.startswith("mzt: 2 of the pictures and measurements failed; ") and "about.json" in last
    summary = json.loads(result.out)
    assert (summary["images"], summary["rows"]) == (3, 12)
    assert [failure["image"] for failure in summary["failures"]] == ["bad.png", "big.png"]
    listed = json.loads(Path("out/about.json").read_text())["failures"]
    assert listed == summary["failures"]


def test_a_codec_that_fails(mzt, photos):
    Image.new("RGB", (16400, 1)).save(photos / "long.png")  # WebP ends at 16383
    result = mzt("eval", "photos", "-o", "out", "--codecs", "webp,jpeg", "--fast", "--json")
    assert result.status == 1
    lines = result.err.splitlines()
    assert [line.split(":")[1] for line in lines[:4]] == [
        f" skipped long.png, webp (method 6) at {quality}" for quality in lines_of(result, "webp")
    ]
    assert len(lines) == 5
    assert len(table("out")) == 3 * 8 + 4


def lines_of(result, codec: str) -> list[str]:
    failures = json.loads(result.out)["failures"]
    return [f"{failure['quality']:g}" for failure in failures if failure["codec"] == codec]


def test_an_output_that_cannot_be(mzt, photos):
    Path("file").write_text("x")
    one_line(mzt("eval", "photos", "-o", "file", "--codecs", "jpeg"), 1, "file is not a folder")
    Path("other").mkdir()
    Path("other/rows.csv").write_text("a,b\n")
    one_line(mzt("eval", "photos", "-o", "other", "--codecs", "jpeg"), 1, "not a table of measurements")
    Path("busy").mkdir()
    with only_run(Path("busy")):
        one_line(mzt("eval", "photos", "-o", "busy", "--codecs", "jpeg"), 1, "another run writes into busy")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_folders_whose_names_are_no_text(mzt, photos, monkeypatch):
    """`mzt report` once ended in a traceback after `mzt eval` of such a folder, and both steered the terminal."""
    odd = os.fsdecode(b"photos\xff\x1b[2J\n")
    photos.rename(odd)
    out = f"out{odd}"
    monkeypatch.setattr(sys, "argv", ["mzt", "eval", odd, "-o", out])
    result = mzt("eval", odd, "-o", out, "--codecs", "jpeg", "--fast", "--images", "2.png")
    assert (result.status, result.err) == (0, "")
    assert result.out.decode().startswith(r"outphotos\xff\x1b[2J\n: ")
    assert r"`mzt report $'outphotos\377\033[2J\012'`" in result.out.decode()
    about = Path(out, "about.json")  # of a stranger, with half a letter in it
    about.write_text(about.read_text("utf-8").replace('"processor": "', '"processor": "\\udcfe'), "utf-8")
    report = mzt("report", out)
    assert report.status == 0
    assert all(line.isprintable() for line in (report.out.decode() + report.err).splitlines())
    assert "of photos\\xff\\x1b[2J\\n" in Path(out, "report", "index.html").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.slow
def test_ctrl_c_and_on(folder, photo, tiny_model):
    (folder / "photos").mkdir()
    for index in range(5):  # seconds of work, so that a late Ctrl-C still comes before the end
        Image.fromarray(np.tile(photo[index:], (2, 3, 1))).save(folder / "photos" / f"{index}.png")
    command = [
        sys.executable,
        "-m",
        "mezzotint",
        "eval",
        "photos",
        "-o",
        "out",
        "--codecs",
        "jpeg,webp",
        "--fast",
        "--jobs",
        "2",
    ]
    hear = partial(
        signal.signal, signal.SIGINT, signal.SIG_DFL
    )  # tests in the background may be deaf to Ctrl-C
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=hear
    ) as run:
        give_up = time.monotonic() + 60
        while len(table("out")) < 5 and time.monotonic() < give_up:
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=30)
    written = len(table("out"))
    assert run.returncode == 1
    assert err == (
        f"mzt: interrupted with {written} rows in out/rows.csv; the same command goes on where this one stopped\n"
    )
    assert 5 <= written < 40
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True, timeout=120)
    summary = json.loads(done.stdout)
    assert (summary["kept"], summary["measured"]) == (written, 40 - written)
