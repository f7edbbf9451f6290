# SPDX-License-Identifier: Apache-2.0
"""One job at a time in one output folder: a lock that the system drops when the process ends, however it ends.

Trap: the file stays behind and means nothing by itself; to remove it would let two jobs hold locks on two files of the
same name.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mezzotint.bulk.files import shown
from mezzotint.errors import FileAccess

NAME = ".mezzotint-lock"
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK)


@contextmanager
def only_job(folder: str) -> Iterator[None]:
    """Hold the folder's lock; FileAccess if another process holds it, OSError if the file cannot be made."""
    descriptor = os.open(os.path.join(folder, NAME), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in _TAKEN:
                raise FileAccess(
                    f"another job writes into {shown(folder)}", "wait until it ends, or choose another DST"
                ) from None
            # Some network file systems have no locks: then nobody guards against a second job.
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
