# SPDX-License-Identifier: Apache-2.0
"""Bytes from and to files, stdin and stdout, with an error for each thing that a file system can do.

An output is written to a temporary file in its own folder and moved into place at the very end: a command that fails
or is interrupted leaves nothing behind, and an existing file stays as it was.
"""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TextIO

from mezzotint.errors import DamagedFile, FileAccess, LimitExceeded, OutputExists, UsageError
from mezzotint.one_line import spelled

MAX_INPUT = 1 << 32  # bytes; 2**28 pixels of 16-bit RGBA and some
_CHUNK = 1 << 20


def read(source: str, check: Callable[[bytes], int | None] | None = None) -> bytes:
    """The bytes of a file or of stdin (`-`); `check` sees the first MiB before the rest is read.

    It says how many bytes there should be, or None: of a file that has far more, no more is read. DamagedFile for it.
    """
    try:
        if source == "-":
            return _drain(_open(sys.stdin, "stdin"), "the input", check)
        with open(source, "rb") as file:
            return _drain(file, source, check)
    except OSError as reason:
        raise _input_error(source, reason) from None


class Output:
    """Where a command writes its result: `write` once, with everything."""

    def __init__(self) -> None:
        self.data: bytes | None = None

    def write(self, data: bytes) -> None:
        self.data = data


@contextmanager
def replacing(target: str, force: bool) -> Iterator[Output]:
    """Check the place of an output first, so that an hour of work is not lost to a full folder, and fill it last."""
    output = Output()
    if target == "-":
        _open(sys.stdout, "stdout")
        if sys.stdout.isatty():
            raise UsageError(
                "the output is a terminal", "redirect stdout to a file, or name one instead of `-`"
            )
        yield output
        _to_stdout(output.data)
        return
    place = Path(target)
    with _explained(target):
        special = place.exists() and not place.is_file() and not place.is_dir()
        if not special:
            place = Path(os.path.realpath(target))  # a link is followed, not replaced
        _check_place(place, target, force or special)
    if special:  # a device or a pipe is written to, never replaced
        yield output
        with _explained(target):
            place.write_bytes(output.data or b"")
        return
    temporary = place.with_name(f".mzt-{secrets.token_hex(6)}")
    try:
        with _explained(target), open(temporary, "xb"):
            pass
        yield output
        with _explained(target):
            _fill(temporary, output.data or b"")
            _check_place(place, target, force)  # it may have come into being meanwhile
            if place.exists():  # what was private stays private
                temporary.chmod(place.stat().st_mode & 0o777)
            os.replace(temporary, place)
    finally:
        with suppress(OSError):
            temporary.unlink()


def _drain(stream: IO[bytes], name: str, check: Callable[[bytes], int | None] | None) -> bytes:
    chunks: list[bytes] = []
    right: int | None = None
    total = 0
    while chunk := stream.read(_CHUNK):
        if check is not None and not chunks:
            right = check(chunk)
        chunks.append(chunk)
        total += len(chunk)
        if right is not None and total > right + _CHUNK:
            raise DamagedFile(f"the file should have {right} bytes and has more")
        if total > MAX_INPUT:
            raise LimitExceeded(
                f"{spelled(name)} is larger than {MAX_INPUT >> 30} GiB", "name a picture file"
            )
    return b"".join(chunks)


def _fill(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _open(stream: TextIO | None, name: str) -> IO[bytes]:
    """The bytes of a standard stream, which whoever started the command may have closed."""
    if stream is None:
        raise FileAccess(f"{name} is closed", "name a file instead of `-`")
    return stream.buffer


def _to_stdout(data: bytes | None) -> None:
    with _explained("stdout"):
        sys.stdout.buffer.write(data or b"")
        sys.stdout.buffer.flush()


def _check_place(place: Path, target: str, force: bool) -> None:
    if place.is_dir():
        raise FileAccess(f"{spelled(target)} is a folder", "name a file in it")
    if not force and os.path.lexists(place):  # a link that leads to itself as well
        raise OutputExists(f"{spelled(target)} exists already", "add --force to replace it")


@contextmanager
def _explained(target: str) -> Iterator[None]:
    try:
        yield
    except OSError as reason:
        raise _output_error(target, reason) from None


def _input_error(source: str, reason: OSError) -> FileAccess:
    source = spelled(source)
    if isinstance(reason, FileNotFoundError):
        return FileAccess(f"{source} does not exist", "check the path")
    if isinstance(reason, IsADirectoryError):
        return FileAccess(f"{source} is a folder", "name a file in it")
    if isinstance(reason, PermissionError):
        return FileAccess(f"{source} may not be read", "check the permissions of the file and of its folder")
    return FileAccess(f"{source} cannot be read: {reason.strerror or reason}", "check the path")


def _output_error(target: str, reason: OSError) -> FileAccess:
    folder, target = spelled(str(Path(target).parent)), spelled(target)
    if reason.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return FileAccess(f"no space is left for {target}", "free some space, or choose another folder")
    if isinstance(reason, FileNotFoundError):
        return FileAccess(f"the folder {folder} does not exist", "make it first, or choose another")
    if isinstance(reason, NotADirectoryError):
        return FileAccess(f"{folder} is not a folder", "choose another")
    if isinstance(reason, PermissionError) or reason.errno == errno.EROFS:
        return FileAccess(f"the folder {folder} may not be written to", "choose another folder")
    return FileAccess(f"{target} cannot be written: {reason.strerror or reason}", "choose another place")
