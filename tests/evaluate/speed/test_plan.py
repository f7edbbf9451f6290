# SPDX-License-Identifier: Apache-2.0
"""Which codecs take part, and which of them ratios are against."""

from __future__ import annotations

import pytest

from mezzotint.errors import UsageError
from mezzotint.evaluate.speed.plan import chosen_codecs, label, rival

LABELS = ["mezzotint (default)", "jpeg (optimize, 4:2:0)", "avif (speed 6, 4:4:4)", "avif (speed 6, 4:2:0)"]


def test_ours_comes_first_and_is_always_there(tiny_model):
    for ids in (None, ("avif", "jpeg"), ("jpeg", "mezzotint"), ()):
        found, _ = chosen_codecs(ids, str(tiny_model))
        assert [codec.id == "mezzotint" for codec in found] == [True] + [False] * (len(found) - 1)
        assert "tiny" in found[0].version


def test_the_settings_that_are_timed():
    found, missing = chosen_codecs(None, None)
    labels = {label(codec) for codec in found}
    assert {
        "avif (speed 6, 4:2:0)",
        "avif (speed 6, 4:4:4)",
        "avif (speed 4, 4:4:4)",
        "webp (method 6)",
    } <= labels
    assert "avif (speed 4, 4:2:0)" not in labels
    assert not any("tune" in name or "lossless" in name for name in labels)
    assert len({codec.id for codec in found}) + len(missing) >= 8
    quick, _ = chosen_codecs(None, None, quick=True)
    assert {label(codec) for codec in found} - {label(codec) for codec in quick} == {"avif (speed 4, 4:4:4)"}


def test_settings_that_are_named():
    found, _ = chosen_codecs(("avif:speed 4, 4:2:0", "jpeg"), None, quick=True)
    assert [label(codec) for codec in found] == [
        "mezzotint (default)",
        "jpeg (optimize, 4:2:0)",
        "avif (speed 4, 4:2:0)",
    ]


def test_an_unknown_codec():
    with pytest.raises(UsageError, match="bpg"):
        chosen_codecs(("avif", "bpg"), None)


@pytest.mark.parametrize(
    ("labels", "against", "found"),
    [
        (LABELS, None, LABELS[3]),
        (LABELS[:3], None, LABELS[2]),
        (LABELS[:2], None, LABELS[1]),
        ([LABELS[0], "jp2 (9/7)"], None, "jp2 (9/7)"),
        (LABELS[:1], None, LABELS[0]),
        (LABELS, "avif", LABELS[2]),
        (LABELS, "jpeg (optimize, 4:2:0)", LABELS[1]),
        (LABELS, "mezzotint", LABELS[0]),
    ],
)
def test_the_rival(labels, against, found):
    assert rival(labels, against) == found


def test_a_rival_that_is_not_in_the_run():
    with pytest.raises(
        UsageError, match=r"'heic' is not in this run; --against takes one of: mezzotint \(default\);"
    ):
        rival(LABELS, "heic")
