# SPDX-License-Identifier: Apache-2.0
"""Rivals get settings for our file size; one that fails is left out with its reason."""

from __future__ import annotations

import pytest

from mezzotint.evaluate.speed.events import LeftOut, Step
from mezzotint.evaluate.speed.search import Entrant, Search, search

QUALITIES = tuple(range(0, 101, 10))


def run(scenes, *codecs):
    told = []
    search(Search(tuple(scenes), codecs, 50, 1), told.append)
    assert sum(isinstance(entry, Step) for entry in told) == len(codecs)
    return [entry for entry in told if not isinstance(entry, Step)]


def test_rivals_are_held_to_our_size(small, curve):
    ours = curve(lambda q: 1000 + q, QUALITIES, id="mezzotint")
    rival = curve(lambda q: 40 * q + 50, QUALITIES)
    first, second = run([small, small], ours, rival)
    assert isinstance(first, Entrant) and isinstance(second, Entrant)
    assert first.qualities == ((50, 50), (50, 50))
    assert first.bpp == pytest.approx((8 * 2 * 1050 / 192,) * 2)
    assert second.qualities == ((25, 25), (25, 25))
    assert second.bpp == pytest.approx((8 * 2 * 1050 / 192,) * 2)
    # A search for the first picture; its guess is enough for the other three; and the check.
    assert len([call for call in rival.calls if "back" not in call]) <= 8 + 3 + 1
    assert rival.calls.count("curve 25") == 4 + 1


def test_a_rival_that_fails_is_left_out(small, curve):
    ours = curve(lambda q: 1000 + q, QUALITIES, id="mezzotint")
    broken = curve(lambda q: 40 * q + 1, QUALITIES, id="broken", fault="encode")
    cropped = curve(lambda q: 40 * q + 1, QUALITIES, id="cropped", fault="decode")
    sound = curve(lambda q: 40 * q + 1, QUALITIES, id="sound")
    _, first, second, third = run([small], ours, broken, cropped, sound)
    assert first == LeftOut("broken (plain)", "ValueError: no such picture")
    assert second == LeftOut("cropped (plain)", "ValueError: decoding gave (8, 8, 3) instead of (8, 12, 3)")
    assert third.codec is sound


def test_an_error_of_ours_is_raised(small, curve):
    with pytest.raises(ValueError, match="no such"):
        run([small], curve(lambda q: q, QUALITIES, fault="encode"))
