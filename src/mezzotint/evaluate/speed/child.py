# SPDX-License-Identifier: Apache-2.0
"""Work in a fresh process on as many processors as threads are asked for; what it finds comes back piece by piece.

Thread counts hold only in a process that has not computed yet: libraries make their threads once.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from mezzotint.errors import MezzotintError
from mezzotint.evaluate.speed.pinned import pinned

Task = TypeVar("Task")
Found = TypeVar("Found")
Tell = Callable[[Found], None]
_GRACE = 5  # seconds that a process has to end by itself


def in_child(work: Callable[[Task, Tell[Found]], None], task: Task, threads: int) -> Iterator[Found]:
    """What `work(task, tell)` tells, as it tells it. `work` is a plain function of a module.

    A MezzotintError in the process is raised here; MezzotintError as well if the process dies.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(work, task, theirs), daemon=True)
    with pinned(threads):
        process.start()
    theirs.close()
    try:
        with closing(ours):
            while True:
                try:
                    message = ours.recv()
                except EOFError:
                    break
                if isinstance(message, MezzotintError):
                    raise message
                yield message
        process.join(_GRACE)
        if process.exitcode:
            raise MezzotintError(
                f"the measuring process ended with status {process.exitcode}",
                "see what it said above; --codecs leaves a codec out",
            )
    finally:
        if process.is_alive():
            process.terminate()
        process.join(_GRACE)


def _work(work: Callable[[Any, Tell[Any]], None], task: Any, connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle, and it ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        work(task, connection.send)
    except MezzotintError as error:
        connection.send(error)
