# SPDX-License-Identifier: Apache-2.0
"""What a codec looks like, the same in every picture: a colour for a family, shades and markers for its settings.

The colours are those of Okabe and Ito (Color Universal Design, 2008), which people who confuse red and green can tell
apart; shape and a label at each line say the same once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

from mezzotint.evaluate.report.entries import OURS, Entry

_COLOURS = {
    OURS: "#D55E00",
    "jpeg": "#4D4D4D",
    "mozjpeg": "#6B4C9A",
    "webp": "#009E73",
    "avif": "#0072B2",
    "jxl": "#CC79A7",
    "heic": "#E69F00",
    "jp2": "#8C6D31",
}
_OTHERS = ("#56B4E9", "#2F6B4F", "#A83232", "#B8A600")
_PUBLISHED = "#8A8A8A"
_DASHES = (
    (5.0, 2.0),
    (1.5, 1.5),
    (7.0, 2.0, 1.5, 2.0),
    (3.0, 1.2),
    (9.0, 3.0),
    (1.0, 3.0),
)  # points, on and off
_MARKERS = ("o", "s", "^", "D", "v", "<", ">")
_SHADES = (0.0, 0.45, 0.25, 0.6)  # towards white


@dataclass(frozen=True)
class Look:
    colour: str
    marker: str
    width: float  # points
    size: float  # of the marker, points
    dashes: tuple[float, ...] = ()
    above: int = 2  # what is drawn over what


def label(text: str, longest: int = 40) -> str:
    """The text within so many characters, cut at a word."""
    return shorten(text, longest, placeholder="...")


def looks(drawn: Sequence[Entry], everyone: Sequence[Entry]) -> dict[Entry, Look]:
    """One for each of `drawn`: the first of a family has its full colour; markers go by the place in `everyone`."""
    strangers = list(dict.fromkeys(e.codec for e in everyone if e.codec not in _COLOURS and not e.published))
    families = [*_COLOURS, *strangers]
    counts: dict[str, int] = {}
    found = {}
    for entry in drawn:
        count = counts[entry.codec] = counts.get(entry.codec, -1) + 1
        if entry.published:
            found[entry] = Look(_PUBLISHED, "", 1.1, 0, _DASHES[count % len(_DASHES)], above=1)
            continue
        colour = _COLOURS.get(entry.codec) or _OTHERS[strangers.index(entry.codec) % len(_OTHERS)]
        shade = _lighter(colour, _SHADES[count % len(_SHADES)])
        place = families.index(entry.codec) + [e for e in everyone if e.codec == entry.codec].index(entry)
        marker = _MARKERS[place % len(_MARKERS)]
        found[entry] = Look(shade, marker, 2.8, 6.5, above=4) if entry.ours else Look(shade, marker, 1.4, 4.5)
    return found


def _lighter(colour: str, share: float) -> str:
    channels = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(value + (255 - value) * share):02X}" for value in channels)
