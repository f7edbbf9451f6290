# SPDX-License-Identifier: Apache-2.0
"""Which files of a folder anything opens, whatever it is written in; Linux alone tells (inotify).

Python's own audit hooks see what Python opens, and nothing of what compiled code does.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ACCESS, _OPEN = 0x1, 0x20
_HEAD = struct.Struct("iIII")


@contextmanager
def watched(folder: Path) -> Iterator[list[str]]:
    """Collects the names of files in the folder, not deeper, that are opened or read inside; read them outside."""
    names: list[str] = []
    if not sys.platform.startswith("linux"):
        yield names
        return
    system = ctypes.CDLL(None, use_errno=True)
    watch = system.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if watch < 0 or system.inotify_add_watch(watch, os.fsencode(folder), _ACCESS | _OPEN) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    try:
        yield names
        names += _names(watch)
    finally:
        os.close(watch)


def _names(watch: int) -> list[str]:
    found: list[str] = []
    while True:
        try:
            events = os.read(watch, 1 << 16)
        except BlockingIOError:
            return found
        while events:
            _, _, _, size = _HEAD.unpack_from(events)
            found.append(os.fsdecode(events[_HEAD.size : _HEAD.size + size].rstrip(b"\0")))
            events = events[_HEAD.size + size :]
