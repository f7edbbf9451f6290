# SPDX-License-Identifier: Apache-2.0
"""What the curves do without -> lines for people, each thing once although every metric tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mezzotint.evaluate.curves import Curves, LeftOut, Series
from mezzotint.evaluate.report.entries import Entry

_NAMES = 6  # images by name in a line


def notes(
    wrong: Sequence[LeftOut], found: Sequence[Curves], known: Mapping[Series, Entry]
) -> tuple[str, ...]:
    """One line for each reason; a line that does not hold for every metric says for which it does."""
    metrics: dict[str, list[str]] = {line: [] for line in _lines(wrong, known)}
    for curves in found:
        for line in _lines(curves.left_out, known):
            metrics.setdefault(line, []).append(curves.metric.title)
        if not curves.means:
            metrics.setdefault("no image was measured with every codec", []).append(curves.metric.title)
    return tuple(
        line if len(titles) in (0, len(found)) else f"{' and '.join(titles)}: {line}"
        for line, titles in metrics.items()
    )


def listed(names: Sequence[str]) -> str:
    """Some names and the number of the others."""
    rest = len(names) - _NAMES
    return ", ".join(names) if rest <= 0 else ", ".join(names[:_NAMES]) + f" and {rest} more"


def _lines(left_out: Sequence[LeftOut], known: Mapping[Series, Entry]) -> list[str]:
    images: dict[str, list[str]] = {}
    lines = []
    for one in left_out:
        where = known[one.series].label if one.series else ""
        if one.quality is not None:
            where += f" at quality {one.quality:g}"
        if one.image is None:
            lines.append(f"{where} is left out: {one.reason}")
        elif one.series is None:
            lines.append(f"some rows of {one.image} are left out: {one.reason}")
        else:
            images.setdefault(f"{one.reason} with {where}", []).append(one.image)
    for reason, names in images.items():
        many = f"{len(names)} images are" if len(names) > 1 else "1 image is"
        lines.append(f"{many} left out, {listed(names)}: {reason}")
    return lines
