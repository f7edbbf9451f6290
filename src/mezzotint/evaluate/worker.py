# SPDX-License-Identifier: Apache-2.0
"""A process that measures, and the end of it that the sweep holds.

One job at a time goes down a pipe and one answer comes back, so nothing piles up anywhere, and when a process is killed
it is known over which job.

Traps: libraries for matrix products start a thread a core when they are first imported, so the limit has to stand in
the environment before the process starts. And a worker must not outlive the sweep: Ctrl-C is the sweep's affair alone,
and where the sweep is killed, a thread of the worker notices.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from mezzotint.errors import MezzotintError
from mezzotint.evaluate.measure import Answer, Job, Measurer, Setup
from mezzotint.processes import inherited


class Worker:
    """The sweep's end: `give` a job, `take` its answer once `connection` is ready, `stop`."""

    def __init__(self, setup: Setup) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit threads and locks
        self.connection, theirs = context.Pipe()
        self.job: Job | None = None
        self._process = context.Process(target=_serve, args=(theirs, setup), daemon=True)
        with inherited():
            self._process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def give(self, job: Job) -> None:
        """MezzotintError if the process is gone."""
        self.job = job
        try:
            self.connection.send(job)
        except OSError:
            raise self._lost() from None

    def take(self) -> Answer:
        """MezzotintError if the process ended over the job."""
        try:
            answer: Answer = self.connection.recv()
        except (EOFError, OSError):
            raise self._lost() from None
        self.job = None
        return answer

    def stop(self) -> None:
        """End the process at once, whatever it does."""
        self._process.terminate()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self.connection.close()

    def _lost(self) -> MezzotintError:
        self._process.join(5)
        code = self._process.exitcode
        how = f"ended with status {code}"
        if code is not None and code < 0:
            with suppress(ValueError):
                how = f"was killed by {signal.Signals(-code).name}"
        over = f" over {self.job.label()}" if self.job else ""
        remedy = "the same command goes on, with fewer --jobs if memory ran out"
        return MezzotintError(f"a process that measures {how}{over}", remedy)


def _serve(connection: Connection, setup: Setup) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    measurer = Measurer(setup)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            connection.send(measurer.answer(connection.recv()))


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
