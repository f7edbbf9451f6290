# SPDX-License-Identifier: Apache-2.0
"""docs/systems.md from results/lab/systems.jsonl and the systems' own docstrings: `python dev/systems_page.py`.

The page's introduction and its last part are written by hand; between the marks stand a table and a section a system. A
test holds the page to what this gives.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

from mezzotint.lab.leaderboard import system_rows
from mezzotint.lab.leaderboard.system_rows import SystemRow
from mezzotint.lab.leaderboard.systems import ANCHOR

ROOT = Path(__file__).resolve().parent.parent
ROWS, PAGE = ROOT / "results" / "lab" / "systems.jsonl", ROOT / "docs" / "systems.md"
HEADER = (
    "system",
    "BD-rate",
    "kMAC/px encode",
    "decode",
    "seconds encode",
    "decode",
    "times plain's",
    "with its idea",
    "without",
    "confirmed",
)
START, END = "<!-- systems -->\n", "<!-- /systems -->"


def page_part() -> str:
    """The Markdown between the two marks."""
    done = system_rows.read(ROWS)
    plain = next(row for row in done if row.name == ANCHOR)
    ranked = sorted(done, key=lambda row: (row.bd_rate is None, row.bd_rate, row.name))
    apart = next(value for name, value, _ in plain.figures if name == "seeds apart")
    lines = [HEADER, ("---",) * len(HEADER), *(_line(row, plain, apart) for row in ranked)]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    said = f"\nThree seeds of the plain skeleton lie {apart:.1f} % apart: nearer rates than that are equal.\n"
    return table + said + "".join(_section(row, apart) for row in sorted(done, key=lambda r: r.id.lower()))


def replaced(page: str, new: str) -> str:
    """docs/systems.md with what stands between the marks replaced."""
    return re.sub(f"{START}.*?{END}", lambda _: START + new + END, page, flags=re.DOTALL)


def docstring(name: str) -> tuple[str, str]:
    """(the mechanism in a sentence, the diagram) of ``systems/NAME.py``."""
    text = inspect.cleandoc(importlib.import_module(f"mezzotint.lab.systems.{name}").__doc__ or "")
    first, _, rest = text.partition("\n")
    block = re.search(r"(?:^ {4}.*\n?|^\n(?= {4}))+", rest, re.MULTILINE)
    if not block:
        raise ValueError(f"systems/{name}.py has no diagram in its docstring")
    return first, inspect.cleandoc(block.group())


SAID = {"yes": "Confirmed", "no": "Not confirmed", "undecided": "Undecided"}


def held(row: SystemRow, apart: float) -> str:
    """Whether a claim was confirmed; rates nearer than ``apart``, percent, and shares in their error say nothing."""
    if row.confirmed is None:
        return ""
    error = next((value for name, value, _ in row.figures if name.startswith("standard error")), 0.0)
    least = apart if row.measure.startswith("BD-rate") else error
    if abs(row.claim_on - row.claim_off) < least:
        return "undecided"
    return "yes" if row.confirmed else "no"


def _number(value: float | None, digits: int = 3) -> str:
    return "" if value is None else f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:.0f}"


def _line(row: SystemRow, plain: SystemRow, apart: float) -> tuple[str, ...]:
    rate = "" if row.bd_rate is None else f"{row.bd_rate + 0:+.1f} %"
    a_pixel = row.pixels / plain.pixels
    encode, decode = row.encode_seconds / plain.encode_seconds, row.decode_seconds / plain.decode_seconds
    slower = f"{encode / a_pixel:.1f}, {decode / a_pixel:.1f}"
    return (
        f"**{row.id}**" if row.name == ANCHOR else f"[{row.id}](#{re.sub('[^a-z0-9-]', '', row.id.lower())})",
        rate,
        _number(row.kmac_encode),
        _number(row.kmac_decode),
        _number(row.encode_seconds),
        _number(row.decode_seconds),
        slower,
        _number(row.claim_on),
        _number(row.claim_off),
        held(row, apart),
    )


def _section(row: SystemRow, apart: float) -> str:
    first, diagram = docstring(row.name)
    parts = [f"\n### {row.id}\n\n{first} {row.title} ({row.year}).\n\n```\n{diagram}\n```\n"]
    if row.claim:
        parts.append(
            f"\n{row.claim}. **{SAID[held(row, apart)]}** here: {row.measure}: {_number(row.claim_on, 4)} with it,"
            f" {_number(row.claim_off, 4)} without.\n"
        )
    if row.bd_reason:
        parts.append(f"\nNo BD-rate against the plain skeleton: {row.bd_reason}.\n")
    if row.figures:
        parts.append("\n" + "".join(f"- {n}: {_number(v, 4)} {u}".rstrip() + "\n" for n, v, u in row.figures))
    if row.scaled_down:
        parts.append(f"\nLeft out: {row.scaled_down}.\n")
    spec = f"`{row.spec}`" + (f" against `{row.off}`" if row.off else "")
    parts.append(f"\nMeasured: {spec}; {row.parameters or 'no'} learned parameters.\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), page_part()), encoding="utf-8")
