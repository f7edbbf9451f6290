# SPDX-License-Identifier: Apache-2.0
"""How long one encode or decode may take: a clock that the work itself looks at between its steps.

    with within(limits.max_seconds):    LimitExceeded once so much time has passed
        ...
            check()                     between tiles, windows of a network, passes of the lattice, bands of alpha

The time lives in a context variable, as the clock of `stages` does: other threads and tasks do not see it, calls inside
one another keep the one that ends first, and where there is none a check costs a look-up.

Trap: a step at work is not interrupted. The longest one, a window of a network, is what a limit may be overstepped by.
Another trap: a generator may not yield inside `within`, or its consumer is timed too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from mezzotint.bitstream.limits import raised
from mezzotint.errors import LimitExceeded


@dataclass(frozen=True)
class _Deadline:
    ends: float  # on the clock of `time.perf_counter`
    seconds: float  # that were granted


_DEADLINE: ContextVar[_Deadline | None] = ContextVar("mezzotint_deadline", default=None)


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """What runs inside must end in so many seconds; None sets no limit. What ends too late is refused as well."""
    if seconds is None:
        yield
        return
    mine, outer = _Deadline(time.perf_counter() + seconds, seconds), _DEADLINE.get()
    token = _DEADLINE.set(mine if outer is None or mine.ends < outer.ends else outer)
    try:
        yield
        check()
    finally:
        _DEADLINE.reset(token)


def check() -> None:
    """LimitExceeded where the time is over."""
    deadline = _DEADLINE.get()
    if deadline is not None and time.perf_counter() > deadline.ends:
        remedy = "use more threads, or " + raised({"max_seconds": max(1.0, 2 * deadline.seconds)})
        raise LimitExceeded(f"the picture took longer than {deadline.seconds:g} s", remedy)
