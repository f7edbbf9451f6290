# SPDX-License-Identifier: Apache-2.0
"""One process at a time: a lock that the system drops when the process ends, however it ends.

Trap: the file stays behind and means nothing by itself; to remove it would let two processes hold locks on two files
of the same name.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mezzotint.errors import FileAccess

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK)


@contextmanager
def locked(file: str | os.PathLike[str], what: str, remedy: str) -> Iterator[None]:
    """Hold a lock on a file; FileAccess(what, remedy) if another process does, OSError if it cannot be made."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in _TAKEN:
                raise FileAccess(what, remedy) from None
            # Some network file systems have no locks: then nobody guards against a second process.
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
