# SPDX-License-Identifier: Apache-2.0
"""A case of each kind of row 26, and that a decoder which ends badly would be seen."""

from __future__ import annotations

import pytest
from attacks import isolation
from attacks.files import ROOT
from attacks.isolation import Case, apart, batch, confined, tried
from attacks.isolation.confined import PYTHON, Ended, Fault

pytestmark = pytest.mark.skipif(not isolation.AVAILABLE, reason="limits are set by prlimit, of Linux")


def test_a_library_without_memory_says_so_and_goes_on() -> None:
    few, enough = (tried([Case("library", "lossless cold", step)]) for step in (8, 20))
    assert (few.faults, few.refused) == ((), 1)
    assert (enough.faults, enough.refused) == ((), 0)


@pytest.mark.slow
def test_a_command_without_memory_says_so_in_a_line() -> None:
    outcome = tried([Case("command", "lossy", 6)])
    assert (outcome.faults, outcome.refused) == ((), 1)


def test_the_recipe_refuses_and_goes_on() -> None:
    outcome = tried([Case("apart", "memory", 0)])
    assert (outcome.faults, outcome.refused) == ((), 1)
    with pytest.raises(apart.Refused, match=r"^mzt: stdin is no \.mzt file|^mzt: .*; "):
        apart.decoded_apart(b"no picture")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["memory", "time", "killed"])
def test_a_batch_loses_a_file_and_no_more(how: str) -> None:
    outcome = tried([Case("batch", how, 1)])
    assert (outcome.faults, outcome.refused) == ((), 1)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["time", "killed"])
def test_the_recipe_outlives_what_befalls_a_decoder(how: str) -> None:
    outcome = tried([Case("apart", how, 1)])
    assert (outcome.faults, outcome.refused) == ((), 1)


def test_bad_ends_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal, another error, a wrong picture, a hang: each must be told, or nothing above says anything."""
    abort = "import os; os.abort()"
    assert confined.run([*PYTHON, "-c", abort]).status < 0
    found = {"again": "a", "picture": "", "error": "MemoryError", "line": "no memory"}
    for wrong in (found, {**found, "error": "", "picture": "b"}, {**found, "again": "c"}):
        with pytest.raises(Fault):
            isolation.judged(wrong, "a")
    assert isolation.judged({**found, "error": "LimitExceeded"}, "a")
    monkeypatch.setattr(confined, "LONGEST", 0.2)
    with pytest.raises(Fault, match="did not end"):
        confined.run([*PYTHON, "-c", "import time; time.sleep(60)"])


def test_bad_ends_of_a_batch_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "wanted", lambda: {"a.mzt": "1", "b.mzt": "2"})
    told = "mzt: b.png: it is gone; look\nout: 2 files, 1 failed"
    assert batch.hold(Ended(1, b"", told), {"a.mzt": "1"})
    assert not batch.hold(Ended(0, b"", ""), {"a.mzt": "1", "b.mzt": "2"})
    for end, found in (
        (Ended(0, b"", told), {"a.mzt": "1"}),  # status
        (Ended(1, b"", "mzt: a.png: something\nout"), {"a.mzt": "1"}),  # not told
        (Ended(0, b"", ""), {"a.mzt": "1", "b.mzt": "3"}),  # incomplete
        (Ended(0, b"", ""), {"a.mzt": "1", "b.mzt": "2", "c.mzt": "3"}),  # from nowhere
        (Ended(1, b"", f"Traceback\n{told}"), {"a.mzt": "1"}),
    ):
        with pytest.raises(Fault):
            batch.hold(end, found)


def test_the_recipe_is_that_of_the_page() -> None:
    """docs/security.md shows what row 26 tries, word for word."""
    code = (
        (ROOT / "tests" / "hostile" / "attacks" / "isolation" / "apart.py")
        .read_text("utf-8")
        .partition("import os\n")[2]
    )
    assert code.strip() in (ROOT / "docs" / "security.md").read_text("utf-8")
