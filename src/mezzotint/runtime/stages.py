# SPDX-License-Identifier: Apache-2.0
"""Where the time of one encode or decode goes, for whoever asks; `mzt bench` does.

    with clocked() as clock:
        mezzotint.encode(pixels)
    clock.seconds[Stage.ANALYSIS]

Times are exclusive: a stage inside another stops the outer one's clock, so that the seconds add up to the whole.
The clock lives in a context variable: other threads and tasks do not see it, and where there is none a stage costs a
look-up. Trap: a generator may not yield inside a stage, or the stages of its consumer are counted as its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from enum import Enum


class Stage(Enum):
    """The parts of the work, by the names that tables print."""

    PIXELS = "colour and tiles"  # conversion of the picture, padding, cutting and stitching
    ANALYSIS = "analysis"
    HYPER = "hyper and context"  # the small networks, and the integer scale map
    ENTROPY = "entropy"
    SYNTHESIS = "synthesis"
    CONTAINER = "container"  # header, boxes, checksums


class Clock:
    """Exclusive wall seconds of every stage since it was made, and how often one was entered."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(Stage, 0.0)
        self.entries = 0
        self._open: list[Stage] = []
        self._since = 0.0

    @contextmanager
    def enter(self, stage: Stage) -> Iterator[None]:
        self._charge()
        self._open.append(stage)
        self.entries += 1
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def _charge(self) -> None:
        """The time since the last change goes to the innermost stage."""
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


_CLOCK: ContextVar[Clock | None] = ContextVar("mezzotint_stage_clock", default=None)
_NO_CLOCK = nullcontext()


def stage(name: Stage) -> AbstractContextManager[None]:
    """What runs inside counts as this stage, if somebody looks at the clock."""
    clock = _CLOCK.get()
    return _NO_CLOCK if clock is None else clock.enter(name)


@contextmanager
def clocked() -> Iterator[Clock]:
    """A clock that runs for all encoding and decoding inside, on this thread."""
    clock = Clock()
    token = _CLOCK.set(clock)
    try:
        yield clock
    finally:
        _CLOCK.reset(token)
