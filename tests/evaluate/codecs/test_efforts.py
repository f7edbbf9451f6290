# SPDX-License-Identifier: Apache-2.0
"""Higher efforts are measured when they are asked for, and only then."""

from __future__ import annotations

import pytest

from mezzotint.errors import UsageError
from mezzotint.evaluate.codecs import available
from mezzotint.runtime import effort


def settings(*names):
    codecs, missing = available(names, None)
    assert not missing
    return [codec.settings for codec in codecs]


def test_only_on_request():
    pytest.importorskip("torch")
    assert settings("mezzotint") == ["default"]
    assert settings("mezzotint:effort 5") == ["effort 5"]
    assert settings("mezzotint", "mezzotint:effort 2") == ["default", "effort 2"]
    assert [c.settings for c in available(None, None)[0] if c.id == "mezzotint"] == ["default"]


def test_unknown_ones_are_refused():
    pytest.importorskip("torch")
    with pytest.raises(UsageError, match="effort 9"):
        settings("mezzotint:effort 12")


def test_without_the_lab_the_family_is_left_out(monkeypatch):
    monkeypatch.setattr(effort, "entry_points", lambda group: [])
    codecs, (line,) = available(["mezzotint:effort 5"], None)
    assert not codecs
    assert "effort above 0 needs" in line


def test_an_effort_is_passed_on(monkeypatch, photo):
    asked = []

    def refine(draft, effort, progress):
        asked.append(effort)
        return draft.latents

    (codec,), _ = available(["mezzotint:effort 5"], None)
    monkeypatch.setattr(effort, "_load", lambda: refine)
    codec.encode(photo[:64, :64], 50, 1)
    assert asked == [5]
