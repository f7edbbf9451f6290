# SPDX-License-Identifier: Apache-2.0
"""Ours against each rival on every image, a panel for each rival: a mean hides failures, and here they have names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mezzotint.evaluate.report.contents import Report, Section
from mezzotint.evaluate.report.entries import Entry
from mezzotint.evaluate.report.plots import canvas
from mezzotint.evaluate.report.plots.drawn import drawn
from mezzotint.evaluate.report.plots.looks import label
from mezzotint.evaluate.report.tables import compared, pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 3
_WIDTH, _PANEL, _ABOVE, _BELOW, _GAP = 9.6, 1.75, 0.7, 0.25, 0.42  # inches; _GAP holds the title of a panel
_LEFT, _RIGHT, _BETWEEN = 0.075, 0.985, 0.07
_NAMED = 3  # of the worst images, in each panel
_LONGEST = 24  # characters of a name
_LETTER, _HIGH = 5.4, 10.0  # points: a letter's usual width, a line's height


def images(report: Report, section: Section) -> tuple[bytes, bytes] | None:
    """(SVG, PNG); None where there is nothing to show."""
    if report.ours is None or len(section.per_image) < 2:
        return None
    rivals = [entry for entry in drawn(report, section) if entry in section.rivals and _dots(section, entry)]
    rivals.sort(key=lambda entry: entry is not report.anchor)
    ratios = [1 + rate / 100 for rival in rivals for _, _, rate in _dots(section, rival)]
    if not rivals:
        return None
    limits = min(*ratios, 1.0) / 1.1, max(*ratios, 1.0) * 1.3
    rows = math.ceil(len(rivals) / _COLUMNS)
    height = _ABOVE + rows * (_PANEL + _GAP) + _BELOW
    with canvas.blank(_WIDTH, height) as figure:
        grid = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False)
        bottom, top = _BELOW / height, 1 - (_ABOVE + _GAP) / height
        figure.subplots_adjust(_LEFT, bottom, _RIGHT, top, wspace=_BETWEEN, hspace=_GAP / _PANEL)
        for axes, rival in zip(grid.flat, rivals, strict=False):
            _panel(axes, report, section, rival, limits)
        for axes in list(grid.flat)[len(rivals) :]:
            axes.set_axis_off()
        canvas.percent_axis(grid.flat[0].yaxis, *limits)
        canvas.head(
            figure,
            _LEFT,
            f"{report.ours.label} on each image: bits at equal {section.metric.title} (BD-rate)",
            f"{pictures(report, section)}, from left to right by the bits that {section.judge.short} needs for them; "
            "dashed: BD-rate of the mean curves",
        )
        return canvas.files(figure)


def _dots(section: Section, rival: Entry) -> list[tuple[int, str, float]]:
    """(place, name, BD-rate) of the images that have one."""
    names = _stems([one.image.name for one in section.per_image])
    rates = [(place, names[place], one.rates[rival].value) for place, one in enumerate(section.per_image)]
    return [(place, name, rate) for place, name, rate in rates if rate is not None]


def _stems(names: list[str]) -> list[str]:
    """Without suffixes, where they tell nothing."""
    stems = [name.rpartition(".")[0] or name for name in names]
    return stems if len(set(stems)) == len(stems) else names


def _panel(axes: Axes, report: Report, section: Section, rival: Entry, limits: tuple[float, float]) -> None:
    assert report.ours is not None
    dots, count = _dots(section, rival), len(section.per_image)
    mean = compared(section, report.ours, rival).rate.value
    axes.set(xlim=(-1, count), ylim=limits, yscale="log")
    axes.tick_params(bottom=False, labelbottom=False)
    axes.grid(False, axis="x")
    axes.axhline(1, color=canvas.INK, linewidth=1, zorder=1)
    if mean is not None:
        axes.axhline(1 + mean / 100, color=canvas.PALE, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    for sign, colour, marker in ((-1, canvas.BETTER, "o"), (1, canvas.WORSE, "^")):
        some = [(place, 1 + rate / 100) for place, _, rate in dots if (rate > 0) == (sign > 0)]
        if some:
            x, y = zip(*some, strict=True)
            axes.scatter(x, y, s=16, color=colour, marker=marker, linewidths=0, zorder=3)
    shown = f"mean of the images {section.mean_of_images(rival):+.1f} %"
    missing = f", {count - len(dots)} without overlap" if len(dots) < count else ""
    title = label(f"against {rival.short}", 42)
    axes.set_title(f"{title}\n{shown}{missing}", loc="left", fontsize=canvas.SMALL, pad=3)
    _names(axes, dots, count, limits)


def _names(axes: Axes, dots: list[tuple[int, str, float]], count: int, limits: tuple[float, float]) -> None:
    """Names at the worst dots, where there is room for them. All in points of the panel."""
    width = 72 * _WIDTH * (_RIGHT - _LEFT) / (_COLUMNS + _BETWEEN * (_COLUMNS - 1))
    height = 72 * _PANEL
    placed: list[_Box] = []
    for place, name, rate in sorted(dots, key=lambda dot: -round(dot[2], 3))[:_NAMED]:
        text = name if len(name) <= _LONGEST else "..." + name[3 - _LONGEST :]
        x = (place + 1) / (count + 1) * width
        y = math.log((1 + rate / 100) / limits[0]) / math.log(limits[1] / limits[0]) * height
        box = _free(x, y, _LETTER * len(text), placed, (width, height))
        if box is None:
            continue
        placed.append(box)
        leader = {"arrowstyle": "-", "color": canvas.PALE, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
        axes.annotate(
            text,
            (place, 1 + rate / 100),
            (box.left + box.width / 2 - x, box.bottom - y),
            textcoords="offset points",
            ha="center",
            zorder=2.5,
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5},
            fontsize=canvas.SMALL - 1,
            color=canvas.INK,
            arrowprops=leader if box.bottom - y > 6 else None,
        )


@dataclass(frozen=True)
class _Box:
    """Where a name stands."""

    left: float
    bottom: float
    width: float

    def touches(self, other: _Box) -> bool:
        apart = self.left >= other.left + other.width or other.left >= self.left + self.width
        return not apart and abs(self.bottom - other.bottom) < _HIGH


def _free(x: float, y: float, width: float, placed: list[_Box], panel: tuple[float, float]) -> _Box | None:
    """Over the dot, beside it, or higher over it; the first place that is in the panel and free."""
    over = min(max(x - width / 2, 0), panel[0] - width)
    wishes = [(over, y + 3.5), (x + 4, y - 3), (x - 4 - width, y - 3), (over, y + 14), (over, y + 24.5)]
    boxes = (_Box(left, bottom, width) for left, bottom in wishes)
    return next(
        (
            box
            for box in boxes
            if 0 <= box.left <= panel[0] - width
            and box.bottom + _HIGH <= panel[1]
            and not any(box.touches(other) for other in placed)
        ),
        None,
    )
