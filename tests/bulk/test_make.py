# SPDX-License-Identifier: Apache-2.0
"""One job in a worker: whatever goes wrong is one line, and nothing is left of the output."""

from __future__ import annotations

import os
import sys
import tracemalloc

import pytest

from mezzotint.bulk import Converted
from mezzotint.bulk.job import Failed, Job, Made
from mezzotint.bulk.make import answer


@pytest.fixture
def do(tmp_path, fakes):
    def run(data: bytes = b"text", check: bool = False, converter=None, source: str = "a.png"):
        if not os.path.lexists(tmp_path / source):
            (tmp_path / source).write_bytes(data)
        job = Job(1, str(tmp_path / source), str(tmp_path / "new"), str(tmp_path / "a.mzt"), check)
        return answer(job, converter or fakes.Reverse())

    return run


def test_a_file_is_converted(do, tmp_path):
    made = do()
    assert isinstance(made, Made)
    assert (made.size, made.pixels, made.notes, made.keep) == (4, 10, (), None)
    assert made.stamp.size == 4
    assert made.stamp.mtime_ns == (tmp_path / "a.png").stat().st_mtime_ns
    assert (tmp_path / "new").read_bytes() == b"txet"


@pytest.mark.parametrize(
    ("data", "keep"), [(b"text", ""), (b"more", "it holds more"), (b"loss", "the picture has several frames")]
)
def test_whether_the_source_may_be_deleted(do, data, keep):
    assert do(data, check=True).keep == keep


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"memory", "out of memory; try it again with fewer --jobs"),
        (b"odd", "ValueError: no such picture; please report this"),
        (b"damaged", "the file is damaged; copy or download it again"),
        (b"wrong", "the written file decodes to other pixels; please report this"),
    ],
)
def test_what_goes_wrong_is_a_line(do, tmp_path, data, error):
    assert do(data, check=True) == Failed(error)
    assert not (tmp_path / "new").exists()


def test_sources_that_cannot_be_read(do, tmp_path):
    (tmp_path / "nowhere.png").symlink_to("nothing")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    assert do(source="nowhere.png").error.startswith("it does not exist any more; ")
    assert do(source="loop.png").error.startswith("it is a link that leads to itself; ")
    assert do(source="folder.png").error.startswith("it is a folder; ")
    assert do(source="pipe.png").error.startswith("it is no regular file; ")


def test_of_a_source_that_its_beginning_gives_away_no_more_is_read(do, tmp_path):
    """A sparse file of gigabytes cost a worker as many."""
    for begins, error in (
        (b"refused", "the header is damaged"),
        (b"short", "the file should have 1000 bytes"),
    ):
        (tmp_path / "a.png").write_bytes(begins)
        os.truncate(tmp_path / "a.png", 1 << 31)
        tracemalloc.start()
        try:
            assert do().error.startswith(error)
            assert tracemalloc.get_traced_memory()[1] < 4 << 20
        finally:
            tracemalloc.stop()


class Meddling:
    """Changes a file while it is converted."""

    def __init__(self, path) -> None:
        self.path = path

    def open(self) -> None: ...

    def length(self, first: bytes) -> None: ...

    def convert(self, data: bytes) -> Converted:
        self.path.write_bytes(b"another")
        return Converted(data, 1)

    def compare(self, source: bytes, written: bytes) -> str:
        return ""


def test_a_source_that_changes_meanwhile(do, tmp_path):
    assert do(converter=Meddling(tmp_path / "a.png")).error.startswith("it changed while it was converted; ")
    assert not (tmp_path / "new").exists()


def test_an_output_that_reads_back_differently(do, tmp_path, monkeypatch):
    """A disk that loses what it was given."""
    sync = os.fsync

    def lose(descriptor: int) -> None:
        sync(descriptor)
        os.truncate(tmp_path / "new", 2)

    monkeypatch.setattr(os, "fsync", lose)
    assert do(check=True).error == "its output reads back differently; check the disk of DST"
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no permission bits")
def test_what_was_private_stays_private(do, tmp_path):
    (tmp_path / "a.png").write_bytes(b"text")
    (tmp_path / "a.png").chmod(0o600)
    do()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_an_output_is_compared_with_its_source(tmp_path, fakes):
    (tmp_path / "a.png").write_bytes(b"text")
    (tmp_path / "a.mzt").write_bytes(b"txet")
    job = Job(1, str(tmp_path / "a.png"), None, str(tmp_path / "a.mzt"), True)
    assert answer(job, fakes.Reverse()).keep == ""
    (tmp_path / "a.mzt").write_bytes(b"other")
    assert answer(job, fakes.Reverse()).keep == "it holds other bytes"
