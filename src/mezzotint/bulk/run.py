# SPDX-License-Identifier: Apache-2.0
"""A whole job: decide about every source in its turn, let workers make what is missing, and settle what they made.

Trap: everything that is held must be small and must not grow with the number of files: the folders below SRC come one
at a time, and of a folder only names are held. Only failures and other remarks pile up.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import Protocol

from mezzotint.bulk import files, local
from mezzotint.bulk.job import Converter, Job
from mezzotint.bulk.journal import NAME, Journal
from mezzotint.bulk.lock import only_job
from mezzotint.bulk.names import Candidates, Names, fold
from mezzotint.bulk.plan import Asked, Decision, Known, Step, decide
from mezzotint.bulk.settle import Place, Settling
from mezzotint.bulk.tally import Progress, Summary, Tally
from mezzotint.bulk.walk import Folder, Tree, folders, join
from mezzotint.errors import MezzotintError, OutputExists
from mezzotint.one_line import spelled

_TEMPORARY = re.compile(r"\.mzt-([0-9a-f]{8})-\d+\.tmp")


@dataclass(frozen=True)
class Order:
    """What is to be done."""

    tree: Tree
    output: str  # DST
    candidates: Candidates  # how outputs are named
    options: str  # a hash of all that shapes an output
    processes: int
    force: bool = False  # replace what is not ours
    delete: bool = False  # sources whose outputs have proved themselves
    dry: bool = False  # only say what would be done


class Watcher(Protocol):
    """Hears of a job as it goes on."""

    counts: bool  # whether `start` is worth a look at all folders first

    def start(self, files: int) -> None: ...
    def progress(self, now: Progress) -> None: ...
    def planned(self, source: str, target: str, step: Step) -> None:
        """Of a dry run: one source, its output, and what would be done."""


def run(order: Order, converter: Converter, watcher: Watcher) -> Summary:
    """Convert what is missing; after any stop the same order goes on.

    A file that fails is a line in the summary. Raises FileAccess if DST cannot be written or another job writes there,
    UnsupportedVersion if a newer release's journal is there, and whatever keeps a worker from starting.
    """
    with ExitStack() as stack:
        if not order.dry:
            with files.explained_write(order.output):
                files.make_folder(order.output)
                stack.enter_context(only_job(order.output))
        with files.explained_write(order.output):
            journal = stack.enter_context(closing(Journal(order.output, writable=not order.dry)))
        job = _Run(order, journal, watcher)
        if watcher.counts:
            watcher.start(sum(len(job.chosen(folder)) for folder in folders(order.tree)))
        if order.dry:
            job.preview()
        else:
            job.work(converter)
        return job.tally.summary()


class _Run:
    def __init__(self, order: Order, journal: Journal, watcher: Watcher) -> None:
        self.tally = Tally()
        self._order, self._journal, self._watcher = order, journal, watcher
        root = os.path.realpath(order.tree.root)
        self._asked = Asked(root, order.options, order.force, order.delete)
        self._settling = Settling(journal, self.tally, root, order.options, order.delete)
        self._number = secrets.token_hex(4)
        self._pending: dict[int, Place] = {}  # jobs at work
        self._folds = False  # the disk of DST takes `a` for `A`
        self._seen: dict[str, str] = {}  # folders, if it does

    def preview(self) -> None:
        """Say what would be done."""
        for place, decision in self._decided():
            self._watcher.planned(place.name, place.target, decision.step)
            if decision.step in (Step.MAKE, Step.REPLACE):
                self.tally.converted += 1
            else:
                self.tally.skipped += 1

    def work(self, converter: Converter) -> None:
        """Do it."""
        with files.explained_write(self._order.output):
            self._journal.start(self._number, {"source": self._asked.root, "options": self._order.options})
            self._folds = os.path.exists(os.path.join(self._order.output, NAME.upper()))
        try:
            with closing(local.answers(self._jobs(), converter, self._order.processes)) as answers:
                for answered in answers:
                    self._settling.settle([(self._pending[job.number], answer) for job, answer in answered])
                    for job, _ in answered:
                        del self._pending[job.number]
                    self._watcher.progress(self.tally.progress())
        finally:
            for place in self._pending.values():
                with suppress(OSError):
                    os.unlink(place.temporary or "")
        with files.explained_write(self._order.output):
            self._journal.sync()
        self._watcher.progress(self.tally.progress())

    def _jobs(self) -> Iterator[Job]:
        """What workers have to do; the rest is done here."""
        number = 0
        for place, decision in self._decided():
            record = decision.record
            if decision.step is Step.ADOPT and record is not None:
                self._settling.adopt(place, record)
            elif decision.step in (Step.SKIP, Step.DELETE) and record is not None:
                self.tally.skipped += 1
                self._settling.retire(place, record)
            else:
                number += 1
                if job := self._job(number, place, decision.step):
                    yield job
                continue
            self._watcher.progress(self.tally.progress())

    def _job(self, number: int, place: Place, step: Step) -> Job | None:
        folder = os.path.dirname(place.output)
        temporary = None
        if step is not Step.CHECK:
            temporary = os.path.join(folder, f".mzt-{self._number}-{number}.tmp")
        place = Place(place.name, place.source, place.target, place.output, temporary, step is Step.REPLACE)
        try:
            with files.explained_write(folder):
                files.make_folder(folder)
        except MezzotintError as error:
            self.tally.fail(place.name, error)
            return None
        self._pending[number] = place
        return Job(number, place.source, temporary, place.output, self._order.delete)

    def _decided(self) -> Iterator[tuple[Place, Decision]]:
        for folder in folders(self._order.tree):
            if error := folder.error or self._merged(folder.path):
                self.tally.fail(folder.path or ".", error)
                continue
            self._sweep(folder.path)
            chosen = self.chosen(folder)
            self.tally.left_alone += folder.left + len(folder.sources) - len(chosen)
            shelf = self._journal.folder(folder.path, self._usual)
            names = Names(folder.sources, self._order.candidates, shelf.last, shelf.odd, self._folds)
            for name in chosen:
                source = join(folder.path, name)
                try:
                    yield self._decide(source, folder.path, names.output(name), shelf.records(name))
                except MezzotintError as error:
                    self.tally.fail(source, error)

    def chosen(self, folder: Folder) -> list[str]:
        return [name for name in folder.sources if self._order.tree.chosen(join(folder.path, name))]

    def _merged(self, folder: str) -> str:
        """Why a folder would meet another one in DST, or ""."""
        if self._folds:
            before = self._seen.setdefault(fold(folder), folder)
            if before != folder:
                return f"the disk of DST does not tell it from {spelled(before)}; rename one"
        return ""

    def _usual(self, name: str) -> str | None:
        tree = self._order.tree
        return self._order.candidates(name)[0] if tree.wanted(name) or name == tree.only else None

    def _decide(self, source: str, folder: str, output: str | None, known: Known) -> tuple[Place, Decision]:
        if output is None:
            raise OutputExists("the outputs of other files have all names that it could get", "rename it")
        target = join(folder, output)
        path = os.path.join(self._order.output, target)
        place = Place(source, os.path.join(self._order.tree.root, source), target, path)
        return place, decide(self._asked, place.source, path, target, known)

    def _sweep(self, folder: str) -> None:
        """Remove temporary files of earlier jobs in this DST, of which none is alive: this one holds the lock."""
        if self._order.dry or not self._journal.jobs:
            return
        with suppress(OSError), os.scandir(os.path.join(self._order.output, folder)) as entries:
            for entry in entries:
                found = _TEMPORARY.fullmatch(entry.name)
                if found and found[1] in self._journal.jobs:
                    os.unlink(entry.path)
