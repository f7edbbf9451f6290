# SPDX-License-Identifier: Apache-2.0
"""A table as Markdown, for a README; ours is printed bold."""

from __future__ import annotations

import re

from mezzotint.evaluate.report.grids import Grid


def markdown(grid: Grid) -> str:
    """The table under its title, which takes the place of the first heading, and its notes as a paragraph."""
    header = [_plain(cell) for cell in (grid.title, *grid.header[1:])]
    rules = ["---" if column in grid.words else "---:" for column in range(len(header))]
    lines = [_line(header), _line(rules)]
    for line in grid.lines:
        cells = [_plain(cell) for cell in line.cells]
        lines.append(_line([f"**{cell}**" if line.strong and cell else cell for cell in cells]))
    notes = ["", *map(_plain, grid.notes)] if grid.notes else []
    return "\n".join(lines + notes) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Without what Markdown would read as something else."""
    return re.sub(r"([\\*_|<>\[\]])", r"\\\1", " ".join(text.split()))
