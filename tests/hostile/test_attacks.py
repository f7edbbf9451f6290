# SPDX-License-Identifier: Apache-2.0
"""A part of every attack; `make harden` runs them whole, and results/hostile.json has what came of that."""

from __future__ import annotations

from types import ModuleType

import pytest
from attacks import (
    body_flips,
    bombs,
    bundles,
    header_flips,
    leak,
    limits,
    memory,
    repaired,
    sizes,
    splices,
    strangers,
    trial,
    truncation,
)
from attacks.files import small

from mezzotint.errors import DamagedFile, MezzotintError, NotMezzotint

# Attack, cases of the part, whether nothing may be accepted. docs/_ext/outcomes.py tells the parts on the site.
PARTS = [
    (truncation, 10_000, True),
    (header_flips, 8_000, True),
    (body_flips, 5_000, True),
    (repaired, 2_000, False),
    (splices, 2_000, False),
    (bombs, bombs.WHOLE, True),
    (limits, 30, False),
    (sizes, 60, False),
    (bundles, 300, False),
    (strangers, 120, False),
]


@pytest.mark.parametrize(("attack", "count", "strict"), PARTS)
def test_nothing_gets_through(attack: ModuleType, count: int, strict: bool) -> None:
    outcome = attack.attack(count, 1)
    assert not outcome.faults
    assert outcome.wrong == 0
    assert outcome.tried >= count
    assert not strict or outcome.refused == outcome.tried


def test_refusing_a_cut_file_takes_no_time() -> None:
    assert truncation.attack(2_000, 2).median_s < 0.005


def test_every_attack_hits_every_file() -> None:
    names = {case.what.split(",")[0] for case in repaired.cases(400, 1)}
    assert names == {sample.name for sample in small()}


def test_repaired_damage_gives_pictures_and_errors() -> None:
    outcome = repaired.attack(60, 3)
    assert 0 < outcome.refused < outcome.tried  # one of them alone would mean that the repair does nothing


def test_more_is_decoded_with_the_check_of_the_coder_off() -> None:
    checked, unchecked = trial.run(repaired.cases(200, 4)), trial.run(repaired.unchecked(200, 4))
    assert checked.wrong == unchecked.wrong == 0
    assert unchecked.refused < 0.85 * checked.refused
    assert trial.run(repaired.cases(200, 4)).refused == checked.refused  # and on again


@pytest.mark.skipif(not memory.STATUS.exists(), reason="only Linux tells resident memory")
def test_a_bomb_takes_little_memory() -> None:
    peak = bombs.attack(8, 5).peak_bytes
    assert peak is not None and peak < bombs.MOST


def test_no_drift_over_rounds() -> None:
    outcome = leak.attack(300, 0)
    assert not outcome.faults
    assert (outcome.tried, outcome.refused) == (300, 300)


def test_a_wrong_outcome_is_seen() -> None:
    """A sound file, a wrong error and a slow decode must each be counted, or the rows above say nothing."""
    sample = small()[0]
    sound = trial.Case("sound", sample.data, sample.model, (MezzotintError,))
    other = trial.Case("empty", b"", sample.model, (DamagedFile,))
    right = trial.Case("empty", b"", sample.model, (NotMezzotint,))
    outcome = trial.run([sound, other, right])
    assert (outcome.tried, outcome.refused, outcome.wrong) == (3, 1, 2)
    assert "gave a picture of (64, 64, 3)" in outcome.faults[0] and "NotMezzotint" in outcome.faults[1]
    assert trial.run([right], slowest=0).wrong == 1
