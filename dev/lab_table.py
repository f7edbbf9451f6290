# SPDX-License-Identifier: Apache-2.0
"""The table of mixers in docs/lab.md, from results/lab/mixers.jsonl: `python dev/lab_table.py` puts it there anew.

A test holds docs/lab.md to what this gives, and the rows to the mixers that there are.
"""

from __future__ import annotations

import re
from pathlib import Path

from mezzotint.lab.leaderboard import board, rows
from mezzotint.lab.leaderboard.rows import Row

ROOT = Path(__file__).resolve().parent.parent
ROWS, PAGE = ROOT / "results" / "lab" / "mixers.jsonl", ROOT / "docs" / "lab.md"
HEADER = ("mixer", "family", "BD-rate", "ms/MP", "times the block's", "peak MiB", "parameters", "scaled down")
START, END = "<!-- board -->\n", "<!-- /board -->"


def table() -> str:
    """The Markdown between the two marks: best rate first."""
    done = rows.read(ROWS)
    ranked = sorted(done, key=lambda row: (row.bd_rate is None, row.bd_rate))
    lines = [HEADER, ("---",) * len(HEADER), *(_line(row) for row in ranked)]
    spread = board.resolution(done)
    said = f"\nThree seeds of the block lie {spread:.2f} % apart: nearer rows than that are equal.\n"
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + said


def replaced(page: str, new: str) -> str:
    """docs/lab.md with what stands between the marks replaced."""
    return re.sub(f"{START}.*?{END}", lambda _: START + new + END, page, flags=re.DOTALL)


def _line(row: Row) -> tuple[str, ...]:
    name = f"**{row.name}**" if row.name == board.ANCHOR else row.name
    if row.bd_rate is None:
        return name, row.family, row.reason, "", "", "", "", row.scaled_down
    measured = f"{round(row.bd_rate, 2) + 0:+.2f} %", f"{row.ms_per_mp:.0f}", f"{row.ms_ratio:.2f}"
    return name, row.family, *measured, f"{row.peak_mib:.0f}", f"{row.parameters}", row.scaled_down


if __name__ == "__main__":
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")
