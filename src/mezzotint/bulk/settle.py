# SPDX-License-Identifier: Apache-2.0
"""What workers made, taken into place; and sources taken away.

Of each output, in this order, so that a kill or a power cut between any two lines loses nothing:

    1  a worker writes .mzt-JOB-N.tmp beside the final name, and syncs it
    2  `begin` goes into the journal, with the output's hash; sync
    3  the temporary file is renamed; the folder is synced
    4  `done` goes into the journal; it is synced before 5, and else with the next 2, as `begin` vouches till then
    5  with --delete-source the source goes, if it is still the file that was read and the output has proved itself

What died before 3 is made again; from 3 on the next job finds the output and knows its hash. All answers that are
ready at a time share their syncs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from mezzotint.bulk import files
from mezzotint.bulk.job import Answer, Failed, Made
from mezzotint.bulk.journal import Journal, Record
from mezzotint.bulk.tally import Remark, Tally
from mezzotint.errors import MezzotintError, OutputExists
from mezzotint.one_line import spelled


@dataclass(frozen=True)
class Place:
    """A source and where its output belongs; the names are those in the journal."""

    name: str
    source: str  # path
    target: str
    output: str  # path
    temporary: str | None = None  # None where the output is there already
    replace: bool = False  # whether something may be in its place


@dataclass(frozen=True)
class _Ready:
    place: Place
    made: Made
    record: Record


class Settling:
    """Steps 2 to 5, for one job."""

    def __init__(self, journal: Journal, tally: Tally, root: str, options: str, delete: bool) -> None:
        self._journal, self._tally = journal, tally
        self._root, self._options, self._delete = root, options, delete

    def settle(self, answered: Iterable[tuple[Place, Answer]]) -> None:
        """See to answers; whatever fails at a step is a line in the tally and goes no further."""
        made: list[_Ready] = []
        for place, answer in answered:
            if isinstance(answer, Failed):
                self._fail(place, answer.error)
            else:
                made.append(_Ready(place, answer, self._record(place, answer)))
        there = [each for each in made if each.place.temporary is None]
        new = self._through([[each for each in made if each.place.temporary is not None]], self._begin)
        new = self._through([[each] for each in new], _rename)
        new = self._through(_by_folder(new), _sync)
        for each in self._through([new + there], self._done):
            self._count(each)
            self.retire(each.place, each.record)

    def adopt(self, place: Place, record: Record) -> None:
        """The output of a `begin` is in its place: only `done` is missing."""
        ready = _Ready(place, Made(record.stamp, record.length, record.sha256, 0, (), record.keep), record)
        for each in self._through([self._through([[ready]], _sync)], self._done):
            self._tally.skipped += 1
            self.retire(each.place, each.record)

    def retire(self, place: Place, record: Record) -> None:
        """5: delete a source whose `done` is written, or say why not."""
        if not self._delete or record.keep is None:
            return
        reason = record.keep
        if not reason:
            try:
                reason = self._remove(place.source, record)
            except MezzotintError as error:
                reason = f"it cannot be deleted: {error}"
        if reason:
            self._tally.kept.append(Remark(place.name, reason))

    def _remove(self, source: str, record: Record) -> str:
        with files.explained_write(os.path.dirname(self._journal.path)):
            self._journal.sync()
        with files.explained_read():
            if files.stamp_of(os.stat(source)) != record.stamp:
                return "it changed since it was converted"
            os.unlink(source)
        self._tally.deleted += 1
        return ""

    def _through(self, groups: list[list[_Ready]], step: Callable[[list[_Ready]], None]) -> list[_Ready]:
        """Those that come through a step; where it fails, it fails for a whole group."""
        found = []
        for group in groups:
            try:
                if group:
                    with files.explained_write(os.path.dirname(group[0].place.output)):
                        step(group)
                    found += group
            except MezzotintError as error:
                for each in group:
                    self._fail(each.place, error)
        return found

    def _begin(self, group: list[_Ready]) -> None:
        """2; nothing is renamed that the journal does not know."""
        self._journal.append(each.record for each in group)
        self._journal.sync()

    def _done(self, group: list[_Ready]) -> None:
        """4."""
        self._journal.append(each.record.done() for each in group)

    def _record(self, place: Place, made: Made) -> Record:
        return Record(
            kind="begin",
            source=place.name,
            root=self._root,
            size=made.stamp.size,
            mtime_ns=made.stamp.mtime_ns,
            options=self._options,
            output=place.target,
            length=made.size,
            sha256=made.sha256,
            keep=made.keep,
        )

    def _count(self, each: _Ready) -> None:
        for note in each.made.notes:
            self._tally.losses.append(Remark(each.place.name, note))
        if each.place.temporary is None:  # it was converted by an earlier job, and has now been compared
            self._tally.skipped += 1
            return
        self._tally.converted += 1
        self._tally.pixels += each.made.pixels
        self._tally.bytes_in += each.made.stamp.size
        self._tally.bytes_out += each.made.size

    def _fail(self, place: Place, error: object) -> None:
        self._tally.fail(place.name, error)
        if place.temporary is not None:
            with suppress(OSError):
                os.unlink(place.temporary)


def _rename(group: list[_Ready]) -> None:
    """3, the first half."""
    for each in group:
        place = each.place
        assert place.temporary is not None
        if not place.replace and os.path.lexists(place.output):  # it came into being meanwhile
            raise OutputExists(f"{spelled(place.target)} exists already", "add --force to replace it")
        os.replace(place.temporary, place.output)


def _sync(group: list[_Ready]) -> None:
    """3, the second half."""
    files.sync_folder(os.path.dirname(group[0].place.output))


def _by_folder(ready: list[_Ready]) -> list[list[_Ready]]:
    folders: dict[str, list[_Ready]] = {}
    for each in ready:
        folders.setdefault(os.path.dirname(each.place.output), []).append(each)
    return list(folders.values())
