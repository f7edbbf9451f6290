# SPDX-License-Identifier: Apache-2.0
"""The published curves are whole, sorted and say where they come from."""

import pytest

from mezzotint.evaluate import published
from mezzotint.evaluate.published import Published

CURVES = published.load()


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.id)
def test_every_curve_is_plausible(curve: Published) -> None:
    assert curve.title and ":" in curve.source
    assert len(curve.points) >= 4
    rates, decibels, similarities = zip(*curve.points, strict=True)
    for column in (rates, decibels):
        assert list(column) == sorted(set(column))
        assert all(round(value, 5) == value for value in column)
    assert 0.03 < rates[0] and rates[-1] < 5
    assert 24 < decibels[0] and decibels[-1] < 48
    if similarities[0] is not None:
        assert list(similarities) == sorted(set(similarities))
        assert 0.8 < similarities[0] and similarities[-1] < 1
    else:
        assert set(similarities) == {None}


def test_each_is_told_from_the_others() -> None:
    assert len({curve.id for curve in CURVES}) == len({curve.title for curve in CURVES}) == len(CURVES)
    assert {"vtm", "hm", "av1-cpu0", "bpg", "elic", "ftic", "mlic++", "hpcm-l"} <= {
        curve.id for curve in CURVES
    }


def test_each_says_how_it_was_measured() -> None:
    """By its bits and by its pixels, or that this is not stated."""
    for curve in CURVES:
        assert "pixels" in curve.source or "not stated" in curve.source
        assert any(word in curve.source for word in ("files", "bytes", "bits", "not stated"))


def test_kodak_is_known_by_its_pixels() -> None:
    digests = published.kodak_digests()
    assert len(digests) == 24
    assert all(len(digest) == 12 and set(digest) <= set("0123456789abcdef") for digest in digests)
    assert published.is_kodak(sorted(digests))
    assert not published.is_kodak(sorted(digests)[1:])
    assert not published.is_kodak([*digests, "000000000000"])
    assert not published.is_kodak([])
