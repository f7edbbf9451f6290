# SPDX-License-Identifier: Apache-2.0
"""Every codec on every picture over its quality range, in several processes: pictures -> rows.csv and about.json.

A picture is first looked at, for its digest; then every point (codec, settings, quality) that the table lacks for that
digest is measured, picture after picture. Only this process writes.

Trap: what is stopped in any way, from Ctrl-C to a power cut, must go on by the same command. So nothing is remembered
but the rows themselves, and what failed is tried again.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from contextlib import ExitStack, closing
from dataclasses import replace
from multiprocessing.connection import wait

from mezzotint.errors import MezzotintError, UsageError
from mezzotint.evaluate import about, images
from mezzotint.evaluate.about import About
from mezzotint.evaluate.failures import Failure, Note
from mezzotint.evaluate.lock import only_run
from mezzotint.evaluate.machine import Machine
from mezzotint.evaluate.measure import THREADS, Answer, Job, Look, Measure, Seen, Setup
from mezzotint.evaluate.plan import Count, Plan, Progress, Summary, Watcher
from mezzotint.evaluate.table import GOES_ON, Table, explained
from mezzotint.evaluate.worker import Worker

_SAID = 20  # failures; more are only listed


def run(plan: Plan, machine: Machine, watcher: Watcher) -> Summary:
    """Measure what the table in `plan.output` lacks.

    A picture or a codec that fails is said, skipped and listed in the summary and in about.json. Raises FileAccess
    where the output cannot be written or another run writes there, DamagedFile where it holds something else,
    UsageError where it belongs to another set of pictures, MissingExtra where a metric is not installed, and
    MezzotintError on Ctrl-C or where a process is killed; the rows so far are safe then.
    """
    with explained(plan.output), ExitStack() as stack:
        plan.output.mkdir(parents=True, exist_ok=True)
        stack.enter_context(only_run(plan.output))
        before = about.read(plan.output)
        description = _describe(plan, machine, before)
        table = stack.enter_context(closing(Table(plan.output)))
        try:
            sweep = _Sweep(plan, description, table, watcher)
            return sweep.run(described=before is not None and before.finished)
        except KeyboardInterrupt:
            what = f"interrupted with {len(table):,} rows in {table.path}"
            raise MezzotintError(what, GOES_ON) from None


def _describe(plan: Plan, machine: Machine, before: About | None) -> About:
    """What about.json says of this run, with the commands of those that wrote before."""
    earlier: tuple[str, ...] = ()
    if before is not None:
        if before.set_name != plan.set_name:
            raise UsageError(
                f"{plan.output} holds measurements of {before.set_name!r}, not of {plan.set_name!r}",
                "name another folder with -o",
            )
        runs = dict.fromkeys((*before.earlier, _signature(before.machine)))
        earlier = tuple(run for run in runs if run != _signature(machine))
    return About(
        machine=machine,
        set_name=plan.set_name,
        images=len(plan.pictures),
        metrics=" ".join(plan.metrics),
        threads=THREADS,
        jobs=plan.jobs,
        left_out=plan.left_out,
        earlier=earlier,
    )


def _signature(machine: Machine) -> str:
    return f"{machine.command} (commit {machine.commit or 'unknown'})"


class _Sweep:
    """One run: which jobs are left, and what became of the others."""

    def __init__(self, plan: Plan, description: About, table: Table, watcher: Watcher) -> None:
        self._plan, self._about, self._table, self._watcher = plan, description, table, watcher
        self._points = plan.points()
        self._unseen = deque(Look(path, images.name(path, plan.folder)) for path in plan.pictures)
        self._paths = {look.image: look.path for look in self._unseen}
        self._ready: deque[Measure] = deque()  # of at most as many pictures as there are workers
        self._digests: dict[str, str] = {}  # of the pictures that were seen
        self._measured: Counter[str] = Counter()  # rows by codec
        self._kept: Counter[str] = Counter()
        self._unreadable = self._done = 0  # points
        self._failures: dict[Failure, None] = {}  # in their order
        self._notes: list[Note] = []

    def run(self, described: bool) -> Summary:
        """`described`: about.json is that of a finished run, and stays if nothing is added to it."""
        start = time.monotonic()
        if self._points:
            with ExitStack() as stack:
                workers = []
                for _ in range(min(self._plan.jobs, len(self._points) * len(self._paths))):
                    workers.append(Worker(Setup(self._plan.metrics, self._plan.max_pixels)))
                    stack.callback(workers[-1].stop)
                self._work(workers)
        self._table.finish(self._digests)
        summary = self._summary(round(time.monotonic() - start, 3))
        if summary.measured or summary.failures or not described:
            self._write_about(summary)
        return summary

    def _work(self, workers: list[Worker]) -> None:
        """Keep every worker at one job until there are none."""
        idle = list(workers)
        busy: dict[object, Worker] = {}
        while True:
            while idle and (job := self._next()) is not None:
                worker = idle.pop()
                worker.give(job)
                busy[worker.connection] = worker
            self._tell(list(busy.values()))
            if not busy:
                return
            for connection in wait([worker.connection for worker in busy.values()]):
                worker = busy.pop(connection)
                self._accept(worker.job, worker.take())
                idle.append(worker)

    def _next(self) -> Job | None:
        """Points of pictures that were seen go first, so that pictures come one after another."""
        if self._ready:
            return self._ready.popleft()
        return self._unseen.popleft() if self._unseen else None

    def _accept(self, job: Job | None, answer: Answer) -> None:
        self._done += isinstance(job, Measure)
        if isinstance(answer, MezzotintError):
            raise answer
        if isinstance(answer, Failure):
            self._unreadable += len(self._points) * isinstance(job, Look)
            self._fail(answer)
        elif isinstance(answer, Seen):
            self._see(answer)
        else:
            if not self._measured:  # before the first row, so that there is none without it
                about.write(self._plan.output, self._about)
            self._table.add(answer)
            self._measured[answer.codec] += 1

    def _see(self, picture: Seen) -> None:
        """Line up the points of a picture that the table lacks."""
        self._digests[picture.image] = picture.digest
        for note in picture.notes:
            self._notes.append(note)
            self._watcher.say(note.line())
        for codec, quality in self._points:
            key = (codec.id, codec.version, codec.settings, quality, picture.image, picture.digest)
            if self._table.has(key, self._plan.metrics):
                self._kept[codec.id] += 1
            else:
                self._ready.append(Measure(self._paths[picture.image], picture.image, codec, quality))

    def _fail(self, failure: Failure) -> None:
        if failure in self._failures:  # a picture that was taken away fails at every point
            return
        self._failures[failure] = None
        if len(self._failures) <= _SAID:
            self._watcher.say(f"skipped {failure.line()}")
        elif len(self._failures) == _SAID + 1:
            self._watcher.say(f"skipped more, which {self._plan.output / about.NAME} will list")

    def _tell(self, busy: list[Worker]) -> None:
        skipped = self._unreadable + self._kept.total()
        at_work = tuple(worker.job.label() for worker in busy if worker.job is not None)
        self._watcher.progress(Progress(len(self._points) * len(self._paths), skipped, self._done, at_work))

    def _summary(self, seconds: float) -> Summary:
        ids = dict.fromkeys(codec.id for codec in self._plan.codecs)
        return Summary(
            output=str(self._plan.output),
            images=len(self._digests),
            rows=len(self._table),
            measured=self._measured.total(),
            kept=self._kept.total(),
            seconds=seconds,
            codecs=tuple(Count(name, self._measured[name], self._kept[name]) for name in ids),
            left_out=self._plan.left_out,
            failures=tuple(self._failures),
            notes=tuple(self._notes),
        )

    def _write_about(self, summary: Summary) -> None:
        done = replace(
            self._about,
            finished=True,
            rows=summary.rows,
            seconds=summary.seconds,
            failures=summary.failures,
            notes=summary.notes,
        )
        about.write(self._plan.output, done)
