# SPDX-License-Identifier: Apache-2.0
"""Row 19: a job that is killed again and again ends as one that nobody disturbed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from attacks import kills

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def test_a_kill_in_a_job_of_a_hundred() -> None:
    outcome = kills.attack(1, 5)
    assert not outcome.faults
    assert (outcome.tried, outcome.wrong) == (101, 0)


@pytest.mark.slow
def test_twenty_kills_in_a_job_of_two_thousand() -> None:
    outcome = kills.attack(kills.WHOLE, 0)
    assert not outcome.faults
    assert (outcome.tried, outcome.wrong) == (2020, 0)


def test_what_a_kill_could_leave_behind_is_seen(tmp_path: Path) -> None:
    (tmp_path / "half.mzt").write_bytes(b"\x8dMZ\n")
    (tmp_path / ".mzt-x.tmp").touch()
    (tmp_path / kills.JOURNAL).write_text('{"done": "a"}\n{"done": "a"}\n', "utf-8")
    assert len(kills._partial(tmp_path)) == 1
    assert kills._twice(tmp_path, 2) == [
        "a was done 2 times",
        "the journal has 1 of 2 pictures",
        ".mzt-x.tmp was left behind",
    ]
