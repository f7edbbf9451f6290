# SPDX-License-Identifier: Apache-2.0
"""What row 10 goes through, and that it would see a picture that came back wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from attacks import sizes

import mezzotint


def test_every_size_meets_every_mode_and_all_kinds_occur() -> None:
    trips = sizes.trips()
    assert len(trips) == len(set(trips)) == sizes.WHOLE == 2 * (4900 + 2 + 16)
    assert {trip.kind for trip in trips} == set(sizes.KINDS)
    assert {trip.quality for trip in trips} == set(sizes.QUALITIES)
    for side in range(1, 71):  # none of what goes round keeps step with the sides
        met = [trip for trip in trips if trip.size[1] == side]
        for place in range(4):
            assert {trip.kind[place] for trip in met} == {kind[place] for kind in sizes.KINDS}


def test_part_of_the_sizes() -> None:
    outcome = sizes.attack(20, 1)
    assert (outcome.tried, outcome.refused, outcome.wrong, outcome.faults) == (20, 0, 0, ())


@pytest.mark.parametrize(
    "number",
    [pytest.param(4900, marks=pytest.mark.slow), pytest.param(4901, marks=pytest.mark.slow), 4902],
)  # two strips, 127x127
@pytest.mark.parametrize("mode", sizes.MODES)
def test_strips_and_primes(number: int, mode: str) -> None:
    assert sizes.fault_of(sizes.Trip(number, mode)) == ""


def test_a_wrong_picture_is_seen() -> None:
    """Another size, another sample, lost transparency, another depth: each must be told."""
    trip = next(each for each in sizes.trips() if each.kind == ("colour and alpha", 12, 6, "photo"))
    trip = replace(trip, mode="lossless")
    picture = sizes.pictured(trip)
    assert picture.alpha is not None
    assert sizes.compared(trip, picture, sizes.encoded(trip, picture)) == ""
    other = picture.colour.copy()
    other[0, 0, 0] ^= 1
    wrong = {
        "the header says": mezzotint.Picture(
            picture.colour.repeat(2, 1), picture.alpha.repeat(2, 1), bit_depth=12
        ),
        "colour is not": replace(picture, colour=other),
        "alpha is lost": replace(picture, alpha=None),
        "alpha is not": replace(picture, alpha=picture.alpha ^ np.uint16(1)),
        "12 bits became": replace(picture, bit_depth=13),
        "colour of": replace(picture, colour=picture.colour[..., 0].copy()),
    }
    for words, instead in wrong.items():
        assert sizes.compared(trip, picture, sizes.encoded(trip, instead)).startswith(words)
