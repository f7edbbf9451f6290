# SPDX-License-Identifier: Apache-2.0
"""Files that are read whole, written for good, and renamed for good, with a line for each thing that can be wrong.

The lines name no file: they stand behind its name in the list of failures.

Trap: after a rename only the folder's own sync makes the new name last; after a sync of the file alone a power cut can
leave the old name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from mezzotint.bulk.job import Stamp
from mezzotint.errors import DamagedFile, FileAccess, LimitExceeded
from mezzotint.one_line import spelled

MAX_SOURCE = 1 << 32  # bytes, as for single files
_CHUNK = 1 << 20
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True)
class Source:
    """A file as it was read."""

    data: bytes
    stamp: Stamp
    mode: int  # permission bits


def read(path: str, length: Callable[[bytes], int | None]) -> Source:
    """A whole regular file; FileAccess if it cannot be read or changes meanwhile, LimitExceeded over 4 GiB.

    `length` sees the first MiB and says how many bytes there should be, or None: DamagedFile where there are more.
    """
    # Without O_NONBLOCK a pipe that has come to stand there would hold the worker for ever.
    with explained_read(), open(os.open(path, _READ), "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise FileAccess("it is no regular file", "leave it out with --exclude")
        if before.st_size > MAX_SOURCE:
            raise LimitExceeded(f"it is larger than {MAX_SOURCE >> 30} GiB", "leave it out with --exclude")
        if (right := length(file.read(_CHUNK))) is not None and before.st_size > right:
            raise DamagedFile(f"the file should have {right} bytes and has {before.st_size}")
        file.seek(0)
        data = file.read(before.st_size + 1)  # Python asks the system for as many bytes as are named here
        after = os.fstat(file.fileno())
    if len(data) != after.st_size or stamp_of(before) != stamp_of(after):
        raise FileAccess("it changed while it was read", "run the same command again when it is complete")
    return Source(data, stamp_of(after), stat.S_IMODE(after.st_mode))


def stamp_of(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns)


def write(path: str, data: bytes, mode: int) -> None:
    """Make a new file that outlives a power cut; who could not read the source cannot read the output either."""
    with open(os.open(path, _WRITE, mode & 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_back(path: str) -> bytes:
    """What the disk holds of a synced file, as far as the system lets us ask past its cache."""
    with open(path, "rb") as file:
        if hasattr(os, "posix_fadvise"):
            with suppress(OSError):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read()


def sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def make_folder(path: str) -> None:
    """A folder and those above it, each synced into the one above."""
    if os.path.isdir(path):
        return
    above = os.path.dirname(path)
    if above:
        make_folder(above)
    with suppress(FileExistsError):
        os.mkdir(path)
        sync_folder(above or ".")
    if not os.path.isdir(path):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)


def sync_folder(path: str) -> None:
    if os.name != "posix":
        return  # Windows opens no folders; its renames are journalled
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as reason:
        if reason.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems sync no folders
            raise
    finally:
        os.close(descriptor)


@contextmanager
def explained_read() -> Iterator[None]:
    try:
        yield
    except OSError as reason:
        raise _read_error(reason) from None


@contextmanager
def explained_write(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as reason:
        raise _write_error(folder, reason) from None


def _read_error(reason: OSError) -> FileAccess:
    if isinstance(reason, FileNotFoundError):
        return FileAccess("it does not exist any more", "run the same command again if it has moved")
    if isinstance(reason, IsADirectoryError):
        return FileAccess("it is a folder", "leave it out with --exclude")
    if isinstance(reason, PermissionError):
        return FileAccess("it may not be read", "check the permissions of the file and of its folder")
    if reason.errno == errno.ELOOP:
        return FileAccess("it is a link that leads to itself", "remove it, or leave it out with --exclude")
    return FileAccess(f"it cannot be read: {reason.strerror or reason}", "check the disk")


def _write_error(folder: str, reason: OSError) -> FileAccess:
    folder = spelled(folder)
    if reason.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return FileAccess(f"no space is left in {folder}", "free some and run the same command again")
    if reason.errno == errno.ENAMETOOLONG:
        return FileAccess("the name of its output is too long", "give it a shorter name")
    if isinstance(reason, NotADirectoryError):
        return FileAccess(f"{folder} is not a folder", "move what stands there, or choose another DST")
    if isinstance(reason, IsADirectoryError):
        return FileAccess("a folder stands in the place of its output", "move it, or choose another DST")
    if isinstance(reason, FileNotFoundError):
        return FileAccess(f"{folder} was removed meanwhile", "run the same command again")
    if isinstance(reason, PermissionError) or reason.errno == errno.EROFS:
        return FileAccess(f"{folder} may not be written to", "check its permissions, or choose another DST")
    return FileAccess(f"its output cannot be written: {reason.strerror or reason}", "check the disk of DST")
