# SPDX-License-Identifier: Apache-2.0
"""Rows that are tests elsewhere: what fails, is skipped or cannot even be read is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from attacks import suites
from attacks.files import ROOT
from attacks.suites import Suite

TESTS = """
import pytest

def test_good():
    pass

@pytest.mark.slow
def test_slow():
    pass

def test_bad():
    assert False

@pytest.fixture
def broken():
    raise RuntimeError

def test_without_its_fixture(broken):
    pass

@pytest.mark.skip(reason="no such machine")
def test_left_out():
    pass
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow: long\n")
    (tmp_path / "test_something.py").write_text(TESTS)
    return Suite("something", ("test_something.py",), tmp_path)


def test_what_is_counted(suite: Suite) -> None:
    ticks: list[int] = []
    outcome = suite.attack(suite.WHOLE, 0, lambda: ticks.append(1))
    assert (suite.WHOLE, len(ticks), outcome.tried, outcome.wrong) == (5, 5, 4, 2)
    assert [fault.rpartition("::")[2] for fault in outcome.faults] == [
        "test_bad failed",
        "test_without_its_fixture failed",
    ]
    assert [reason.rpartition("::")[2] for reason in outcome.left_out] == ["test_left_out: no such machine"]


def test_a_file_that_cannot_be_read_is_wrong(suite: Suite, tmp_path: Path) -> None:
    assert suite.WHOLE == 5
    (tmp_path / "test_something.py").write_text("import nothing_of_this_name")
    assert suite.attack(5, 0).wrong == 5


@pytest.mark.parametrize("name", ["modes", "metadata", "golden", "second", "bad_world"])
def test_their_files_are_there(name: str) -> None:
    suite: Suite = getattr(suites, name)
    assert suite.name == name
    assert [path for path in suite.paths if not (ROOT / path).exists()] == []
