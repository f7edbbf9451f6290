# SPDX-License-Identifier: Apache-2.0
"""Rows of text to a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table whose columns in `right` hold numbers; `|` in a cell is taken as text."""
    rule = ["---:" if column in right else "---" for column in range(len(head))]
    return "".join(_line(cells) for cells in (head, rule, *rows))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |\n"
