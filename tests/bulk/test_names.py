# SPDX-License-Identifier: Apache-2.0
"""Names of outputs: short where that is clear, and the same however often a job stopped."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.bulk.names import choose, decoded, encoded

TO_PNG = decoded(".png", frozenset({".png", ".apng"}))


@pytest.mark.parametrize(
    ("names", "outputs"),
    [
        ("a.png b.jpg", "a.mzt b.mzt"),
        ("a.png a.jpg", "a.png.mzt a.jpg.mzt"),
        ("a.png a.jpg a.tif b.tif", "a.png.mzt a.jpg.mzt a.tif.mzt b.mzt"),
        ("A.PNG a.jpg", "A.PNG.mzt a.jpg.mzt"),
        ("a.png A.png", "a.png.mzt A.png.mzt"),
        ("a.png a.jpg a.png.tif", "a.png.mzt a.jpg.mzt a.png.tif.mzt"),
        ("e\u0301.png \u00e9.jpg", "e\u0301.png.mzt \u00e9.jpg.mzt"),
        ("a.b.png a.png", "a.b.mzt a.mzt"),
    ],
)
def test_encoded(names, outputs):
    assert choose(names.split(), {}, encoded) == dict(zip(names.split(), outputs.split(), strict=True))


@pytest.mark.parametrize(
    ("names", "outputs"),
    [
        ("a.mzt b.MZT", "a.png b.png"),
        ("a.png.mzt a.jpg.mzt", "a.png a.jpg.png"),
        ("a.apng.mzt", "a.apng"),
        ("a.png.mzt a.mzt", "a.png.png a.png"),
        ("a.mzt a.MZT", "a.mzt.png a.MZT.png"),
    ],
)
def test_decoded(names, outputs):
    assert choose(names.split(), {}, TO_PNG) == dict(zip(names.split(), outputs.split(), strict=True))


def test_encoded_and_back():
    for names in (["a.png", "b.png"], ["a.png", "a.jpg"]):
        coded = choose(names, {}, encoded)
        back = choose([str(name) for name in coded.values()], {}, TO_PNG)
        assert back[str(coded["a.png"])] == "a.png"


def test_a_newcomer_gives_way_to_what_is_done():
    assert choose(["a.png", "a.jpg"], {"a.png": "a.mzt"}, encoded) == {"a.png": "a.mzt", "a.jpg": "a.jpg.mzt"}


def test_a_newcomer_without_a_name_left():
    earlier = {"a.png.tif": "a.png.mzt"}
    assert choose(["a.png", "a.jpg", "a.png.tif"], earlier, encoded) == {
        "a.png": None,
        "a.jpg": "a.jpg.mzt",
        "a.png.tif": "a.png.mzt",
    }


def test_a_disk_that_knows_no_case():
    assert choose(["a.png", "A.png"], {}, encoded, folds=True) == {"A.png": "A.png.mzt", "a.png": None}


def test_a_name_of_another_rule_does_not_count():
    assert choose(["a.mzt"], {"a.mzt": "a.jpg"}, TO_PNG) == {"a.mzt": "a.png"}


PARTS = st.tuples(*map(st.sampled_from, (["a", "A", "b", "B"], ["", ".png"], [".png", ".jpg", ".PNG"])))
NAMES = st.lists(PARTS.map("".join), unique=True, max_size=12)


@settings(max_examples=300, deadline=None)
@given(NAMES, st.data())
def test_a_job_that_stopped_gives_the_names_of_one_that_did_not(names, data):
    whole = choose(names, {}, encoded)
    outputs = list(whole.values())
    assert None not in outputs and len(set(outputs)) == len(outputs)
    done = data.draw(st.lists(st.sampled_from(names), unique=True) if names else st.just([]))
    deleted = data.draw(st.lists(st.sampled_from(done), unique=True) if done else st.just([]))
    left = [name for name in names if name not in deleted]
    assert choose(left, {name: str(whole[name]) for name in done}, encoded) == {
        name: whole[name] for name in left
    }
