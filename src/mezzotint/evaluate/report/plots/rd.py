# SPDX-License-Identifier: Apache-2.0
"""Rate-distortion curves of one metric, with their names in a column beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mezzotint.evaluate.report import tables
from mezzotint.evaluate.report.contents import Report, Section
from mezzotint.evaluate.report.entries import Entry
from mezzotint.evaluate.report.plots.apart import apart
from mezzotint.evaluate.report.plots.canvas import INK, PALE, SMALL, blank, files, head
from mezzotint.evaluate.report.plots.drawn import drawn
from mezzotint.evaluate.report.plots.looks import Look, label, looks
from mezzotint.evaluate.report.tables import pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ZOOM = 1.0  # bits per pixel
_WIDTH, _HEIGHT = 9.6, 5.8  # inches
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.075, 0.64, 0.1, 0.86  # of the axes in the figure
_LINE = 0.2  # inches from label to label

Pairs = list[tuple[float, float]]  # (bpp, value), rising


def rd(report: Report, section: Section, limit: float | None = None) -> tuple[bytes, bytes] | None:
    """(SVG, PNG) up to `limit` bits per pixel, or of everything measured; None where nothing measured lies there."""
    entries = drawn(report, section)
    styles = looks(entries, report.entries)
    measured = [curve for entry, curve in section.lines.items() if not entry.published]
    right = limit or 1.01 * max(point.bpp for curve in measured for point in curve.points)
    paths = {entry: _cut(section.lines[entry].pairs(), right) for entry in entries}
    paths = {entry: path for entry, path in paths.items() if path}
    values = [value for entry, path in paths.items() if limit or not entry.published for _, value in path]
    if all(entry.published for entry in paths):
        return None
    pad = 0.03 * (max(values) - min(values)) or 1.0
    with blank(_WIDTH, _HEIGHT) as figure:
        axes = figure.add_axes((_LEFT, _BOTTOM, _RIGHT - _LEFT, _TOP - _BOTTOM))
        axes.set(xlim=(0, right), ylim=(min(values) - pad, max(values) + pad), xlabel="bits per pixel")
        axes.set_ylabel(f"{section.metric.title}, {section.metric.unit}")
        for entry in paths:
            _line(axes, section.lines[entry].pairs(), styles[entry])
        gap = _LINE / (_HEIGHT * (_TOP - _BOTTOM)) * (axes.get_ylim()[1] - axes.get_ylim()[0])
        _labels(
            axes,
            paths,
            styles,
            _at_ends(axes, paths, gap) if limit else _in_order(report, section, axes, paths, gap),
        )
        zoomed = f", up to {limit:g} bit per pixel" if limit else ""
        title = f"{section.metric.title} on {pictures(report, section)}{zoomed}"
        head(figure, _LEFT, title, _said(entries, section))
        return files(figure)


def _said(entries: list[Entry], section: Section) -> str:
    said = "means over the images at each quality; higher and further left is better"
    hidden = any(not entry.published and entry not in entries for entry in section.lines)
    return said + ("; best and worst settings of each codec" if hidden else "")


def _cut(pairs: Pairs, right: float) -> Pairs:
    """The part up to `right`, with a point where the curve leaves it."""
    inside = [pair for pair in pairs if pair[0] <= right]
    beyond = pairs[len(inside) :]
    if inside and beyond:
        (rate, value), (rate_2, value_2) = inside[-1], beyond[0]
        inside.append((right, value + (value_2 - value) * (right - rate) / (rate_2 - rate)))
    return inside


def _line(axes: Axes, pairs: Pairs, look: Look, clip: bool = True, markers: slice = slice(None)) -> None:
    axes.plot(
        *zip(*pairs, strict=True),
        color=look.colour,
        linewidth=look.width,
        linestyle=(0, look.dashes) if look.dashes else "solid",
        marker=look.marker or None,
        markevery=list(range(len(pairs)))[markers],
        markersize=look.size,
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=look.above,
        clip_on=clip,
    )


def _at_ends(axes: Axes, paths: Mapping[Entry, Pairs], gap: float) -> dict[Entry, float]:
    """Where labels stand when the lines leave the picture at its right border, or nearly do."""
    right, (low, high) = axes.get_xlim()[1], axes.get_ylim()
    return dict(
        zip(paths, apart([_end(path, right) for path in paths.values()], gap, low, high), strict=True)
    )


def _in_order(
    report: Report, section: Section, axes: Axes, paths: Mapping[Entry, Pairs], gap: float
) -> dict[Entry, float]:
    """Where labels stand when the lines end anywhere: from the top down, the fewest bits first."""
    ranked = tables.ranked(report, section, tuple(paths))
    return {entry: axes.get_ylim()[1] - row * gap for row, entry in enumerate(ranked)}


def _labels(
    axes: Axes, paths: Mapping[Entry, Pairs], styles: Mapping[Entry, Look], places: Mapping[Entry, float]
) -> None:
    """A name for each line, with a piece of it, and a leader where the line leaves the picture at the right."""
    right, high = axes.get_xlim()[1], axes.get_ylim()[1]
    start, middle, stop = (factor * right for factor in (1.05, 1.08, 1.11))
    for entry, place in places.items():
        look, (rate, value) = styles[entry], paths[entry][-1]
        if rate == right and value < high:
            axes.plot(
                [rate, start], [value, place], color=look.colour, linewidth=0.7, alpha=0.7, clip_on=False
            )
        _line(axes, [(start, place), (middle, place), (stop, place)], look, clip=False, markers=slice(1, 2))
        axes.text(
            1.125 * right,
            place,
            label(entry.name),
            color=PALE if entry.published else INK,
            fontsize=SMALL + entry.ours,
            fontweight="bold" if entry.ours else "normal",
            verticalalignment="center",
        )


def _end(path: Pairs, right: float) -> float:
    """The value at the right border; a line that ends before goes on there, a little flatter."""
    if len(path) < 2:
        return path[-1][1]
    (rate, value), (rate_2, value_2) = path[-2:]
    return value_2 + 0.6 * (value_2 - value) / (rate_2 - rate) * (right - rate_2)
