# SPDX-License-Identifier: Apache-2.0
"""Outputs appear whole or not at all; what was there stays; every refusal of the file system is explained."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mezzotint.cli import files
from mezzotint.errors import FileAccess, OutputExists


def test_an_existing_output_is_kept(mzt, coded):
    Path("out.png").write_bytes(b"precious")
    result = mzt("decode", coded, "out.png")
    assert (result.status, Path("out.png").read_bytes()) == (1, b"precious")
    assert "out.png exists already; add --force" in result.err
    assert mzt("decode", coded, "out.png", "--force").status == 0
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")


def test_an_existing_output_is_kept_when_force_fails(mzt, coded):
    Path("out.png").write_bytes(b"precious")
    coded.write_bytes(coded.read_bytes()[:-1])
    assert mzt("decode", coded, "out.png", "--force").status == 1
    assert Path("out.png").read_bytes() == b"precious"


def test_input_and_output_may_be_one_file(mzt, picture, tiny_model):
    nameless = picture.rename(picture.with_name("photo"))
    assert mzt("encode", nameless, nameless, "--force", "--model", tiny_model).status == 0
    assert nameless.read_bytes().startswith(b"\x8dMZ")


@pytest.mark.parametrize("problem", [KeyboardInterrupt, MemoryError, RuntimeError])
def test_nothing_is_left_after_an_interruption(folder, problem):
    with pytest.raises(problem), files.replacing("out.mzt", False):
        assert len(list(folder.iterdir())) == 1  # the temporary file
        raise problem
    assert list(folder.iterdir()) == []


def test_an_output_that_appeared_meanwhile_is_kept(folder):
    with pytest.raises(OutputExists), files.replacing("out.mzt", False) as output:
        output.write(b"new")
        Path("out.mzt").write_bytes(b"other")
    assert Path("out.mzt").read_bytes() == b"other"
    assert [path.name for path in folder.iterdir()] == ["out.mzt"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk(folder, monkeypatch, number):
    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileAccess, match="no space is left for out.mzt; free some"):  # noqa: SIM117
        with files.replacing("out.mzt", False) as output:
            output.write(b"new")
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_full_device(mzt, picture, tiny_model):
    result = mzt("encode", picture, "/dev/full", "--force", "--model", tiny_model)
    assert (result.status, result.err.count("\n")) == (1, 1)
    assert "no space is left" in result.err
    assert Path("/dev/full").is_char_device()


def test_closed_folders(mzt, picture, monkeypatch):
    """The same as the tests in test_bad_input.py that root cannot run."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(files, "open", refuse, raising=False)
    assert "photo.png may not be read; check the permissions" in mzt("encode", picture, "-").err
    assert "may not be written to; choose another" in mzt("encode", picture, "out.mzt").err


def test_a_link_is_followed(folder):
    Path("real.mzt").write_bytes(b"old")
    Path("link.mzt").symlink_to("real.mzt")
    with files.replacing("link.mzt", True) as output:
        output.write(b"new")
    assert Path("link.mzt").is_symlink()
    assert Path("real.mzt").read_bytes() == b"new"


def test_permissions_are_those_of_a_new_file(folder):
    before = os.umask(0o027)
    try:
        with files.replacing("out.mzt", False) as output:
            output.write(b"new")
    finally:
        os.umask(before)
    assert Path("out.mzt").stat().st_mode & 0o777 == 0o640


def test_an_endless_input_is_given_up(mzt, folder, monkeypatch):
    monkeypatch.setattr(files, "MAX_INPUT", 3_000_000)
    result = mzt("encode", "/dev/zero", "out.mzt")
    assert (result.status, result.out) == (1, b"")
    assert "/dev/zero is larger than" in result.err
    assert mzt("decode", "/dev/zero", "out.png").err.startswith("mzt: the file does not begin")


def test_a_replaced_file_keeps_its_permissions(folder):
    Path("out.mzt").write_bytes(b"old")
    Path("out.mzt").chmod(0o600)
    with files.replacing("out.mzt", True) as output:
        output.write(b"new")
    assert Path("out.mzt").stat().st_mode & 0o777 == 0o600


def test_a_link_to_itself_is_kept(folder):
    Path("one").symlink_to("two")
    Path("two").symlink_to("one")
    with pytest.raises(OutputExists), files.replacing("one", False):
        pass
    assert Path("one").is_symlink()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="POSIX devices")
def test_stdout_by_its_name(coded):
    command = f"{sys.executable} -m mezzotint encode photo.png /dev/stdout --force --quiet | wc -c"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) > 50, done.stderr


def test_a_file_is_no_folder(mzt, picture, coded):
    assert "photo.mzt is not a folder; " in mzt("decode", coded, "photo.mzt/out.png").err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX: a file with a hole takes no space")
@pytest.mark.parametrize("verb", ["info", "decode", "compare"])
def test_a_file_far_longer_than_it_says_was_read_to_its_end(mzt, coded, verb):
    os.truncate(coded, 1 << 40)
    result = mzt(verb, coded, *{"info": [], "decode": ["out.png"], "compare": [coded]}[verb])
    assert result.status == 1 and "bytes and has more; copy" in result.err
    assert not Path("out.png").exists()
