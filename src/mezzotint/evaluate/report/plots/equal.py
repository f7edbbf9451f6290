# SPDX-License-Identifier: Apache-2.0
"""Bits at equal quality against the anchor, at a few round values of the metric: where on its curve a codec gains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mezzotint.evaluate.report.contents import Level, Report, Section
from mezzotint.evaluate.report.entries import Entry
from mezzotint.evaluate.report.plots import canvas
from mezzotint.evaluate.report.plots.drawn import PUBLISHED
from mezzotint.evaluate.report.plots.looks import label
from mezzotint.evaluate.report.tables import pictures, ranked

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _LINE, _ABOVE, _BELOW = 9.6, 0.27, 1.0, 0.6  # inches
_LEFT, _RIGHT = 0.335, 0.97
_LOOKS = (("#8FC1E3", "o"), ("#3182BD", "s"), ("#08306B", "D"))  # light to dark: low to high quality

Dots = list[tuple[float, int]]  # (bits against the anchor, row)


def equal(report: Report, section: Section) -> tuple[bytes, bytes] | None:
    """(SVG, PNG); None where the anchor reaches no level, or nobody else does."""
    levels = _three(report, section)
    reaching = [entry for entry in section.lines if any(entry in level.bpp for level in levels)]
    entries = [entry for entry in ranked(report, section, reaching) if _shown(entry)]
    if len(entries) < 2:
        return None
    height = _ABOVE + _LINE * len(entries) + _BELOW
    with canvas.blank(_WIDTH, height) as figure:
        axes = figure.add_axes((_LEFT, _BELOW / height, _RIGHT - _LEFT, 1 - (_ABOVE + _BELOW) / height))
        axes.set(xscale="log", ylim=(len(entries) - 0.5, -0.5))
        axes.set_xlabel(f"bits per pixel against {report.anchor.label}")
        _rows(axes, entries)
        _dots(axes, [_against(level, report.anchor, entries) for level in levels])
        names = [f"at {level.value:g} {section.metric.unit}" for level in levels]
        axes.legend(axes.collections, names, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False)
        title = f"Bits at equal {section.metric.title}"
        canvas.head(figure, 0.02, title, f"{pictures(report, section)}; further left is smaller")
        return canvas.files(figure)


def _shown(entry: Entry) -> bool:
    return not entry.published or entry.id.partition(":")[2] in PUBLISHED


def _three(report: Report, section: Section) -> list[Level]:
    """The first, the middle and the last of the levels that the anchor and half of what is shown reach."""
    shown = [entry for entry in section.lines if _shown(entry)]
    usable = [
        level
        for level in section.levels
        if report.anchor in level.bpp and 2 * sum(entry in level.bpp for entry in shown) >= len(shown)
    ]
    return [usable[index] for index in sorted({0, len(usable) // 2, len(usable) - 1})] if usable else []


def _against(level: Level, anchor: Entry, entries: Sequence[Entry]) -> Dots:
    return [(level.bpp[e] / level.bpp[anchor], row) for row, e in enumerate(entries) if e in level.bpp]


def _rows(axes: Axes, entries: Sequence[Entry]) -> None:
    axes.set_yticks(range(len(entries)), [label(entry.name) for entry in entries])
    for text, entry in zip(axes.get_yticklabels(), entries, strict=True):
        text.set_fontweight("bold" if entry.ours else "normal")
        text.set_color(canvas.PALE if entry.published else canvas.INK)
    axes.tick_params(left=False)
    axes.grid(False, axis="y")


def _dots(axes: Axes, levels: Sequence[Dots]) -> None:
    ratios = [ratio for dots in levels for ratio, _ in dots]
    limits = min(*ratios, 1.0) / 1.08, max(*ratios, 1.0) * 1.08
    axes.set_xlim(limits)
    canvas.percent_axis(axes.xaxis, *limits)
    axes.axvline(1, color=canvas.INK, linewidth=1, zorder=1)
    for row in {row for dots in levels for _, row in dots}:
        found = [ratio for dots in levels for ratio, other in dots if other == row]
        axes.plot([min(found), max(found)], [row, row], color=canvas.PALE, linewidth=1, zorder=2)
    for dots, (colour, marker) in zip(levels, _LOOKS, strict=False):
        x, y = zip(*dots, strict=True)
        axes.scatter(x, y, s=34, color=colour, marker=marker, linewidths=0, zorder=3)
