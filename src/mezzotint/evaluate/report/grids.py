# SPDX-License-Identifier: Apache-2.0
"""A table of words, which the terminal, the page and Markdown lay out each in their own way."""

from __future__ import annotations

from dataclasses import dataclass

from mezzotint.evaluate.report.difference import THIN, Difference

DASH = "-"
MARK = "*"  # of a number that speaks for a small part of the anchor's curve
MARKED = f"{MARK} over less than {100 * THIN:g} % of the range of what it is compared with"


@dataclass(frozen=True)
class Line:
    cells: tuple[str, ...]
    strong: bool = False  # ours


@dataclass(frozen=True)
class Grid:
    title: str
    header: tuple[str, ...]  # "\n" where it may break
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    words: frozenset[int] = frozenset({0})  # columns of words; the others hold numbers


def percent(difference: Difference) -> str:
    """A BD-rate: "-12.3 %", marked where it says little; a dash where there is none."""
    return DASH if difference.value is None else _signed(difference.value, 1) + " %" + _mark(difference)


def points(difference: Difference, digits: int = 2) -> str:
    """A BD-PSNR or its like, in the metric's unit."""
    return DASH if difference.value is None else _signed(difference.value, digits) + _mark(difference)


def share(difference: Difference) -> str:
    """Of the anchor's range, "82 %"; a dash where nothing is shared."""
    return DASH if difference.value is None else f"{difference.share:.0%}".replace("%", " %")


def notes(marked: bool, reasons: dict[str, list[str]]) -> tuple[str, ...]:
    """The line that explains MARK, and one for each reason for a dash with what it holds for."""
    lines = [
        f"{DASH} {reason}" + (f": {'; '.join(where)}" if where else "") for reason, where in reasons.items()
    ]
    return (*([MARKED] if marked else []), *lines)


def _signed(value: float, digits: int) -> str:
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}" if rounded else "0"


def _mark(difference: Difference) -> str:
    return MARK if difference.thin else ""
