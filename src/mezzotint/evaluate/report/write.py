# SPDX-License-Identifier: Apache-2.0
"""A report -> its files: report.json, table.md, index.html and the pictures, each put into place whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mezzotint.evaluate.curves import METRICS
from mezzotint.evaluate.report import tables
from mezzotint.evaluate.report.contents import Report, Section
from mezzotint.evaluate.report.document import document, dump
from mezzotint.evaluate.report.markdown import markdown
from mezzotint.evaluate.report.page import Picture, page
from mezzotint.evaluate.report.plots.equal import equal
from mezzotint.evaluate.report.plots.images import images
from mezzotint.evaluate.report.plots.rd import ZOOM, rd

_KINDS = (".svg", ".png")
Files = tuple[bytes, bytes] | None  # SVG and PNG


@dataclass(frozen=True)
class _Plot:
    name: str  # of the file, before the metric
    shows: str
    draw: Callable[[Report, Section], Files]


_PLOTS = (
    _Plot("low", f"rate and distortion up to {ZOOM:g} bit per pixel", partial(rd, limit=ZOOM)),
    _Plot("rd", "rate and distortion", rd),
    _Plot("equal", "bits at equal quality", equal),
    _Plot("images", "ours against the others on each image", images),
)


def write(report: Report, folder: Path) -> list[Path]:
    """Make the files in `folder`, in place of older ones of the same names; OSError if the system refuses.

    MissingExtra where matplotlib is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [_put(folder / name, data) for name, data in contents(report)]
    pictures = {
        folder / f"{plot.name}-{metric.column}{kind}"
        for plot in _PLOTS
        for metric in METRICS
        for kind in _KINDS
    }
    for path in pictures.difference(paths):  # of an earlier report, about other rows
        path.unlink(missing_ok=True)
    return paths


def contents(report: Report) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file, the page last: it shows what there is."""
    yield "report.json", _encoded(dump(document(report)))
    yield "table.md", _encoded(table(report))
    pictures = []
    for section in report.sections:
        for plot in _PLOTS:
            files = plot.draw(report, section)
            if files is None:
                continue
            name = f"{plot.name}-{section.metric.column}"
            pictures.append(Picture(section.metric, f"{name}.svg", f"{section.metric.title}: {plot.shows}"))
            yield from zip((name + kind for kind in _KINDS), files, strict=True)
    yield "index.html", _encoded(page(report, pictures))


def table(report: Report) -> str:
    """The table for a README, as in table.md."""
    return markdown(tables.summary(report))


def _encoded(text: str) -> bytes:
    """Commands and processors out of a stranger's about.json may hold halves of letters."""
    return text.encode("utf-8", "backslashreplace")


def _put(path: Path, data: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
