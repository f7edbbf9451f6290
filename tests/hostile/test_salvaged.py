# SPDX-License-Identifier: Apache-2.0
"""The attack on `mezzotint.salvage`: a part of it, and that a wrong outcome would be seen."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from attacks import bombs, salvaged
from attacks.salvaged import Sound
from attacks.trial import Case

import mezzotint
from mezzotint.errors import DamagedFile, MezzotintError


def test_what_is_not_marked_is_what_it_was() -> None:
    outcome = salvaged.attack(150, 1)
    assert not outcome.faults
    assert (outcome.tried, outcome.wrong) == (150, 0)
    assert 20 < outcome.refused < 130  # one of them alone would mean that nothing was tried


def test_bombs_are_refused_as_in_decoding() -> None:
    """At once, and a transparency that inflates is one that is lost."""
    for case in bombs.bombs():
        start = perf_counter()
        try:
            found = mezzotint.salvage(case.data, model=case.model, threads=1)
        except MezzotintError:
            pass
        else:
            assert "inflates" in case.what and found.alpha_lost and (found.picture[..., 3] == 255).all()
        assert perf_counter() - start < 1  # 2 ms on an idle machine


def test_every_way_and_every_file_comes_up() -> None:
    cases = [(case.what, sound) for case, sound in salvaged.cases(700, 1)]
    names = {sound.sample.name for _, sound in cases if sound is not None}
    assert names == {sound.sample.name for sound in salvaged.sounds()}
    assert sum(sound is None for _, sound in cases) == 210
    ways = {word for what, _ in cases for word in what.rpartition(", ")[2].split()}
    assert {way.__name__[1:] for way in salvaged.WAYS} <= ways


def _named(name: str) -> Sound:
    return next(sound for sound in salvaged.sounds() if sound.sample.name == name)


def _attempt(sound: Sound, data: bytes) -> tuple[str, bool]:
    case = Case(sound.sample.name, data, sound.sample.model, (DamagedFile,))
    return salvaged.attempt(case, sound)


@pytest.mark.parametrize("name", ["lossy tiles all", "lossless tiles all"])
def test_a_wrong_outcome_is_seen(name: str) -> None:
    """Each thing that the law compares, made wrong on the side of what the file once held."""
    sound = _named(name)
    data = sound.sample.data[:-1] + bytes([sound.sample.data[-1] ^ 1])
    assert _attempt(sound, data) == ("", False)
    right = sound.picture
    assert right.alpha is not None
    colour, alpha = right.colour.copy(), right.alpha.copy()
    colour[0, 0, 1] ^= 1  # far from the last chunk of the file
    alpha[0, 0] ^= 1
    for other, fault in (
        (replace(right, colour=colour), "a pixel that is not marked differs"),
        (replace(right, alpha=alpha), "alpha differs"),
        (replace(right, exif=b"other"), "metadata differs"),
    ):
        assert _attempt(replace(sound, picture=other), data)[0].startswith(fault)
    colour, alpha = right.colour.copy(), right.alpha.copy()
    (x, y, _, _), *_ = mezzotint.salvage(data, model=sound.sample.model).lost
    colour[y, x, 1] ^= 1  # what was there before is nobody's business
    alpha[y, x] ^= 1
    assert _attempt(replace(sound, picture=replace(right, colour=colour, alpha=alpha)), data) == ("", False)


def test_a_wrong_claim_is_seen() -> None:
    """Of a `Salvaged` made by hand: too many tiles lost, whole and not, another size."""
    sound = _named("lossless tiles all")
    header = sound.container.header
    case = Case("", sound.sample.data, sound.sample.model, (DamagedFile,))
    right = mezzotint.Salvaged(sound.picture, (), (), alpha_lost=False, whole=True)
    assert salvaged.of_any(case, right) == ""
    places = tuple((x, 0, 1, 1) for x in range(header.tile_count))
    grey = replace(sound.picture, colour=np.zeros((9, 9), np.uint8))
    for wrong in (
        replace(right, lost=places),
        replace(right, whole=False),
        replace(right, alpha_lost=True),
        replace(right, picture=grey),
        replace(right, picture=replace(sound.picture, alpha=None)),
    ):
        assert salvaged.of_any(case, wrong)
