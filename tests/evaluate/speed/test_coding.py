# SPDX-License-Identifier: Apache-2.0
"""Speeds and ratios in real processes, with real codecs on small pictures."""

from __future__ import annotations

from importlib import import_module

import pytest

from mezzotint.evaluate import codecs
from mezzotint.evaluate.speed import coding
from mezzotint.evaluate.speed.coding import Coding, StageTime, entrants, speeds, stage_times
from mezzotint.evaluate.speed.events import Next, Step
from mezzotint.evaluate.speed.pictures import Scene
from mezzotint.evaluate.speed.race import Patience, Times
from mezzotint.evaluate.speed.search import Entrant

JPEG = "jpeg (optimize, 4:2:0)"


@pytest.fixture
def scenes(photo):
    return Scene("96x64", (photo[:64, :96], photo[64:128, :96])), Scene("192x128", (photo[:128, :192],))


def test_search_and_race(scenes, tiny_model):
    found, _ = codecs.available(["mezzotint", "jpeg"], str(tiny_model))
    told = list(entrants(scenes, tuple(found), 50, 1))
    runners = [entry for entry in told if isinstance(entry, Entrant)]
    assert [runner.codec for runner in runners] == found
    assert isinstance(told[0], Next)
    assert told[0].steps == told.count(Step())
    ours, jpeg = runners[:2]
    assert jpeg.bpp[1] == pytest.approx(ours.bpp[1], rel=0.3)

    # Five turns: one late call decides no median.
    told = list(speeds(scenes, runners, JPEG, 1, 5, Patience(5, 9)))
    rows = [entry for entry in told if isinstance(entry, Coding)]
    assert isinstance(told[0], Next)
    assert told[0].steps == told.count(Step()) == 5 * 3
    assert [(row.pictures, row.codec, row.side) for row in rows[:2]] == [
        ("96x64", "mezzotint", "encode"),
        ("96x64", "mezzotint", "decode"),
    ]
    assert len(rows) == 2 * 2 * len(found)
    for row in rows:
        assert (row.threads, row.against, row.mp_per_s.count) == (1, JPEG, 5)
        assert 0 < row.mp_per_s.low <= row.mp_per_s.median <= row.mp_per_s.high
        if f"{row.codec} ({row.settings})" == JPEG:
            assert (row.ratio.median, row.ratio.low) == (1, 1)
        if row.codec == "mezzotint":
            assert row.ratio.median < 1
            assert "tiny" in row.version


def test_rates_and_ratios_by_hand(scenes, curve, monkeypatch):
    """The ratio is of the same turn, and of those that both have run."""
    runners = [Entrant(curve(len, (1,), id=name), ((1, 1), (1,)), (0.5, 0.6)) for name in ("a", "b")]
    times = [Times(0, 0, (1.0, 2.0, 4.0), (1, 1, 1)), Times(0, 1, (3.0, 2.0), (0.1, 0.1))]
    monkeypatch.setattr(coding, "in_child", lambda *_: iter([*times, Step()]))
    rows = [
        row for row in speeds(scenes, runners, "b (plain)", 2, 3, Patience(1, 1)) if isinstance(row, Coding)
    ]
    a, _, b, back = rows
    megapixels = 2 * 96 * 64 / 1e6
    assert a.mp_per_s.median == pytest.approx(megapixels / 2)
    assert (a.mp_per_s.count, b.mp_per_s.count, a.ratio.count) == (3, 2, 2)
    assert a.ratio.median == pytest.approx((3 / 1 + 2 / 2) / 2)
    assert (b.ratio.median, back.ratio.median) == (1, 1)
    assert (a.bpp, a.pictures, a.threads, a.side) == (0.5, "96x64", 2, "encode")


def test_stage_times(scenes, tiny_model):
    told = list(stage_times(scenes[1:], 50, str(tiny_model), 1, 3))
    rows = [entry for entry in told if isinstance(entry, StageTime)]
    assert told[0].steps == told.count(Step())
    decode = {row.stage: row.ms_per_mp.median for row in rows if row.side == "decode"}
    assert set(decode) == {
        "colour and tiles",
        "hyper and context",
        "entropy",
        "synthesis",
        "container",
        "whole",
    }
    stages = sum(value for stage, value in decode.items() if stage != "whole")
    assert 0.3 * decode["whole"] < stages < 1.2 * decode["whole"]


def test_every_module_of_the_speeds_is_light_on_import():
    """A child imports what it works with; nothing of the lab or of the reports may come along."""
    for name in ("search", "race", "split"):
        module = import_module(f"mezzotint.evaluate.speed.{name}")
        assert not {"torch", "matplotlib"} & set(vars(module))
