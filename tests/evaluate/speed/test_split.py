# SPDX-License-Identifier: Apache-2.0
"""Our time by stage: every turn, both sides, and stages that sum to the whole."""

from __future__ import annotations

import pytest

from mezzotint.evaluate.speed.events import Step
from mezzotint.evaluate.speed.pictures import Scene
from mezzotint.evaluate.speed.split import Laps, Split, split
from mezzotint.runtime.stages import Stage


@pytest.mark.usefixtures("unguarded")
def test_stages_and_whole(photo, tiny_model):
    scene = Scene("451x300", (photo, photo[:200]))
    told = []
    split(Split((scene, scene), 50, str(tiny_model), 1, 7), told.append)
    laps = [entry for entry in told if isinstance(entry, Laps)]
    assert told.count(Step()) == 2 * 2 * 7
    assert [(lap.scene, lap.side) for lap in laps] == [
        (0, "encode"),
        (0, "decode"),
        (1, "encode"),
        (1, "decode"),
    ]
    for lap in laps:
        seconds = dict(lap.stages)
        assert set(seconds) == set(Stage)
        assert {len(turns) for turns in seconds.values()} == {len(lap.whole)} == {7}
        shares = [
            sum(turn) / whole
            for turn, whole in zip(zip(*seconds.values(), strict=True), lap.whole, strict=True)
        ]
        assert 0.8 < max(shares) <= 1  # the tiny model leaves little but what is around it
        assert all(seconds[Stage.ANALYSIS]) == (lap.side == "encode")
        assert all(seconds[Stage.SYNTHESIS]) == (lap.side == "decode")


def test_the_first_call_is_not_timed(photo, tiny_model, monkeypatch):
    """It loads the networks."""
    calls: list[str] = []
    monkeypatch.setattr("mezzotint.encode", lambda *_, **__: calls.append("encode") or b"")
    monkeypatch.setattr("mezzotint.decode", lambda *_, **__: calls.append("decode"))
    told = []
    split(Split((Scene("a", (photo,)),), 50, None, 1, 2), told.append)
    assert calls == ["encode", "decode", "encode", "encode", "decode", "decode"]
    assert told[-1].whole == pytest.approx((0, 0), abs=0.1)
