# SPDX-License-Identifier: Apache-2.0
"""Which curves a plot shows: twenty lines are no picture, and the tables have them all.

Ours, the anchor, and of each rival the best and the worst of its settings, so that nobody is beaten by choice of
settings; and a few published curves.
"""

from __future__ import annotations

from mezzotint.evaluate.report.contents import Report, Section
from mezzotint.evaluate.report.entries import Entry
from mezzotint.evaluate.report.tables import ranked

PUBLISHED = ("vtm", "av1-cpu0", "mean-scale", "elic", "mlic++")  # old and new, and well-known each


def drawn(report: Report, section: Section) -> list[Entry]:
    """By the order of the report; in each family the best one first."""
    families: dict[str, list[Entry]] = {}
    for entry in section.lines:
        if not entry.published:
            families.setdefault(entry.codec, []).append(entry)
    chosen: list[Entry] = []
    for family in families.values():
        found = ranked(report, section, family)
        chosen += [e for e in found if e.ours or e in (found[0], found[-1], report.anchor)]
    for entry in section.lines:
        if entry.published and (entry.id.partition(":")[2] in PUBLISHED or entry is report.anchor):
            chosen.append(entry)
    return chosen
