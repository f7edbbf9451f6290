# SPDX-License-Identifier: Apache-2.0
"""about.json: what is written comes back, and what stands under its name is never half written."""

from __future__ import annotations

import json
import os

import pytest

from mezzotint.errors import BadImage, DamagedFile
from mezzotint.evaluate import about
from mezzotint.evaluate.about import About
from mezzotint.evaluate.failures import Failure, Note, reason
from mezzotint.evaluate.machine import Machine, Package

MACHINE = Machine(
    command="mzt eval photos -o out",
    commit=None,
    processor="abacus",
    cores=2,
    system="Linux x86_64",
    python="3.11.7",
    packages=(Package("numpy", "2.4.6"), Package("pillow", "13.0.0")),
    model="tiny 0123456789abcdef",
)
FULL = About(
    machine=MACHINE,
    set_name="photos",
    images=24,
    metrics="psnr",
    threads=1,
    jobs=2,
    finished=True,
    rows=100,
    seconds=12.5,
    left_out=("heic is left out: no package",),
    failures=(Failure("gr\u00fcn.png", "damaged"), Failure("1.png", "no", "avif", "speed 6", 2.5)),
    notes=(Note("2.png", "transparency is left out"),),
    earlier=("mzt eval photos -o out --fast (commit unknown)",),
)


@pytest.mark.parametrize("written", [FULL, About(MACHINE, "photos", 1, "psnr", 1, 1)])
def test_round_trip(tmp_path, written):
    about.write(tmp_path, written)
    assert about.read(tmp_path) == written
    assert [path.name for path in tmp_path.iterdir()] == [about.NAME]


def test_every_field_is_there_for_other_programs(tmp_path):
    about.write(tmp_path, FULL)
    document = json.loads((tmp_path / about.NAME).read_text())
    assert document["packages"] == {"numpy": "2.4.6", "pillow": "13.0.0"}
    assert (document["set"], document["processor"], document["commit"]) == ("photos", "abacus", None)
    assert document["failures"][1] == {
        "image": "1.png",
        "reason": "no",
        "codec": "avif",
        "settings": "speed 6",
        "quality": 2.5,
    }


def test_no_file(tmp_path):
    assert about.read(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"set": 1}', "null", "\udcff"])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / about.NAME).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(DamagedFile, match="does not describe measurements"):
        about.read(tmp_path)


@pytest.mark.parametrize("key", ["failures", "notes", "packages", "images"])
def test_a_field_of_another_kind_is_refused(tmp_path, key):
    about.write(tmp_path, FULL)
    document = json.loads((tmp_path / about.NAME).read_text())
    (tmp_path / about.NAME).write_text(json.dumps({**document, key: [1]}))
    with pytest.raises(DamagedFile):
        about.read(tmp_path)


def test_a_failed_write_keeps_what_was_there(tmp_path, monkeypatch):
    about.write(tmp_path, FULL)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        about.write(tmp_path, About(MACHINE, "others", 1, "psnr", 1, 1))
    assert about.read(tmp_path) == FULL
    assert [path.name for path in tmp_path.iterdir()] == [about.NAME]


def test_reasons_are_one_line():
    assert reason(ValueError("a\n  b")) == "ValueError: a b"
    assert reason(MemoryError()) == "MemoryError"
    assert reason(BadImage("no\npixels", "give some")) == "no pixels"
    assert len(reason(ValueError("x" * 1000))) == 300
    assert reason(BadImage("a\nb: no"), without="a\nb: ") == "no"
    assert Failure("a\nb.png", "no").line() == Note("a\nb.png", "no").line() == "a b.png: no"
