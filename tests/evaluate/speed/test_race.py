# SPDX-License-Identifier: Apache-2.0
"""Codecs take turns call by call; slow ones rest; the times are those of the calls alone."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from mezzotint.evaluate.speed import race as module
from mezzotint.evaluate.speed.events import Step
from mezzotint.evaluate.speed.race import Patience, Race, Times, race
from mezzotint.evaluate.speed.search import Entrant

ENDLESS = Patience(3, 1e9)


@pytest.fixture
def clock(monkeypatch):
    """A clock that only sleeping and codecs move on."""
    now = [0.0]
    fake = SimpleNamespace(
        perf_counter=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds)
    )
    monkeypatch.setattr(module, "time", fake)
    return fake


def entrants(curve, clock, journal, **seconds):
    """A codec for each name, which takes so long to encode and a tenth of it to decode."""
    found = []
    for name, duration in seconds.items():
        codec = curve(lambda q, d=duration: (clock.sleep(d), 10)[1], (1,), id=name, calls=journal)
        found.append(Entrant(codec, ((1, 2),), (0.5,)))
    return tuple(found)


def run(scene, runners, repeat, patience=ENDLESS):
    told = []
    race(Race((scene,), runners, 1, repeat, patience), told.append)
    return {runners[t.entrant].codec.id: t for t in told if isinstance(t, Times)}, told.count(Step())


def test_turns_are_taken_call_by_call(small, curve, clock):
    journal: list[str] = []
    _, steps = run(small, entrants(curve, clock, journal, a=1, b=1, c=1), 2)
    warm_up, turns = journal[:6], journal[6:]
    assert warm_up == ["a 1", "a back", "b 1", "b back", "c 1", "c back"]
    encodings = [call for call in turns if "back" not in call]
    assert encodings == ["a 1", "b 1", "c 1", "a 2", "b 2", "c 2", "b 1", "c 1", "a 1", "b 2", "c 2", "a 2"]
    assert turns[1::2] == [call.split()[0] + " back" for call in encodings]
    assert steps == 4


def test_times_are_sums_over_the_pictures_without_the_pauses(small, curve, clock):
    times, _ = run(small, entrants(curve, clock, [], a=1, b=2), 3)
    assert times["a"].encode == pytest.approx((2, 2, 2))
    assert times["b"].encode == pytest.approx((4, 4, 4))
    assert times["b"].decode == pytest.approx((0, 0, 0))


def test_a_slow_codec_rests_when_it_has_had_its_share(small, curve, clock):
    times, _ = run(small, entrants(curve, clock, [], slow=5, middle=2, fast=0.1), 7, Patience(2, 15))
    assert {name: len(found.encode) for name, found in times.items()} == {"slow": 2, "middle": 4, "fast": 7}
    assert all(len(found.encode) == len(found.decode) for found in times.values())


def test_the_real_clock_is_read_around_each_call(small, curve):
    codec = curve(lambda q: (time.sleep(0.01), 10)[1], (1,))
    times, _ = run(small, (Entrant(codec, ((1, 1),), (1.0,)),), 2)
    assert all(0.02 <= seconds < 0.5 for seconds in times["curve"].encode)
    assert all(seconds < 0.015 for seconds in times["curve"].decode)
