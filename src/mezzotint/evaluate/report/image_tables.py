# SPDX-License-Identifier: Apache-2.0
"""The tables of a report about single images: where ours does worst, by name."""

from __future__ import annotations

from mezzotint.evaluate.report.contents import Report, Section
from mezzotint.evaluate.report.difference import Difference
from mezzotint.evaluate.report.entries import Entry
from mezzotint.evaluate.report.grids import DASH, Grid, Line, percent
from mezzotint.evaluate.report.left_out import listed
from mezzotint.evaluate.report.tables import compared, ranked

_HEADER = ("against", "BD-rate of\nmean curves", "mean of\nBD-rates", "the worst first")


def worst(report: Report, section: Section) -> Grid:
    """Against every other codec, with both kinds of mean."""
    rivals = sorted(section.rivals, key=lambda rival: rival is not report.anchor)
    title = f"{_ours(report)} on single images for {section.metric.title}, BD-rate"
    notes = []
    for rival in rivals:
        without = [one.image.name for one in section.per_image if one.rates[rival].value is None]
        notes += [f"no BD-rate against {rival.label}: {listed(without)}"] if without else []
    lines = tuple(Line(_cells(report, section, rival)) for rival in rivals)
    return Grid(title, _HEADER, lines, tuple(notes), frozenset({0, 3}))


def worst_in_short(report: Report) -> Grid:
    """For every metric, against the anchor and the strongest rival alone."""
    lines = []
    for section in report.sections:
        strongest = ranked(report, section, [rival for rival in section.rivals if not rival.ours])[:1]
        for rival in dict.fromkeys((report.anchor, *strongest)):
            if rival in section.rivals:
                lines.append(Line((section.metric.title, *_cells(report, section, rival))))
    title = f"{_ours(report)} on single images, BD-rate"
    return Grid(title, ("for", *_HEADER), tuple(lines), words=frozenset({0, 1, 4}))


def _cells(report: Report, section: Section, rival: Entry) -> tuple[str, ...]:
    curves = compared(section, report.ours, rival).rate if report.ours else Difference(None)
    mean = section.mean_of_images(rival)
    named = [f"{image.name} {_percent(rate)}" for image, rate in section.worst(rival)]
    return rival.label, percent(curves), DASH if mean is None else _percent(mean), ", ".join(named) or DASH


def _ours(report: Report) -> str:
    return report.ours.label if report.ours else "ours"


def _percent(rate: float) -> str:
    return percent(Difference(rate, 1.0))
