# SPDX-License-Identifier: Apache-2.0
"""`mzt bench`: all its parts on small things, what it prints and writes, and how it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from mezzotint.bundle.schema import DECODER, ENCODER
from mezzotint.evaluate.machine import cores
from mezzotint.evaluate.speed import bench as module
from mezzotint.evaluate.speed import commands

POSIX = pytest.mark.skipif(not commands.available(), reason="POSIX only")


@pytest.fixture
def photos(folder, root):
    """A folder with one photo."""
    place = folder / "photos"
    place.mkdir()
    shutil.copy(root / "examples" / "chelsea.png", place)
    return place


@pytest.fixture
def small(monkeypatch, tiny_model, photos):
    """The options of a bench that is soon over."""
    monkeypatch.setattr(module, "QUICK_SIZES", ((96, 64), (192, 128), (384, 256)))
    monkeypatch.setattr(module, "_QUICK_SYMBOLS", 10_000)
    options = "--quick --threads 1 --repeat 1 --codecs jpeg --photos"
    return [*options.split(" "), photos, "--model", tiny_model]


@POSIX
@pytest.mark.slow
def test_all_parts(mzt, small):
    result = mzt("bench", *small, "--json", "results/speed.json")
    assert (result.status, result.out) == (1, b"")  # before anything is measured
    assert result.err == "mzt: the folder results does not exist; make it first, or choose another\n"

    result = mzt("bench", *small, "--json", "speed.json")
    assert result.status == 0, result.err
    text = result.out.decode()
    for word in (
        "mezzotint default",
        "jpeg optimize, 4:2:0",
        "whole",
        "mzt decode",
        "bytes a pixel",
        "sum",
        "hard",
    ):
        assert word in text
    assert max(map(len, text.splitlines())) <= 100
    assert result.err.count("mzt: next, ") == 7
    with open("speed.json", encoding="utf-8") as file:
        document = json.load(file)
    assert list(document) == [
        *("about", "settings", "left_out", "coding", "stages", "start", "memory", "macs", "entropy")
    ]
    assert document["about"]["model"].startswith("tiny ")
    assert document["settings"] == {"threads": [1], "quality": 50, "repeat": 1, "quick": True}
    assert {(row["codec"], row["side"]) for row in document["coding"]} == {
        (codec, side) for codec in ("mezzotint", "jpeg") for side in ("encode", "decode")
    }
    spread = document["coding"][0]["mp_per_s"]
    assert set(spread) == {"median", "low", "high", "count"}
    assert {row["stage"] for row in document["stages"]} > {"analysis", "synthesis", "whole"}
    assert [row["command"] for row in document["start"]][:3] == ["mzt version", "mzt encode", "mzt decode"]
    assert len(document["memory"]["peaks"]) == 6
    assert len(document["memory"]["lines"]) == 2
    assert len(document["macs"]["graphs"]) == 6
    assert document["macs"][ENCODER] > document["macs"][DECODER] > 0
    assert len(document["entropy"]) == 4


def test_json_alone_on_stdout(mzt, small):
    result = mzt("bench", *small, "--parts", "macs, entropy", "--json", "-")
    document = json.loads(result.out)
    assert result.status == 0
    assert document["coding"] == document["stages"] == document["start"] == document["memory"]["peaks"] == []
    assert document["macs"]["graphs"] and document["entropy"]


def test_an_existing_file_is_kept(mzt, small, folder):
    (folder / "speed.json").write_text("mine")
    result = mzt("bench", *small, "--parts", "macs", "--json", "speed.json")
    assert result.status == 1
    assert "--force" in result.err and "next" not in result.err
    assert mzt("bench", *small, "--parts", "macs", "--json", "speed.json", "--force").status == 0
    assert json.loads((folder / "speed.json").read_text())["macs"]["graphs"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--threads", "0"], 2, "'0' is no list of thread counts"),
        (["--threads", "1,two"], 2, "'1,two' is no list"),
        (["--threads", ""], 2, "'' is no list"),
        (["--threads", "256", "--parts", "stages"], 2, "no thread count is left"),
        (["--parts", "coding,speed"], 2, "choose of coding,stages,start,memory,macs,entropy"),
        (["--parts", ","], 2, "choose of"),
        (["--codecs", "bpg"], 2, "unknown codec 'bpg'"),
        (["--codecs", "avif:speed 5"], 2, "no settings with 'speed 5'"),
        (["--codecs", "jpeg", "--against", "avif"], 2, "--against takes one of: mezzotint (default); jpeg"),
        (["--photos", "nowhere"], 1, "nowhere does not exist"),
        (["--model", "nowhere.mztm"], 1, "nowhere.mztm cannot be read"),
        (["--repeat", "0"], 2, "--repeat"),
    ],
)
def test_refusals(mzt, folder, arguments, status, words):
    result = mzt("bench", *arguments)
    assert (result.status, result.out) == (status, b"")
    assert words in result.err
    assert "next" not in result.err


def test_an_empty_folder(mzt, folder):
    (folder / "empty").mkdir()
    result = mzt("bench", "--photos", "empty", "--parts", "stages")
    assert result.status == 1
    assert "holds no picture" in result.err.splitlines()[-1]


def test_without_a_checkout(mzt, folder, monkeypatch):
    monkeypatch.setattr("mezzotint.evaluate.speed.pictures.checkout", lambda: None)
    result = mzt("bench", "--parts", "coding")
    assert result.status == 1
    assert "--photos FOLDER" in result.err


def test_more_threads_than_processors(mzt, small):
    small[small.index("1")] = f"1,{cores() + 1}"
    result = mzt("bench", *small, "--parts", "macs", "--json", "-")
    assert result.status == 0
    line = f"a run on {cores() + 1} threads is left out: this process may use {cores()} of the processors"
    assert f"mzt: {line}\n" in result.err
    assert json.loads(result.out)["left_out"] == [line]


def test_what_is_missing_is_said_once_and_written_down(mzt, small, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr(commands, "available", lambda: False)
    result = mzt("bench", *small, "--parts", "start,memory,macs", "--json", "-")
    assert result.status == 0
    left_out = json.loads(result.out)["left_out"]
    assert [line.split(" is left out: ")[0] for line in left_out] == [
        *("cold start", "peak memory", "the count of multiply-accumulates")
    ]
    assert all(f"mzt: {line}\n" in result.err for line in left_out)
    assert "pip install 'mezzotint[eval]'" in left_out[2]


@POSIX
def test_a_full_disk_is_named(mzt, small, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("PIL.Image.Image.save", full)
    result = mzt("bench", *small, "--parts", "memory")
    assert result.status == 1
    expected = "mzt: the temporary folder cannot be written to: No space left on device; "
    assert result.err.splitlines()[-1] == expected + "free some space, or name another in TMPDIR"


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from mezzotint.cli.program import run; run(['bench', '--help']); "
        "run(['bench', '--threads', 'x']); "
        "print(sorted({'numpy', 'PIL', 'onnxruntime', 'tqdm', 'onnx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
