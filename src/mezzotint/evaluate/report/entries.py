# SPDX-License-Identifier: Apache-2.0
"""What a report has a line of: a measured series or a published curve, with the names that tell it from all others.

A name says no more than it must: settings where a codec has any, a version only where there are two of one codec at the
same settings, as with two of our models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mezzotint.errors import UsageError
from mezzotint.evaluate.codecs import FAMILIES
from mezzotint.evaluate.curves import Series

OURS = "mezzotint"
PUBLISHED = "published"
_PLAIN = "default"  # settings that are not worth a word
_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{4,}\b")


@dataclass(frozen=True)
class Entry:
    id: str  # what --anchor takes: "avif:speed 4, 4:4:4"
    label: str  # "AVIF (speed 4, 4:4:4)"
    short: str  # as short as the other entries allow, for plots: "WebP"
    codec: str  # "avif"; PUBLISHED for a published curve
    settings: str = ""
    version: str = ""
    source: str = ""  # of a published curve: where the numbers stand and how they were made
    note: str = ""  # what to know of it besides

    @property
    def name(self) -> str:
        """For a plot."""
        return f"{self.short}, published" if self.published else self.short

    @property
    def ours(self) -> bool:
        return self.codec == OURS

    @property
    def published(self) -> bool:
        return self.codec == PUBLISHED


def measured(series: Sequence[Series]) -> dict[Series, Entry]:
    """An entry for each series: ours first, then by the order of the families and by name; versions as they come."""
    ranks = [OURS, *FAMILIES]

    def key(one: Series) -> tuple[int, str, str]:
        return ranks.index(one.codec) if one.codec in ranks else len(ranks), one.codec, one.settings

    ordered = sorted(series, key=key)
    return {one: _entry(one, ordered) for one in ordered}


def published(id: str, title: str, source: str, note: str) -> Entry:
    return Entry(f"{PUBLISHED}:{id}", f"{title}, published", title, PUBLISHED, source=source, note=note)


def choose(wanted: str | None, entries: Sequence[Entry]) -> Entry:
    """The entry that a person means: its id, or a codec and a part of its settings or version that only it has.

    JPEG, else the first that is not ours, where nothing is wanted. UsageError where none or several are meant.
    """
    if wanted is None:
        rivals = [entry for entry in entries if not entry.ours and not entry.published]
        return next((entry for entry in rivals if entry.codec == "jpeg"), (rivals or list(entries))[0])
    found = [entry for entry in entries if entry.id.lower() == wanted.lower()]
    if not found:
        codec, _, part = (word.strip().lower() for word in wanted.partition(":"))
        found = [entry for entry in entries if entry.codec.lower() == codec and part in _words(entry)]
    if not found:
        found = [entry for entry in entries if entry.id.lower() == f"{PUBLISHED}:{wanted.lower()}"]
    if len(found) == 1:
        return found[0]
    what = f"there is no {wanted!r} in these rows" if not found else f"{wanted!r} is not one codec"
    raise UsageError(what, "choose one of " + "; ".join(f"'{entry.id}'" for entry in found or entries))


def apart(versions: Sequence[str]) -> list[str]:
    """The words in which versions differ, in the last of their parts that differs; hashes are shortened or left out."""
    parts = [version.split(", ") for version in versions]
    for column in reversed(list(zip(*parts, strict=False))):
        words = [part.split() for part in column]
        start = _shared(words)
        rests = [some[start:] for some in words]
        end = _shared([some[::-1] for some in rests])
        for short in ("", r"\1", r"\g<0>"):
            names = [_HASH.sub(short, " ".join(rest[: len(rest) - end])).strip(" ()") for rest in rests]
            if all(names) and len(set(names)) == len(names):
                return names
    return list(versions)


def _shared(words: Sequence[Sequence[str]]) -> int:
    """How many words all begin with."""
    columns = list(zip(*words, strict=False))
    return next((index for index, column in enumerate(columns) if len(set(column)) > 1), len(columns))


def _entry(series: Series, everyone: Sequence[Series]) -> Entry:
    family = FAMILIES.get(series.codec)
    title = family.title if family else series.codec
    siblings = [other for other in everyone if other.codec == series.codec]
    twins = [other.version for other in siblings if other.settings == series.settings]
    version = apart(twins)[twins.index(series.version)] if len(twins) > 1 else ""
    settings = "" if series.settings == _PLAIN else series.settings
    parts = [other.settings.split(", ") for other in siblings]
    own = [part for part in settings.split(", ") if not all(part in other for other in parts)]
    described = ", ".join(filter(None, (settings, version)))
    return Entry(
        id=f"{series.codec}:{', '.join(filter(None, (series.settings, version)))}",
        label=f"{title} ({described})" if described else title,
        short=" ".join(filter(None, (title, ", ".join(own), version and f"({version})"))),
        codec=series.codec,
        settings=series.settings,
        version=series.version,
    )


def _words(entry: Entry) -> str:
    return f"{entry.settings}, {entry.version}".lower()
