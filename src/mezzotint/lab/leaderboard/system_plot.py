# SPDX-License-Identifier: Apache-2.0
"""The systems' board as a picture: a rate-distortion curve a system, the plain skeleton's in black.

The rate axis is logarithmic: tokens and transforms lie a hundredfold apart. Systems measured on fewer pictures
than the others are left out: their curves would seem to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mezzotint.evaluate.report.plots import canvas
from mezzotint.lab.leaderboard import plot
from mezzotint.lab.leaderboard.system_rows import OTHER_PICTURES, SystemRow

# Okabe and Ito (2008), and what tells a second round of the same colours from the first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#8C6D31")
STYLES = (("-", "o"), ("--", "s"), (":", "^"))


def write(path: Path, done: Sequence[SystemRow], anchor: str) -> None:
    """SVG or PNG, by the suffix; ValueError for another one, or where no row has a curve."""
    plot.check(path)
    drawn = [row for row in done if row.curve and row.name != anchor and row.bd_reason != OTHER_PICTURES]
    if not drawn:
        raise ValueError("no row has a curve to draw: run the board first")
    with canvas.blank(9, 7) as figure:
        axes = figure.add_axes((0.08, 0.08, 0.66, 0.82))
        budget = drawn[0].terms.budget_pixels / 1e6
        said = (
            f"{len(drawn)} systems, {budget:.0f} MP of training each, whole files, held-out photos; log rate"
        )
        canvas.head(figure, 0.08, "Published codecs, rebuilt small", said)
        plain = next((row for row in done if row.name == anchor), None)
        if plain is not None:
            axes.plot(
                *zip(*plain.curve, strict=True), color=canvas.INK, linewidth=2.2, label="plain skeleton"
            )
        for i, row in enumerate(drawn):
            line, marker = STYLES[i // len(COLOURS) % len(STYLES)]
            style = {"color": COLOURS[i % len(COLOURS)], "linestyle": line, "marker": marker}
            axes.plot(*zip(*row.curve, strict=True), markersize=3.5, linewidth=1.1, label=row.id, **style)
        axes.set_xscale("log")
        plot.log_ticks(axes)
        axes.set_xlabel("bits per pixel")
        axes.set_ylabel("PSNR, dB")
        axes.legend(frameon=False, fontsize=canvas.SMALL, loc="upper left", bbox_to_anchor=(1.01, 1))
        svg, png = canvas.files(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(svg if path.suffix == ".svg" else png)
