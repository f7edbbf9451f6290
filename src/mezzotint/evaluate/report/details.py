# SPDX-License-Identifier: Apache-2.0
"""The tables of a report that go into detail: points of curves, rates at equal quality, sources."""

from __future__ import annotations

from mezzotint.evaluate.curves import Metric, Point
from mezzotint.evaluate.report.contents import Report, Section
from mezzotint.evaluate.report.grids import DASH, Grid, Line
from mezzotint.evaluate.report.tables import ranked


def points(report: Report, section: Section) -> Grid:
    """Every point of every measured curve."""
    metric = section.metric
    lines = [
        Line((entry.label, f"{point.quality:g}", f"{point.bpp:.4f}", *_values(metric, point)), entry.ours)
        for entry, curve in section.lines.items()
        if not entry.published
        for point in curve.points
    ]
    values = (metric.title, f"in {metric.unit}") if metric.decibels else (f"{metric.title}, {metric.unit}",)
    header = ("codec", "quality", "bits per pixel", *values)
    return Grid(f"Points of the curves for {metric.title}", header, tuple(lines))


def equal_quality(report: Report, section: Section) -> Grid:
    """Bits per pixel at round values of the metric."""
    lines = [
        Line((entry.label, *(_bpp(level.bpp.get(entry)) for level in section.levels)), entry.ours)
        for entry in ranked(report, section, tuple(section.lines))
    ]
    unit = section.metric.unit
    header = ("codec", *(f"{level.value:g} {unit}" for level in section.levels))
    return Grid(f"Bits per pixel at equal {section.metric.title}", header, tuple(lines))


def lossless(report: Report) -> Grid:
    """The codecs that give pictures back as they were."""
    lines = [
        Line((one.entry.label, f"{one.quality:g}", f"{one.bpp:.3f}"), one.entry.ours)
        for one in report.lossless
    ]
    return Grid("Without loss", ("codec", "quality", "bits per pixel"), tuple(lines))


def sources(report: Report) -> Grid:
    """Where published curves come from, and what to know of them."""
    lines = [Line((entry.label, entry.source, entry.note)) for entry in report.published]
    header = ("curve", "numbers from", "remarks")
    return Grid("Sources of the published curves", header, tuple(lines), words=frozenset({0, 1, 2}))


def _values(metric: Metric, point: Point) -> tuple[str, ...]:
    return (f"{point.mean:.5f}", f"{point.value:.2f}") if metric.decibels else (f"{point.value:.2f}",)


def _bpp(value: float | None) -> str:
    return DASH if value is None else f"{value:.3f}"
