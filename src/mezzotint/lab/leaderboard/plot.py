# SPDX-License-Identifier: Apache-2.0
"""The board as a picture: BD-rate against CPU time, a dot a part, lower left is better.

The grey band is the board's resolution round the convolution block: dots inside it are as good as that block. The time
axis is logarithmic, because a few parts are many times slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mezzotint.evaluate.report.plots import canvas
from mezzotint.lab.leaderboard.board import ANCHOR, resolution
from mezzotint.lab.leaderboard.rows import Row

FAMILIES = {  # colours of Okabe and Ito (2008), and a shape that says the same
    "convolution": ("#222222", "o"),
    "window": ("#0072B2", "s"),
    "frequency": ("#D55E00", "^"),
    "fourier": ("#E69F00", "v"),
    "global": ("#009E73", "D"),
    "linear-time": ("#CC79A7", "P"),
    "white-box": ("#8C6D31", "X"),
}
_OTHER = ("#8A8A8A", "*")
NAME_SIZE, NAME_WIDTH = 6.5, 3.9  # points: of a name, and of one of its letters
PLACES = (
    (5, -2),
    (-5, -2),
    (4, 3),
    (4, -9),
    (-4, 3),
    (-4, -9),
    (4, 9),
    (4, -15),
)  # of a name by its dot, in points

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points


def write(path: Path, done: Sequence[Row]) -> None:
    """SVG or PNG, by the suffix; ValueError as `check`, or where no row has numbers."""
    check(path)
    drawn = [row for row in done if row.bd_rate is not None and row.ms_per_mp is not None]
    if not drawn:
        raise ValueError("no row has a BD-rate to draw: run the board first")
    with canvas.blank(9, 7.5) as figure:
        axes = figure.add_axes((0.09, 0.08, 0.87, 0.82))
        canvas.head(figure, 0.09, "Mixers in one skeleton codec", _said(drawn))
        spread = resolution(done)
        if spread is not None:
            axes.axhspan(-spread, spread, color=canvas.RULE, alpha=0.6, linewidth=0)
        for family in dict.fromkeys(row.family for row in drawn):
            own = [row for row in drawn if row.family == family]
            colour, marker = FAMILIES.get(family, _OTHER)
            times, rates = [row.ms_per_mp for row in own], [row.bd_rate for row in own]
            axes.scatter(times, rates, s=34, c=colour, marker=marker, label=family, zorder=3)
        axes.set_xscale("log")
        axes.set_xlim(0.9 * min(row.ms_per_mp for row in drawn), 1.15 * max(row.ms_per_mp for row in drawn))
        log_ticks(axes)
        _names(axes, drawn)
        axes.set_xlabel("milliseconds a megapixel, analysis and synthesis, onnxruntime on one thread")
        axes.set_ylabel("BD-rate against the convolution block, %")
        axes.legend(frameon=False, fontsize=canvas.SMALL)
        svg, png = canvas.files(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(svg if path.suffix == ".svg" else png)


def check(path: Path) -> None:
    """ValueError where the suffix is not of a picture that can be written."""
    if path.suffix not in (".svg", ".png"):
        raise ValueError(f"{path} is neither .svg nor .png: give one of these suffixes")


def _said(drawn: Sequence[Row]) -> str:
    terms = drawn[0].terms
    return (
        f"{len(drawn)} parts, {terms.budget_pixels / 1e6:.0f} MP of training on {terms.device}, equal kMAC/px;"
        " the band is how far seeds of the convolution block lie apart"
    )


def _names(axes, drawn: Sequence[Row]) -> None:  # type: ignore[no-untyped-def]
    """Each name beside its dot, in the first of PLACES where it covers neither a dot nor a name."""
    points = {
        row.name: axes.transData.transform((row.ms_per_mp, row.bd_rate)) * 72 / axes.figure.dpi
        for row in drawn
    }
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y in points.values()]
    for row in sorted(drawn, key=lambda row: row.name != ANCHOR):
        x, y = points[row.name]
        width = NAME_WIDTH * len(row.name)
        boxes = [
            (x + dx - (width if dx < 0 else 0), y + dy, x + dx + (0 if dx < 0 else width), y + dy + 6)
            for dx, dy in PLACES
        ]
        free = next((i for i, box in enumerate(boxes) if not any(_meet(box, other) for other in taken)), 0)
        taken.append(boxes[free])
        axes.annotate(
            row.name,
            (row.ms_per_mp, row.bd_rate),
            PLACES[free],
            textcoords="offset points",
            ha="right" if PLACES[free][0] < 0 else "left",
            fontsize=NAME_SIZE,
            fontweight="bold" if row.name == ANCHOR else "normal",
            color=canvas.INK,
        )


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def log_ticks(axes) -> None:  # type: ignore[no-untyped-def]
    """Plain numbers at 1, 2 and 5 of each power of ten along a logarithmic x axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
