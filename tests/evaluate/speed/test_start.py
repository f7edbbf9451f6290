# SPDX-License-Identifier: Apache-2.0
"""Cold start of our commands, and of others where they are at hand and work."""

from __future__ import annotations

import pytest

from mezzotint.errors import MezzotintError
from mezzotint.evaluate.speed import commands
from mezzotint.evaluate.speed.events import Next, Step
from mezzotint.evaluate.speed.start import Start, starts

pytestmark = pytest.mark.skipif(not commands.available(), reason="POSIX only")


@pytest.fixture
def others(tmp_path, monkeypatch):
    """A PATH with an encoder that works and a decoder that does not."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, status in (("cwebp", 0), ("dwebp", 1)):
        (folder / name).write_text(f"#!/bin/sh\necho >> {folder}/{name}.runs\nexit {status}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin")


def test_our_commands_and_those_at_hand(tmp_path, photo, tiny_model, others):
    place = tmp_path / "place"
    place.mkdir()
    told = list(starts(place, photo, 50, str(tiny_model), 1, 1))
    rows = {entry.command: entry for entry in told if isinstance(entry, Start)}
    assert list(rows)[:4] == ["mzt version", "mzt encode", "mzt decode", "cwebp"]
    assert "dwebp" not in rows
    assert isinstance(told[0], Next)
    assert told[0].steps == told.count(Step())
    assert (tmp_path / "bin" / "cwebp.runs").read_text() == "\n\n"  # one more to warm the disk's cache
    assert [row.ours for row in rows.values()][:4] == [True, True, True, False]
    assert rows["mzt encode"].seconds.count == 1
    assert (
        rows["mzt encode"].seconds.median > rows["mzt version"].seconds.median > rows["cwebp"].seconds.median
    )
    assert rows["mzt encode"].peak_mib > rows["mzt version"].peak_mib


def test_a_failure_of_ours_is_raised(tmp_path, photo):
    with pytest.raises(MezzotintError, match=r"mzt encode failed: .*nowhere\.mztm"):
        list(starts(tmp_path, photo, 50, "nowhere.mztm", 1, 1))
