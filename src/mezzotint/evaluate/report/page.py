# SPDX-License-Identifier: Apache-2.0
"""A report as one static page: tables as HTML, pictures by relative links, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mezzotint.evaluate.curves import Metric
from mezzotint.evaluate.report import details, image_tables, origin, tables
from mezzotint.evaluate.report.contents import Report
from mezzotint.evaluate.report.grids import Grid

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
       color: #222; background: #fff; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; margin-top: 3rem; border-bottom: 1px solid #ccc; }
img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { padding: .15rem .7rem; text-align: right; white-space: nowrap; }
th { vertical-align: bottom; border-bottom: 2px solid #888; } td { border-bottom: 1px solid #e5e5e5; }
.word { text-align: left; white-space: normal; }
.strong td { font-weight: 600; background: #fdf0e6; }
.notes, dd, dt { font-size: .85rem; color: #555; margin: 0; } dl { display: grid; grid-template-columns: 8rem auto; }
summary { cursor: pointer; margin-top: 1rem; }
"""


@dataclass(frozen=True)
class Picture:
    metric: Metric
    name: str  # of the file beside the page
    shows: str


def page(report: Report, pictures: Sequence[Picture]) -> str:
    """The whole page with these pictures in it, each under its metric."""
    title = f"Rate and distortion: {tables.pictures(report)}"
    parts = [f"<h1>{escape(title)}</h1>", _list(report.notes), _table(tables.summary(report))]
    parts += [_table(tables.against_anchor(report)), _table(details.lossless(report))]
    for section in report.sections:
        parts.append(f"<h2>{escape(section.metric.title)}</h2>")
        parts += [_picture(picture) for picture in pictures if picture.metric == section.metric]
        parts += [
            _table(tables.matrix(report, section, report.measured)),
            _table(image_tables.worst(report, section)),
        ]
        parts += [_table(details.equal_quality(report, section))]
        parts.append(_folded(_table(details.points(report, section))))
    if report.published:
        parts += [
            "<h2>Published curves</h2>",
            _table(tables.published(report)),
            _table(details.sources(report)),
        ]
    parts += ["<h2>Where this comes from</h2>", _facts(origin.facts(report))]
    body = "\n".join(filter(None, parts))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _table(grid: Grid) -> str:
    if not grid.lines:
        return ""
    lines = [_line("td", line.cells, grid, "strong" if line.strong else "") for line in grid.lines]
    return (
        f'<div class="wide"><table>\n<caption>{escape(grid.title)}</caption>\n'
        + "\n".join([_line("th", grid.header, grid), *lines])
        + f"\n</table></div>\n{_list(grid.notes)}"
    )


def _line(tag: str, cells: Sequence[str], grid: Grid, kind: str = "") -> str:
    laid = []
    for column, cell in enumerate(cells):
        word = ' class="word"' if column in grid.words else ""
        laid.append(f"<{tag}{word}>{escape(cell).replace(chr(10), '<br>')}</{tag}>")
    return f'<tr class="{kind}">{"".join(laid)}</tr>' if kind else f"<tr>{''.join(laid)}</tr>"


def _picture(picture: Picture) -> str:
    return f'<p><img src="{escape(picture.name)}" alt="{escape(picture.shows)}"></p>'


def _list(notes: Sequence[str]) -> str:
    return "\n".join(f'<p class="notes">{escape(note)}</p>' for note in notes)


def _folded(table: str) -> str:
    return f"<details><summary>Points of the curves</summary>\n{table}\n</details>" if table else ""


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    pairs = "\n".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in facts)
    return f"<dl>\n{pairs}\n</dl>"
