# SPDX-License-Identifier: Apache-2.0
"""What each output is called: `photo.png` gives `photo.mzt`, and where two would meet, both keep their suffix.

    a.png, a.jpg in one folder   -> a.png.mzt, a.jpg.mzt     (so do A.PNG and a.jpg: some disks know no case)
    back: a.mzt                  -> a.png;  a.png.mzt -> a.png;  a.jpg.mzt -> a.jpg.png with --format png

A name follows from the folder's contents alone, never from what is chosen of them or is done already, and a source
whose output stands in the journal keeps that name. So a job that goes on gives the names of one that never stopped,
and a source that was deleted after its turn still counts.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import pairwise
from types import MappingProxyType

OURS = ".mzt"
Candidates = Callable[[str], tuple[str, ...]]  # a source's name -> names for its output, the best first


def encoded(name: str) -> tuple[str, ...]:
    """Names for the .mzt file of a picture."""
    return os.path.splitext(name)[0] + OURS, name + OURS


def decoded(suffix: str, same: frozenset[str]) -> Candidates:
    """Names for the picture of a .mzt file; `same` are all suffixes of the format that `suffix` asks for."""

    def candidates(name: str) -> tuple[str, ...]:
        inner = os.path.splitext(name)[0]
        fits = os.path.splitext(inner)[1].lower() in same
        return inner if fits else inner + suffix, inner + suffix, name + suffix

    return candidates


class Names:
    """The outputs of one folder's sources.

    Trap: a folder may hold a hundred thousand; only what is out of the ordinary is held.
    """

    def __init__(
        self,
        sources: Iterable[str],
        candidates: Candidates,
        earlier: Collection[str] = (),
        odd: Mapping[str, str] = MappingProxyType({}),
        folds: bool = False,
    ) -> None:
        """`earlier`: sources in the journal, and `odd`: their outputs that are not the first candidate.

        `folds`: the disk of DST takes `a` for `A`.
        """
        self._candidates = candidates
        every = sorted({*sources, *earlier})
        self._level = _levels(every, candidates)
        self._changed: dict[str, str | None] = {}  # where it is not the name of the level
        for name in earlier:
            output = odd.get(name, candidates(name)[0])
            if output in candidates(name) and output != self._of_level(name):
                self._changed[name] = output
        if self._changed or folds:
            self._part(every, set(earlier), fold if folds else str)

    def output(self, name: str) -> str | None:
        """The output of a source; None where every name that it could have is taken."""
        return self._changed[name] if name in self._changed else self._of_level(name)

    def _of_level(self, name: str) -> str:
        return self._candidates(name)[self._level.get(name, 0)]

    def _part(self, every: list[str], earlier: set[str], key: Callable[[str], str]) -> None:
        """Give way to names that earlier jobs gave, and to one another where the disk knows no case."""
        used = {key(self.output(name) or "") for name in earlier}
        for name in every:
            if name not in earlier:
                left = self._candidates(name)[self._level.get(name, 0) :]
                output = next((output for output in left if key(output) not in used), None)
                used.add(key(output or ""))
                if output != self._of_level(name):
                    self._changed[name] = output


def choose(
    sources: Iterable[str], earlier: Mapping[str, str], candidates: Candidates, folds: bool = False
) -> dict[str, str | None]:
    """All outputs at once, for few sources; `earlier`: outputs by source in the journal."""
    sources = list(sources)
    names = Names(sources, candidates, earlier, earlier, folds)
    return {source: names.output(source) for source in sources}


def _levels(names: list[str], candidates: Candidates) -> dict[str, int]:
    """Which candidate each source takes, where that is not the first: all that meet go on to the next."""
    level: dict[str, int] = {}
    while True:
        wishes = sorted(fold(candidates(name)[level.get(name, 0)]) for name in names)
        met = {one for one, other in pairwise(wishes) if one == other}
        moved = []
        for name in names if met else ():
            own = level.get(name, 0)
            if own + 1 < len(candidates(name)) and fold(candidates(name)[own]) in met:
                moved.append(name)
        if not moved:
            return level
        for name in moved:
            level[name] = level.get(name, 0) + 1


def fold(name: str) -> str:
    """What a disk that knows no case takes a name for."""
    return unicodedata.normalize("NFC", name).casefold()
