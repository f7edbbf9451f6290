# SPDX-License-Identifier: Apache-2.0
"""A report as JSON: every number, for machines. Its keys are promised, so they stand here and nowhere else."""

from __future__ import annotations

import json
from typing import Any

from mezzotint.evaluate.about import About
from mezzotint.evaluate.curves import Curve
from mezzotint.evaluate.report.contents import Report, Section
from mezzotint.evaluate.report.difference import Comparison

_DEPTH = 3  # what lies deeper stands in one line


def document(report: Report) -> dict[str, Any]:
    """Codecs are named by what --anchor takes.

    "points" are [quality, bpp, mean, mean in unit]; "bd" of candidate and anchor is [BD-rate in percent, share of the
    anchor's range 0..1, difference of quality in unit, share], or the reason why there is none.
    """
    return {
        "anchor": report.anchor.id,
        "ours": report.ours.id if report.ours else None,
        "images": report.count,
        "kodak": report.kodak,
        "about": _about(report.about) if report.about else None,
        "notes": list(report.notes),
        "codecs": {
            entry.id: {"label": entry.label, "codec": entry.codec}
            | (
                {"source": entry.source, "note": entry.note}
                if entry.published
                else {"settings": entry.settings, "version": entry.version}
            )
            for entry in report.entries
        },
        "sweep_speed": {
            entry.id: {
                "encode_mp_s": _round(speed.encode),
                "decode_mp_s": _round(speed.decode),
                "threads": speed.threads,
            }
            for entry, speed in report.speeds.items()
        },
        "lossless": [
            {"codec": one.entry.id, "quality": one.quality, "bpp": _round(one.bpp)} for one in report.lossless
        ],
        "metrics": {section.metric.column: _section(section) for section in report.sections},
    }


def dump(document: dict[str, Any]) -> str:
    """Text that is compact and still shows in a diff what has changed."""
    return _lines(document, 0) + "\n"


def _about(about: About) -> dict[str, Any]:
    earlier = {"earlier": list(about.earlier)} if about.earlier else {}
    return {**about.machine.as_json(), "set": about.set_name, "jobs": about.jobs, **earlier}


def _section(section: Section) -> dict[str, Any]:
    return {
        "unit": section.metric.unit,
        "images": [image.name for image in section.images],
        "points": {entry.id: _points(curve) for entry, curve in section.lines.items()},
        "bd": {
            candidate.id: {
                anchor.id: _numbers(section.compared[candidate, anchor])
                for anchor in section.lines
                if anchor is not candidate and (candidate, anchor) in section.compared
            }
            for candidate in section.lines
        },
        "bpp_at": {
            f"{level.value:g}": {entry.id: _round(bpp) for entry, bpp in level.bpp.items()}
            for level in section.levels
        },
        "bd_rate_mean_of_images": {
            rival.id: _round(section.mean_of_images(rival)) for rival in section.rivals
        },
        "bd_rate_by_image": {
            one.image.name: {rival.id: _round(rate.value) for rival, rate in one.rates.items()}
            for one in section.per_image
        },
    }


def _points(curve: Curve) -> list[list[float]]:
    return [[p.quality, round(p.bpp, 6), round(p.mean, 6), round(p.value, 5)] for p in curve.points]


def _numbers(comparison: Comparison) -> list[float | None] | str:
    both = comparison.rate, comparison.quality
    if all(difference.value is None for difference in both):
        return comparison.rate.reason
    return [_round(number) for difference in both for number in (difference.value, difference.share)]


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def _lines(value: Any, depth: int) -> str:
    """Lists, and what lies deep, in one line; so does a dict of plain values."""
    if not isinstance(value, dict) or depth > _DEPTH or (depth > 1 and not _holds_more(value)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    inner = (
        f"{' ' * (depth + 1)}{json.dumps(key)}: {_lines(item, depth + 1)}" for key, item in value.items()
    )
    return "{\n" + ",\n".join(inner) + "\n" + " " * depth + "}" if value else "{}"


def _holds_more(value: dict[str, Any]) -> bool:
    return any(isinstance(item, (dict, list)) for item in value.values())
