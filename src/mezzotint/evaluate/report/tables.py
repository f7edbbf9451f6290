# SPDX-License-Identifier: Apache-2.0
"""The tables of a report that compare whole codecs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mezzotint.evaluate.report.contents import Report, Section
from mezzotint.evaluate.report.difference import Comparison, Difference
from mezzotint.evaluate.report.entries import Entry
from mezzotint.evaluate.report.grids import DASH, MARK, Grid, Line, notes, percent, points, share

_NONE = Difference(None, reason="not measured")
_NOTHING = Comparison(_NONE, _NONE)


def summary(report: Report) -> Grid:
    """What the README shows: every codec against the anchor, and roughly how quick it is."""
    lines = []
    for entry in by_rate(report, report.measured):
        cells = [percent(compared(section, entry, report.anchor).rate) for section in report.sections]
        lines.append(Line((entry.label, *cells, *_speed(report, entry)), entry.ours))
    header = ["codec", *(section.metric.title for section in report.sections)]
    said = [
        "BD-rate is the mean difference in bits at equal quality, over the quality that both curves cover.",
        "That range is another one for each codec, so two codecs may stand in another order head to head.",
    ]
    if report.speeds:
        threads = next(iter(report.speeds.values())).threads
        header += [f"{side} MP/s\n(sweep, {_threads(threads)})" for side in ("encode", "decode")]
        said.append("MP/s are means over the whole sweep, several files at once; `mzt bench` measures speed.")
    title = f"BD-rate against {report.anchor.label} on {pictures(report)}"
    return Grid(title, tuple(header), tuple(lines), (*said, *notes(_marked(lines), {})))


def against_anchor(report: Report) -> Grid:
    """BD-rate with the share of the anchor's range that it is over, and BD-PSNR and its like, for every metric."""
    lines, reasons = [], dict[str, list[str]]()
    for entry in by_rate(report, report.measured):
        cells = [entry.short]
        for section in report.sections:
            found = compared(section, entry, report.anchor)
            cells += [percent(found.rate), share(found.rate), points(found.quality)]
            if report.anchor not in section.lines:
                reasons[f"{report.anchor.short} has no {section.metric.title}"] = []
                continue
            for reason in dict.fromkeys(filter(None, (found.rate.reason, found.quality.reason))):
                reasons.setdefault(reason, []).append(f"{entry.short}, {section.metric.title}")
        lines.append(Line(tuple(cells), entry.ours))
    header = ["codec"]
    for section in report.sections:
        header += [f"{section.metric.title}\nBD-rate", "\nover", f"\nBD-{section.metric.unit}"]
    said = (
        f"over: the share of the range of {report.anchor.short} that the number is a mean over; "
        "BD-dB and BD-points: mean difference of the metric at equal bits"
    )
    title = f"Against {report.anchor.label}, on {pictures(report)}"
    return Grid(title, tuple(header), tuple(lines), (said, *notes(_marked(lines), reasons)))


def strongest(report: Report, section: Section) -> tuple[Entry, ...]:
    """Ours, the anchor, and of each rival the settings that do best."""
    best: dict[str, Entry] = {}
    for entry in ranked(report, section, report.measured):
        best.setdefault(entry.codec, entry)
    return tuple(e for e in report.measured if e.ours or e is report.anchor or e is best[e.codec])


def matrix(report: Report, section: Section, entries: Sequence[Entry]) -> Grid:
    """BD-rate of every one of these codecs against every other."""
    lines, reasons = [], dict[str, list[str]]()
    for row, entry in enumerate(entries, 1):
        cells = []
        for column, anchor in enumerate(entries, 1):
            difference = compared(section, entry, anchor).rate
            cells.append("" if row == column else percent(difference).replace(" %", ""))
            if difference.reason and row != column:
                reasons.setdefault(difference.reason, []).append(f"{row} against {column}")
        lines.append(Line((f"{row:>2} {entry.short}", *cells), entry.ours))
    title = f"BD-rate in percent for {section.metric.title}: the codec of the line against that of the column"
    title += "" if len(entries) == len(report.measured) else "; of each codec its best settings"
    header = ("", *(str(column) for column in range(1, len(entries) + 1)))
    return Grid(title, header, tuple(lines), notes(_marked(lines), reasons))


def published(report: Report) -> Grid:
    """Published curves: ours against them, and they against the anchor. Not measured here."""
    sources = list(dict.fromkeys(entry.source for entry in by_rate(report, report.published)))
    sections = [s for s in report.sections if any(entry.published for entry in s.lines)]
    lines = []
    for entry in by_rate(report, report.published):
        if not any(entry in section.lines for section in sections):
            continue
        cells = [entry.short]
        for section in sections:
            found = compared(section, report.ours, entry).rate if report.ours else _NONE
            cells += [percent(found), share(found), percent(compared(section, entry, report.anchor).rate)]
        lines.append(Line((*cells, f"[{sources.index(entry.source) + 1}]")))
    header = ["published curve"]
    for section in sections:
        header += [f"{section.metric.title}\nours", "\nover", "\nits own"]
    said = (
        f"ours: BD-rate of {report.ours.label if report.ours else 'ours'} against the published curve, over a share of "
        f"its range; its own: BD-rate of the published curve against {report.anchor.label}"
    )
    listed = (f"[{number}] {source}" for number, source in enumerate(sources, 1))
    title = "Published curves for the 24 Kodak images, not measured here"
    return Grid(title, (*header, "source"), tuple(lines), (said, *notes(_marked(lines), {}), *listed))


def compared(section: Section, candidate: Entry, anchor: Entry) -> Comparison:
    """One comparison of a section; with a reason in it where one of the two has no curve there."""
    return section.compared.get((candidate, anchor), _NOTHING)


def ranked(report: Report, section: Section, entries: Sequence[Entry]) -> list[Entry]:
    """The fewest bits first, for one metric, against the anchor or what stands for it."""
    judge = report.anchor if report.anchor in section.lines else section.judge
    rates = {entry: compared(section, entry, judge).rate.value for entry in entries}
    return sorted(entries, key=lambda entry: math.inf if (rate := rates[entry]) is None else rate)


def by_rate(report: Report, entries: Sequence[Entry]) -> list[Entry]:
    """The fewest bits first by the first metric, those without a number there at the end by the next one."""

    def key(entry: Entry) -> tuple[float, ...]:
        rates = [compared(section, entry, report.anchor).rate.value for section in report.sections]
        return tuple(math.inf if rate is None else rate for rate in rates)

    return sorted(entries, key=key)


def pictures(report: Report, section: Section | None = None) -> str:
    """What the means are over, of one metric or of all: "the 24 Kodak images"."""
    counts = {len(one.images) for one in ([section] if section else report.sections)}
    if report.kodak:
        return "the 24 Kodak images"
    shown = str(max(counts)) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    of = f" of {report.about.set_name}" if report.about else ""
    return f"{shown} image{'' if counts == {1} else 's'}{of}"


def _threads(count: int) -> str:
    return f"{count} thread" if count == 1 else f"{count} threads"


def _marked(lines: Sequence[Line]) -> bool:
    return any(cell.endswith(MARK) for line in lines for cell in line.cells[1:])


def _speed(report: Report, entry: Entry) -> tuple[str, ...]:
    if not report.speeds:
        return ()
    speed = report.speeds.get(entry)
    return (DASH, DASH) if speed is None else (f"{speed.encode:.3g}", f"{speed.decode:.3g}")
