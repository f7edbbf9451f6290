# SPDX-License-Identifier: Apache-2.0
"""Rows -> the contents of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mezzotint.errors import UsageError
from mezzotint.evaluate.about import About
from mezzotint.evaluate.curves import METRICS, Curve, Curves, Metric, Series, curves, sound
from mezzotint.evaluate.published import Published
from mezzotint.evaluate.report import entries, left_out, literature, origin, speeds
from mezzotint.evaluate.report.by_image import per_image
from mezzotint.evaluate.report.contents import Lossless, Report, Section
from mezzotint.evaluate.report.difference import Comparison, compare
from mezzotint.evaluate.report.entries import Entry
from mezzotint.evaluate.report.levels import levels
from mezzotint.evaluate.rows import Row


def assemble(
    rows: Sequence[Row],
    anchor: str | None = None,
    metrics: Sequence[str] = (),
    published: bool | None = None,
    about: About | None = None,
) -> Report:
    """The report over `rows` against the entry that `anchor` means, with the metrics named, or all that there are.

    Published curves come with the 24 Kodak images; True insists on them, False leaves them out. UsageError where there
    is no such anchor, metric or published curve, or nothing to show.
    """
    kept, wrong = sound(rows)
    found = [curves(kept, metric) for metric in _chosen(kept, metrics)]
    known = entries.measured(list(dict.fromkeys(map(Series.of, kept))))
    kodak = any(one.means and literature.is_kodak(one.images) for one in found)
    if published and not kodak:
        raise UsageError(
            "published curves are of all 24 Kodak images, and these are others", "leave out --published"
        )
    rivals = literature.load() if kodak and published is not False else {}
    chosen = entries.choose(anchor, [*known.values(), *rivals])
    ours = _ours(list(known.values()), about)
    quick = speeds.means(kept, found[0])
    sections = tuple(_section(one, known, rivals, chosen, ours) for one in found if one.means)
    if not sections:
        raise UsageError(
            "no image was measured with every codec at every quality", "finish the run with `mzt eval`"
        )
    return Report(
        count=len({row.image for row in rows}),
        kodak=all(literature.is_kodak(section.images) for section in sections),
        anchor=chosen,
        ours=ours,
        entries=(*known.values(), *rivals),
        sections=sections,
        speeds={known[series]: quick[series] for series in known if series in quick},
        lossless=tuple(Lossless(known[one.series], one.quality, one.bpp) for one in found[0].lossless),
        about=about,
        notes=(*origin.notes(about), *left_out.notes(wrong, found, known)),
    )


def _ours(known: Sequence[Entry], about: About | None) -> Entry | None:
    """That of the model which the last command measured; else the last one."""
    ours = [entry for entry in known if entry.ours]
    newest = [entry for entry in ours if about is not None and entry.version.endswith(about.machine.model)]
    return next(reversed(newest or ours), None)


def _chosen(rows: Sequence[Row], wanted: Sequence[str]) -> list[Metric]:
    there = [metric for metric in METRICS if any(metric.measured(row) is not None for row in rows)]
    if not there:
        raise UsageError("there is no measurement to report", "run `mzt eval FOLDER -o OUT` first")
    for column in wanted:
        if column not in [metric.column for metric in there]:
            listed = ", ".join(metric.column for metric in there)
            raise UsageError(f"no row has {column}", f"choose from {listed}, or let `mzt eval` measure it")
    return [metric for metric in there if not wanted or metric.column in wanted]


def _section(
    found: Curves,
    known: Mapping[Series, Entry],
    rivals: Mapping[Entry, Published],
    anchor: Entry,
    ours: Entry | None,
) -> Section:
    lines = {entry: found.means[series] for series, entry in known.items() if series in found.means}
    by_image = {entry: found.by_image[series] for series, entry in known.items() if series in found.means}
    judge = next((entry for entry in (anchor, ours) if entry in lines), next(iter(lines)))
    if literature.is_kodak(found.images):
        drawn = {entry: literature.curve(one, found.metric) for entry, one in rivals.items()}
        lines |= {entry: curve for entry, curve in drawn.items() if curve is not None}
    return Section(
        metric=found.metric,
        images=found.images,
        judge=judge,
        lines=lines,
        compared=_compared(lines, found.metric, anchor, ours),
        levels=levels(lines, lines[ours if ours in lines else judge], found.metric.least),
        per_image=per_image(by_image, ours, judge, found.metric),
    )


def _compared(
    lines: Mapping[Entry, Curve], metric: Metric, anchor: Entry, ours: Entry | None
) -> dict[tuple[Entry, Entry], Comparison]:
    """Every measured codec against every other and the anchor; ours against published ones."""
    return {
        (one, other): compare(lines[other], lines[one], metric.unit, metric.least)
        for one in lines
        for other in lines
        if other is anchor or one is ours or not (one.published or other.published)
    }
