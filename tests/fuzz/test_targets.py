# SPDX-License-Identifier: Apache-2.0
"""The laws of the targets can be broken, and a broken one is seen; files taken apart go together again."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from random import Random
from typing import Any

import forged
import fuzz_agree
import fuzz_bundle
import fuzz_container
import fuzz_decode
import fuzz_entropy
import fuzz_header
import fuzz_salvage
import harness
import numpy as np
import pytest
from harness import Broken, Target, attempt
from repair import FIXED, Cursor, changed, join, split, varint
from samples import model

import mezzotint
from mezzotint.bitstream import Mode, read
from mezzotint.bundle import dump
from mezzotint.runtime import lossless

MODULES = (
    *(fuzz_header, fuzz_container, fuzz_entropy, fuzz_decode, fuzz_agree),
    *(fuzz_salvage, fuzz_bundle),
)
GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.fixture(scope="module")
def file() -> bytes:
    return mezzotint.encode(np.arange(60, dtype=np.uint8).reshape(4, 5, 3), lossless=True)


def test_a_header_that_is_written_otherwise_breaks_a_law(
    file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fuzz_header.run(file) == "accepted"
    monkeypatch.setattr(fuzz_header, "pack_preamble", lambda *_: file[:-1])
    with pytest.raises(Broken, match="another header"):
        fuzz_header.run(file)


def test_a_container_that_is_written_otherwise_breaks_a_law(
    file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fuzz_container.run(file).startswith("accepted")
    monkeypatch.setattr(fuzz_container, "write", lambda *_: file + b"\0")
    with pytest.raises(Broken, match="another file"):
        fuzz_container.run(file)


def test_a_picture_of_another_shape_breaks_a_law(file: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes([2, 0, 0, 99, 99, 0, 0, 0]) + file
    assert fuzz_decode.run(data) == "accepted, accepted with region"
    monkeypatch.setattr(fuzz_decode, "_expected", lambda *_: (5, 4, 3))
    with pytest.raises(Broken, match="has the shape"):
        fuzz_decode.run(data)


def test_other_words_for_the_same_values_break_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes([1, 0, 0, 20, 0, 0, 3])
    assert fuzz_entropy.run(data) == "values: coded"
    monkeypatch.setattr(fuzz_entropy.reference, "encode", lambda *_: [1, 2, 3])
    with pytest.raises(Broken, match="other words"):
        fuzz_entropy.run(data)


def test_two_decoders_that_differ_break_a_law(file: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fuzz_agree.run(file) == "lossless accepted"
    monkeypatch.setattr(fuzz_agree, "_theirs", lambda *_: (None, "no"))
    with pytest.raises(Broken, match="the package says lossless accepted, the second decoder no"):
        fuzz_agree.run(file)


def test_a_salvaged_picture_of_other_samples_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 70), np.uint8)
    file = mezzotint.encode(pixels, lossless=True, tile_log2=6)
    data = (len(file) - 1).to_bytes(2, "little") + bytes([7, 1]) + file  # the last byte is changed
    assert fuzz_salvage.run(data) == "salvaged, some lost"
    other = mezzotint.Picture(pixels ^ 1)
    monkeypatch.setattr(fuzz_salvage, "_decoded", lambda data, _: other if data == file else None)
    with pytest.raises(Broken, match="other samples where nothing was lost"):
        fuzz_salvage.run(data)


def test_a_bundle_that_is_written_otherwise_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fuzz_bundle.run(bytes([2, 0])) == "patches: accepted"
    assert fuzz_bundle.run(b"\0\0{}") == "header: DamagedModel"
    other = dump(model(True))
    monkeypatch.setattr(fuzz_bundle, "dump", lambda _: other)
    with pytest.raises(Broken, match="another bundle"):
        fuzz_bundle.run(bytes([2, 0]))


def test_a_warning_is_a_finding() -> None:
    def warn(data: bytes) -> str:
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        return "accepted"

    with pytest.raises(RuntimeWarning):
        attempt(Target("warns", warn, changed, longest=1, seconds=1), b"")


@pytest.mark.parametrize("path", sorted((GOLDEN / "streams").glob("*.mzt")), ids=lambda path: path.stem)
def test_parts_go_together_again(path: Path) -> None:
    data = path.read_bytes()
    parts = split(data)
    assert parts is not None
    assert join(parts) == data


def test_damage_is_repaired(file: bytes) -> None:
    damaged = file[:-1] + bytes([file[-1] ^ 1])
    with pytest.raises(mezzotint.MezzotintError, match="checksum"):
        read(damaged)
    parts = split(damaged)
    assert parts is not None
    assert read(join(parts)).layers[0][0][-1] == file[-1] ^ 1  # of a tile of graphics, which has one chunk


def test_anything_can_be_taken_apart_and_changed(file: bytes) -> None:
    rng = Random(0)

    def native(data: bytes, most: int) -> bytes:
        return (data + rng.randbytes(3))[:most]

    assert split(b"x" * (FIXED - 1)) is None
    for _ in range(100):
        data = rng.randbytes(rng.randrange(100))
        parts = split(data)
        assert (parts is None) == (len(data) < FIXED)
        for target in MODULES:
            assert isinstance(target.TARGET.mutate(data, 100, rng, native), bytes)
            assert isinstance(target.TARGET.mutate(file, 100, rng, native), bytes)


@pytest.mark.parametrize("shape", [(1, 1), (9, 4), (17, 12, 3)])
def test_forged_tiles_are_read_as_they_were_written(shape: tuple[int, ...]) -> None:
    chunks, pixels = forged.tile(shape, 8, 1, Cursor(Random(1).randbytes(2000)))
    assert np.array_equal(lossless.decode_tile(chunks, shape, 8, 1), pixels)


@pytest.mark.parametrize("context", [False, True])
def test_forged_files_are_accepted(file: bytes, context: bool) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (70, 66, 3), np.uint8)
    lossy = mezzotint.encode(noise, model=model(context), tile_log2=6)
    assert mezzotint.read_header(lossy).mode == Mode.LOSSY
    for data in (file, lossy):
        parts = split(data)
        assert parts is not None
        forged.file(parts, Random(2), model(context))
        assert join(parts) != data
        assert mezzotint.decode(join(parts), model=model(context)).ndim == 3


def test_cursor_gives_what_is_there() -> None:
    cursor = Cursor(varint(300) + b"ab")
    assert (cursor.varint(), cursor.take(1), cursor.number(4), cursor.left, cursor.varint()) == (
        300,
        b"a",
        98,
        0,
        0,
    )


def test_without_atheris_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, Any] = {"atheris": None}
    monkeypatch.setattr(harness, "find_spec", found.__getitem__)
    monkeypatch.setattr(sys, "argv", ["fuzz_header.py", "--seconds", "1"])
    assert harness.main(fuzz_header.TARGET) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "make fuzz" in said and "Atheris is not installed" in said


def test_an_input_is_reproduced_from_the_command_line(file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(file)
    run = subprocess.run(
        [sys.executable, harness.HERE / "fuzz_container.py", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0 and "accepted" in run.stdout, run.stderr
