# SPDX-License-Identifier: Apache-2.0
"""The journal: any name comes back, and whatever tears it costs no more than the torn line."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.bulk.journal import NAME, Journal, Record
from mezzotint.errors import UnsupportedVersion

RECORD = Record("begin", "a/b.png", "/photos", 10, 20, "options", "a/b.mzt", 5, "00ff", None)
NAMES = st.binary(min_size=1, max_size=255).filter(lambda name: b"/" not in name and b"\0" not in name)


def known(folder, path: str, name: str):
    journal = Journal(str(folder), writable=False)
    found = journal.folder(path, lambda name: name[:-4] + ".mzt").records(name)
    journal.close()
    return found


def fill(folder, *records: Record) -> None:
    journal = Journal(str(folder))
    journal.start("00000000", {"source": "/photos"})
    journal.append(records)
    journal.close()


@settings(max_examples=100, deadline=None)
@given(NAMES, NAMES, st.sampled_from([None, "", "it is grey"]))
def test_any_name_comes_back(tmp_path_factory, above, name, keep):
    folder = tmp_path_factory.mktemp("journal")
    above, name = os.fsdecode(above), os.fsdecode(name)
    record = replace(RECORD, source=f"{above}/{name}", output=f"{above}/{name}.mzt", keep=keep)
    fill(folder, record, record.done())
    assert known(folder, above, name) == (record.done(),)
    assert (folder / NAME).read_bytes().isascii()


def test_what_is_known_of_a_source(tmp_path):
    again = replace(RECORD, sha256="01")
    fill(tmp_path, RECORD)
    assert known(tmp_path, "a", "b.png") == (RECORD,)
    fill(tmp_path, RECORD.done(), again, replace(again, source="a/c.png", output="a/other.mzt"))
    assert known(tmp_path, "a", "b.png") == (again, RECORD.done())
    fill(tmp_path, again.done())
    assert known(tmp_path, "a", "b.png") == (again.done(),)
    assert known(tmp_path, "", "b.png") == ()
    journal = Journal(str(tmp_path))
    shelf = journal.folder("a", lambda name: name[:-4] + ".mzt")
    assert (sorted(shelf.last), shelf.odd) == (["b.png", "c.png"], {"c.png": "other.mzt"})
    journal.close()


def test_a_torn_line_anywhere(tmp_path):
    fill(tmp_path, RECORD.done())
    whole = (tmp_path / NAME).read_bytes()
    added = replace(RECORD, source="a/c.png")
    for end in range(len(whole) - len(RECORD.done().line()), len(whole)):
        (tmp_path / NAME).write_bytes(whole[:end])
        fill(tmp_path, added)
        assert known(tmp_path, "a", "b.png") == ()
        assert known(tmp_path, "a", "c.png") == (added,)
        for line in (tmp_path / NAME).read_text().splitlines():
            json.loads(line)


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"done": 1}', '{"done": "a/b.png", "size": 1}', '{"done": "a/b.png"', "\xff"]
)
def test_a_damaged_line_in_the_middle(tmp_path, line):
    fill(tmp_path, RECORD)
    with open(tmp_path / NAME, "a") as file:
        file.write(line + "\n")
    fill(tmp_path, replace(RECORD, source="a/c.png"))
    assert known(tmp_path, "a", "b.png") == (RECORD,)
    assert len(known(tmp_path, "a", "c.png")) == 1


def test_wrong_types_are_no_record(tmp_path):
    fill(tmp_path, replace(RECORD, size="10"), replace(RECORD, source="a/c.png"))
    assert known(tmp_path, "a", "b.png") == ()


def test_a_newer_release_has_written_it(tmp_path):
    (tmp_path / NAME).write_text('{"journal": 2, "job": "x"}\n')
    with pytest.raises(UnsupportedVersion, match="of version 2, and this release writes 1; install a newer"):
        Journal(str(tmp_path))


def test_numbers_of_earlier_jobs(tmp_path):
    fill(tmp_path, RECORD)
    journal = Journal(str(tmp_path))
    assert journal.jobs == {"00000000"}
    journal.close()


def test_without_a_journal_nothing_is_known_or_made(tmp_path):
    assert known(tmp_path, "a", "b.png") == ()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_whole_lines(tmp_path):
    """What os.write takes in parts is taken back."""
    fill(tmp_path, RECORD)
    before = (tmp_path / NAME).read_bytes()
    journal = Journal(str(tmp_path))
    write, rooms = os.write, iter([7, 0])

    def narrow(descriptor: int, data: memoryview) -> int:
        room = next(rooms)
        if not room:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:room])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", narrow)
        with pytest.raises(OSError, match="No space"):
            journal.append([RECORD.done()])
    assert (tmp_path / NAME).read_bytes() == before
    journal.append([RECORD.done()])
    journal.close()
    assert known(tmp_path, "a", "b.png") == (RECORD.done(),)
