# SPDX-License-Identifier: Apache-2.0
"""What a forked child must not use of its parent: sessions, and locks of those that were being made.

A fork copies the thread that asks for it and no other. Nobody works for an inherited session in the child: to run it,
or only to drop it, may wait for ever. So a fork waits until no session is being made, and the child leaves what it
inherited alone and makes its own.

Traps: what a global holds is dropped when Python ends, and a child that ends so would hang. So the references of
inherited sessions are counted up for good. And what this cannot help: a fork while another thread codes for the very
first time, as Python's imports have locks of their own, or while it multiplies large matrices with numpy, whose BLAS
then waits for ever in both processes. The codec's own products are too small for BLAS to use threads.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from weakref import WeakSet

_LONGEST = 10.0  # seconds that a fork waits: a handler of signals may fork over what its own thread is making
_idle = Condition()
_makers = 0
_living: WeakSet[object] = WeakSet()
_forgetters: list[Callable[[], object]] = []


@contextmanager
def making() -> Iterator[None]:
    """A session is being made inside; several threads may, and a fork waits for them."""
    global _makers
    with _idle:
        _makers += 1
    try:
        yield
    finally:
        with _idle:
            _makers -= 1
            _idle.notify_all()


def own(session: object) -> None:
    """Of this process alone: a child never drops it."""
    _living.add(session)


def forget(function: Callable[[], object]) -> None:
    """`function` is called in every child, and lets go of the sessions."""
    _forgetters.append(function)


def _wait() -> None:
    _idle.acquire()
    _idle.wait_for(lambda: not _makers, _LONGEST)


def _begin_anew() -> None:
    global _idle, _makers
    _idle, _makers = Condition(), 0
    for session in _living:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session))
    _living.clear()
    for function in _forgetters:
        function()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait, after_in_parent=lambda: _idle.release(), after_in_child=_begin_anew)
