# SPDX-License-Identifier: Apache-2.0
"""One process that converts, and the end of it that the pool holds.

A worker reads a source and writes a temporary file; it renames and deletes nothing, so that a worker which outlives its
parent by a moment can do no harm. Jobs go down a pipe and answers come back, in their order.

Traps: libraries for matrix products start a thread a core when they are first imported, so the limit has to stand in
the environment before the process starts. Ctrl-C reaches all processes of a terminal and is the parent's affair alone.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Connection

from mezzotint.bulk.job import Answer, Answered, Converter, Failed, Job
from mezzotint.bulk.make import answer
from mezzotint.errors import MezzotintError
from mezzotint.processes import inherited

_PR_SET_PDEATHSIG = 1


class Worker:
    """The pool's end: `give` a job, `take` its answer once `connection` is ready, `stop`."""

    def __init__(self, converter: Converter) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit threads and locks
        self.connection, theirs = context.Pipe()
        self.jobs: deque[Job] = deque()  # done in this order
        self.seconds = 0.0  # that the last job took
        self._since = 0.0
        self._ready = False
        self._process = context.Process(target=_serve, args=(theirs, converter), daemon=True)
        with inherited():
            self._process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def give(self, job: Job) -> None:
        if not self.jobs:
            self._since = time.monotonic()
        self.jobs.append(job)
        with suppress(OSError):  # it is gone, and `take` will say so
            self.connection.send(job)

    def take(self) -> Answered | None:
        """A job and its answer; None if the worker has only got ready. EOFError if the process is gone.

        MezzotintError if it could not get ready: no other would.
        """
        try:
            found: Answer | MezzotintError | None = self.connection.recv()
        except OSError:
            raise EOFError from None
        if isinstance(found, MezzotintError):
            raise found
        now = time.monotonic()
        self.seconds, self._since = now - self._since, now
        if found is not None:
            return self.jobs.popleft(), found
        self._ready = True
        return None

    def bury(self) -> Answered:
        """What became of the job over which the process died; MezzotintError if it never got ready."""
        self._process.join(5)
        code = self._process.exitcode
        how = f"ended with status {code}"
        if code is not None and code < 0:
            with suppress(ValueError):
                how = f"was killed by {signal.Signals(-code).name}"
        self.stop()
        if not self._ready:
            raise MezzotintError(f"a process that converts {how} as it started", "try fewer --jobs")
        remedy = "try it again with fewer --jobs, in case memory ran out"
        return self.jobs.popleft(), Failed(f"the process that converted it {how}; {remedy}")

    def end(self) -> None:
        """Ask the process to end at once, whatever it does."""
        self._process.terminate()

    def stop(self) -> None:
        """See to it that the process has ended."""
        self.end()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self.connection.close()


def _serve(connection: Connection, converter: Converter) -> None:
    _depend_on_parent()
    try:
        converter.open()
    except MezzotintError as error:
        connection.send(error)
        return
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        connection.send(None)
        while True:
            connection.send(answer(connection.recv(), converter))


def _depend_on_parent() -> None:
    """Die with the parent, and before it where memory runs out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Where the system sends no signal: the parent's end is the end of a pipe too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
