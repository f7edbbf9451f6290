# SPDX-License-Identifier: Apache-2.0
"""The entropy coder alone: symbols come back, and rates are symbols over seconds."""

from __future__ import annotations

import pytest

from mezzotint.evaluate.speed.events import Step
from mezzotint.evaluate.speed.symbols import Symbols, symbols


def test_rows():
    told = list(symbols(2, 20_000))
    rows = [entry for entry in told if isinstance(entry, Symbols)]
    assert told[0].steps == told.count(Step())
    assert [(row.mixture, row.side) for row in rows] == [
        ("photo", "encode"),
        ("photo", "decode"),
        ("hard", "encode"),
        ("hard", "decode"),
    ]
    photo, _, hard, _ = rows
    assert photo.certain_share == pytest.approx(0.45, abs=0.02)
    assert hard.certain_share == 0
    assert 0.3 < photo.bits_per_symbol < 0.7 < 2 < hard.bits_per_symbol < 2.7
    for row in rows:
        assert row.per_s.count == 2
        assert 0.1 < row.per_s.median < 10_000
        assert row.per_processor_s.median > 0.1


def test_symbols_that_do_not_come_back_are_noticed(monkeypatch):
    monkeypatch.setattr("mezzotint.entropy.decode", lambda data, indices, tables: indices)
    with pytest.raises(AssertionError):
        list(symbols(1, 1000))
