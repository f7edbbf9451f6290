# SPDX-License-Identifier: Apache-2.0
"""matplotlib: figures without windows and without its state, and files that do not change by themselves.

The traps are what matplotlib writes unasked: dates, its own version and random ids; a person's own matplotlibrc; and
dollar signs, which it would read as formulas.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mezzotint.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

INK, PALE, RULE = "#222222", "#666666", "#DDDDDD"  # text, lesser text, lines of the grid
BETTER, WORSE = "#0072B2", "#D55E00"  # than a rival
SMALL, MEDIUM, LARGE = 9.0, 10.0, 13.0  # points
_DPI = 120
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "mezzotint",
    "svg.fonttype": "path",  # looks the same where the font is missing
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": MEDIUM,
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": PALE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": PALE,
    "ytick.color": PALE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}


@contextmanager
def blank(width: float, height: float) -> Iterator[Figure]:
    """An empty figure, in inches, to be filled and given to `files` inside the block."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("plots need matplotlib", "pip install 'mezzotint[eval]'") from None
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # names of images may be in any script
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield Figure((width, height))


def head(figure: Figure, left: float, title: str, said: str) -> None:
    """A title at the top and a line under it, `left` of the width from the left."""
    height = figure.get_size_inches()[1]
    figure.text(left, 1 - 0.32 / height, title, fontsize=LARGE, fontweight="bold")
    figure.text(left, 1 - 0.58 / height, said, color=PALE, fontsize=SMALL)


def percent_axis(axis: Axis, low: float, high: float) -> None:
    """Make ratios of rates read as BD-rates: -50 % and +100 % stand equally far from 0, as they should."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    fine = (-95, -90, -80, -70, -60, -50, -40, -20, 0, 30, 60, 100, 200, 400, 900, 1900)
    coarse = (-95, -90, -80, -60, 0, 100, 400, 1900)
    inside = [step for step in fine if low <= 1 + step / 100 <= high]
    ticks = inside if len(inside) < 9 else [step for step in inside if step in coarse]
    axis.set_major_locator(FixedLocator([1 + step / 100 for step in ticks]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(
        FuncFormatter(lambda ratio, _: f"{100 * (ratio - 1):+.0f} %" if ratio != 1 else "0")
    )


def files(figure: Figure) -> tuple[bytes, bytes]:
    """(SVG, PNG) of a figure."""
    svg, png = io.BytesIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(png, format="png", dpi=_DPI, metadata={"Software": None})
    return svg.getvalue(), png.getvalue()
