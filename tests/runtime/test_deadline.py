# SPDX-License-Identifier: Apache-2.0
"""Limits on time: who is stopped, where, and that nobody else is."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import mezzotint
import mezzotint.aio
from mezzotint.bitstream import Limits
from mezzotint.bundle import Bundle
from mezzotint.errors import LimitExceeded
from mezzotint.runtime import deadline

HOUR = Limits(max_seconds=3600)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(deadline, "time", clock)
    return clock


def test_the_last_moment_counts_as_in_time(clock: Clock) -> None:
    with deadline.within(2):
        clock.now += 2
        deadline.check()
    said = "longer than 2 s; use more threads, or raise --limit seconds=4"
    with pytest.raises(LimitExceeded, match=said), deadline.within(2):
        clock.now += 2.001
        deadline.check()
    deadline.check()  # outside, nobody is waiting


def test_what_ends_too_late_is_refused_though_nobody_looked(clock: Clock) -> None:
    with pytest.raises(LimitExceeded), deadline.within(2):
        clock.now += 3


def test_another_error_is_not_covered_up(clock: Clock) -> None:
    with pytest.raises(ValueError, match="mine"), deadline.within(2):
        clock.now += 3
        raise ValueError("mine")


@pytest.mark.parametrize(("outer", "inner"), [(2, 10), (10, 2), (2, None)])
def test_the_earlier_of_two_holds_inside(clock: Clock, outer: float, inner: float | None) -> None:
    with (
        pytest.raises(LimitExceeded, match="longer than 2 s"),
        deadline.within(outer),
        deadline.within(inner),
    ):
        clock.now += 3
        deadline.check()


def test_the_outer_one_comes_back(clock: Clock) -> None:
    with deadline.within(10):
        with pytest.raises(LimitExceeded), deadline.within(1):
            clock.now += 2
        deadline.check()


def test_other_threads_and_contexts_do_not_see_it(clock: Clock) -> None:
    seen: list[str] = []

    def look() -> None:
        deadline.check()
        seen.append("in time")

    with pytest.raises(LimitExceeded), deadline.within(1):
        clock.now += 2
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        contextvars.Context().run(look)
    assert seen == ["in time"] * 2


@pytest.fixture(scope="module")
def data(bundle: Bundle, photo: NDArray[np.uint8]) -> bytes:
    return mezzotint.encode(photo, model=bundle, tile_log2=6)


class Counted:
    """A clock that stands until it was looked at so many times, and then is far on."""

    def __init__(self, looks: float) -> None:
        self.left, self.looks = looks, 0

    def perf_counter(self) -> float:
        self.looks += 1
        return 0.0 if self.looks <= self.left else 1e9


WORKS: dict[
    str, int
] = {  # looks at the clock, at least: of 330x200 pixels, 24 tiles of 64x64 in the lossy file
    "decode": 24 * 4,
    "a preview": 24,
    "decode exactly": 100,
    "encode": 24 * 3,
    "encode exactly, with alpha": 100,
    "towards a PSNR": 30,
    "towards a size": 10,
}


@pytest.mark.parametrize("name", WORKS)
def test_all_that_takes_long_looks_at_the_clock(
    name: str, monkeypatch: pytest.MonkeyPatch, bundle: Bundle, photo: NDArray[np.uint8], data: bytes
) -> None:
    exact, alpha = mezzotint.encode(photo, lossless=True), np.dstack([photo, photo[..., :1]])
    options: dict[str, Any] = {"model": bundle, "threads": 1, "limits": HOUR}
    work = {
        "decode": lambda: mezzotint.decode(data, **options),
        "a preview": lambda: mezzotint.decode(data, scale=1 / 8, **options),
        "decode exactly": lambda: mezzotint.decode(exact, limits=HOUR),
        "encode": lambda: mezzotint.encode(photo, tile_log2=6, **options),
        "encode exactly, with alpha": lambda: mezzotint.encode(alpha, lossless=True, limits=HOUR),
        "towards a PSNR": lambda: mezzotint.encode(photo, target_psnr=25, **options),
        "towards a size": lambda: mezzotint.encode(photo, target_bytes=4000, **options),
    }[name]
    monkeypatch.setattr(deadline, "time", counted := Counted(float("inf")))
    work()
    assert counted.looks >= WORKS[name]
    for left in (1, counted.looks // 2, counted.looks - 1):
        monkeypatch.setattr(deadline, "time", stopped := Counted(left))
        with pytest.raises(LimitExceeded, match="longer than"):
            work()
        assert stopped.looks == left + 1  # and not a step farther


def test_an_index_is_read_in_steps(monkeypatch: pytest.MonkeyPatch, data: bytes, bundle: Bundle) -> None:
    """No network is loaded where time runs out before the last chunk."""
    monkeypatch.setattr(deadline, "time", Counted(20))
    monkeypatch.setattr("mezzotint.runtime.latents.OnnxSession", None)
    with pytest.raises(LimitExceeded):
        mezzotint.decode(data, model=bundle, limits=HOUR)


@pytest.mark.slow  # torch
def test_a_search_for_better_integers_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    small, steps = np.zeros((64, 64, 3), np.uint8), []
    monkeypatch.setattr(deadline, "time", clock := Counted(float("inf")))

    def after(done: int, total: int) -> None:
        steps.append(done)
        if done == total // 2:
            clock.left = clock.looks  # time is up now

    with pytest.raises(LimitExceeded):
        mezzotint.encode(small, effort=2, limits=HOUR, progress=after)
    assert steps == [1, 2]


def test_time_on_a_real_clock(photo: NDArray[np.uint8]) -> None:
    """Lossless coding of this takes over a second; a pass of it some milliseconds."""
    large = np.tile(photo, (4, 4, 1))
    start = time.perf_counter()
    with pytest.raises(LimitExceeded, match="longer than 0.05 s"):
        mezzotint.encode(large, lossless=True, limits=Limits(max_seconds=0.05))
    assert time.perf_counter() - start < 1


def test_in_time_nothing_changes(data: bytes, bundle: Bundle) -> None:
    plain = mezzotint.decode(data, model=bundle)
    assert np.array_equal(mezzotint.decode(data, model=bundle, limits=HOUR), plain)


def test_each_call_of_many_has_its_own(data: bytes, bundle: Bundle) -> None:
    """In threads and under asyncio, one that may take no time does not stop its neighbours."""

    def one(seconds: float) -> bool:
        try:
            mezzotint.decode(data, model=bundle, threads=1, limits=Limits(max_seconds=seconds))
        except LimitExceeded:
            return False
        return True

    granted = [3600.0, 0.0] * 8
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, granted)) == [seconds > 0 for seconds in granted]

    async def together() -> list[Any]:
        calls = (
            mezzotint.aio.decode(data, model=bundle, threads=1, limits=Limits(max_seconds=seconds))
            for seconds in granted
        )
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(together())
    assert [isinstance(answer, np.ndarray) for answer in answers] == [seconds > 0 for seconds in granted]
    assert all(isinstance(answer, np.ndarray | LimitExceeded) for answer in answers)
