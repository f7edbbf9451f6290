# SPDX-License-Identifier: Apache-2.0
"""Row 9: memory is measured in a process of its own, and a peak over the formula is seen."""

from __future__ import annotations

import pytest
from attacks import footprint, memory
from attacks.footprint import Run

pytestmark = pytest.mark.skipif(not memory.STATUS.exists(), reason="only Linux tells resident memory")


def test_a_part() -> None:
    outcome = footprint.attack(4, 0)
    assert not outcome.faults
    assert (outcome.tried, outcome.wrong) == (4, 0)


def test_the_whole_is_every_size_with_every_number_of_threads() -> None:
    runs = footprint.runs()
    assert 2 * len(runs) == footprint.WHOLE == 144
    assert {run.threads for run in runs} == {1, 2, 8}
    assert {run.size[0] * run.size[1] for run in runs} >= {1, 2**20, 2**26, 10**8}


def test_a_peak_over_the_formula_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"encode": 11, "encode_most": 10, "decode": 5, "decode_most": 5, "whole": footprint.MOST + 1}
    assert len(footprint.over(Run((64, 64, 6), 1, "lossy"), found)) == 1
    assert len(footprint.over(Run(footprint.SIZES[-1], 1, "lossy"), found)) == 2
    monkeypatch.setattr(footprint, "measured", lambda run: (found, []))
    outcome = footprint.attack(4, 0)
    assert (outcome.tried, outcome.wrong, outcome.peak_bytes) == (4, 2, 11)


def test_a_child_that_fails_is_wrong_both_ways() -> None:
    _, faults = footprint.measured(Run((0, 0, 10), 1, "lossy"))
    assert len(faults) == 2
