# SPDX-License-Identifier: Apache-2.0
"""Docstrings as autodoc takes them: an indented block becomes a block of code, as Markdown has it."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def literal(lines: list[str]) -> list[str]:
    """The lines with `::` before every indented block that is no item of a list."""
    found: list[str] = []
    for number, line in enumerate(lines):
        begins = line.startswith("    ") and number > 0 and not lines[number - 1].strip()
        if begins and not any(each.startswith("- ") for each in _paragraph_before(lines, number)):
            found += ["::", ""]
        found.append(line)
    return found


def _paragraph_before(lines: list[str], number: int) -> list[str]:
    above = lines[:number]
    while above and not above[-1].strip():
        above.pop()
    paragraph: list[str] = []
    while above and above[-1].strip():
        paragraph.append(above.pop())
    return paragraph


def _process(app: Sphinx, kind: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    lines[:] = literal(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
