# SPDX-License-Identifier: Apache-2.0
"""Strangers' text that wants to break lines, steer a terminal or turn the direction of text."""

from __future__ import annotations

import os

import numpy as np
import pytest

from mezzotint.errors import DamagedModel
from mezzotint.one_line import one_line, spelled


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("two words.png", "two words.png"),
        ("grün \u65e5\u672c \U0001f5bc.png", "grün \u65e5\u672c \U0001f5bc.png"),
        ("grün\n.png", r"grün\n.png"),  # what can be read stays as it is
        ("tab\tand\x1b[31m", r"tab\tand\x1b[31m"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("no\u2028line\x85", r"no\u2028line\x85"),
        (os.fsdecode(b"\xff\xfe7.png"), r"\xff\xfe7.png"),
        ("half \ud83d", r"half \ud83d"),
        ("", ""),
    ],
)
def test_names(name: str, seen: str) -> None:
    assert spelled(name) == seen


def test_a_sentence_is_one_line() -> None:
    assert one_line("  a graph\n\tcalled \x1b[2J  ") == r"a graph called \x1b[2J"
    assert one_line(ValueError("two\r\nlines")) == "two lines"
    assert one_line("a" * 300, 200) == "a" * 200
    assert one_line(MemoryError()) == ""


def test_errors_are_one_line() -> None:
    """A graph of a stranger's model may be called anything, and the error with it reached terminals as it was."""
    assert (
        str(DamagedModel("the graph\n\x1b]0;me\x07 is none", "ask"))
        == r"the graph \x1b]0;me\x07 is none; ask"
    )


def test_whatever_it_is_it_can_be_printed() -> None:
    rng = np.random.default_rng(5)
    for _ in range(500):
        text = "".join(map(chr, rng.integers(0, [128, 0x3000, 0x110000][rng.integers(3)], 40)))
        for seen in (spelled(text), one_line(text)):
            assert seen.isprintable()
            seen.encode()
