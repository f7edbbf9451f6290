# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C while training: steps are finished, so that what is saved is whole; a second one stops at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SAID = b"\nstopping soon, with a checkpoint; Ctrl-C again stops at once, without one\n"


@contextmanager
def deferred(loud: bool = True) -> Iterator[Callable[[], bool]]:
    """While the block runs, Ctrl-C only makes the given function true.

    Nothing changes in a thread beside the main one, which hears no signals, nor where Ctrl-C is ignored, as in a job
    in the background.
    """
    pressed = threading.Event()

    def note(number: int, frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        if loud:
            os.write(2, _SAID)  # print may be at work when the signal comes, and is not made for that

    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
        yield pressed.is_set
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
