# SPDX-License-Identifier: Apache-2.0
"""A report as plain text for a terminal, whatever the pictures and codecs in it are called."""

from __future__ import annotations

import textwrap

from mezzotint.evaluate.report import details, image_tables, tables
from mezzotint.evaluate.report.contents import Report
from mezzotint.evaluate.report.grids import MARK, Grid
from mezzotint.one_line import one_line, spelled

WIDTH = 110  # columns; notes are wrapped there, tables may be wider
_GAP = "  "


def text(report: Report) -> str:
    """All tables against the anchor and against one another, published curves, and the worst images."""
    measured = len(report.measured) > 1
    grids = [tables.against_anchor(report)] if measured else []
    grids += [tables.matrix(report, s, tables.strongest(report, s)) for s in report.sections if measured]
    grids += [tables.published(report)] if report.published else []
    grids += [details.lossless(report)]
    grids += [image_tables.worst_in_short(report)]
    if not measured:
        grids += [details.points(report, section) for section in report.sections]
    parts = [*(_wrapped(note) for note in report.notes), *(grid(one) for one in grids if one.lines)]
    return "\n\n".join(parts)


def grid(one: Grid) -> str:
    """One table with its title and notes. Words stand left, numbers right, our lines begin with ">"."""
    heads = [[spelled(part) for part in cell.split("\n")] for cell in one.header]
    height = max(map(len, heads))
    above = [[""] * (height - len(head)) + head for head in heads]
    body = [[spelled(cell) for cell in line.cells] for line in one.lines]
    for column in range(len(one.header)):
        if any(cells[column].endswith(MARK) for cells in body):  # else marked numbers would not stand in line
            for cells in body:
                cells[column] += "" if cells[column].endswith(MARK) else " " * len(MARK)
    lines = [list(cells) for cells in zip(*above, strict=True)] + body
    widths = [max(len(cells[column]) for cells in lines) for column in range(len(one.header))]
    marks = [" "] * height + [">" if line.strong else " " for line in one.lines]
    out = [one_line(one.title), ""]
    for mark, cells in zip(marks, lines, strict=True):
        laid = (
            cell.ljust(width) if column in one.words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        out.append(f"{mark} {_GAP.join(laid)}".rstrip())
    if one.notes:
        out += ["", *(_wrapped(note) for note in one.notes)]
    return "\n".join(out)


def _wrapped(note: str) -> str:
    return textwrap.fill(
        one_line(note), WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False
    )
