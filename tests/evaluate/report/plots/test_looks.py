# SPDX-License-Identifier: Apache-2.0
"""Which curves a plot shows, and what they look like."""

from __future__ import annotations

from types import ModuleType

from mezzotint.evaluate.report import Report, assemble
from mezzotint.evaluate.report.plots.drawn import PUBLISHED, drawn
from mezzotint.evaluate.report.plots.looks import looks


def test_ours_the_anchor_and_the_ends_of_each_family(fake: ModuleType) -> None:
    rows = [
        *fake.usual(),
        *fake.sweep("avif", 0.65, settings="middle"),
        *fake.sweep("jpeg", 1.2, settings="worse"),
        *fake.sweep("jpeg", 0.9, settings="better"),
        *fake.sweep("mezzotint", version="mezzotint 0.1.0, model two 1123456789abcdef"),
    ]
    report = assemble(rows, "jpeg:optimize, 4:2:0")
    names = [entry.short for entry in drawn(report, report.sections[0])]
    assert sorted(names[:2]) == ["Mezzotint (one)", "Mezzotint (two)"]
    rivals = [
        "JPEG better",
        "JPEG optimize, 4:2:0",
        "JPEG worse",
        "WebP",
        "AVIF speed 4, 4:4:4",
        "AVIF speed 6, 4:2:0",
    ]
    assert names[2:] == rivals


def test_a_few_published_curves(kodak: Report) -> None:
    names = [entry.id.partition(":")[2] for entry in drawn(kodak, kodak.sections[0]) if entry.published]
    assert sorted(names) == sorted(PUBLISHED)


def test_no_two_look_alike(kodak: Report) -> None:
    found = looks(drawn(kodak, kodak.sections[0]), kodak.entries)
    assert len({(look.colour, look.marker, look.dashes) for look in found.values()}) == len(found)
    ours = found[kodak.entries[0]]
    assert all(look.width < ours.width for entry, look in found.items() if not entry.ours)
    for entry, look in found.items():
        assert bool(look.dashes) == entry.published
        assert not entry.published or look.width < 1.2


def test_codecs_that_nobody_knows_have_a_look(fake: ModuleType) -> None:
    rows = [row for number in range(6) for row in fake.sweep(f"new-{number}", 0.5 + number / 10)]
    report = assemble(rows)
    found = looks(report.entries, report.entries)
    assert len({look.colour for look in found.values()}) >= 4
