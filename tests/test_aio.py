# SPDX-License-Identifier: Apache-2.0
"""`mezzotint.aio`: results as without it, a bounded number of threads, cancelling, and a fork in between."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image

import mezzotint
import mezzotint.aio
from mezzotint.errors import BadImage, NotMezzotint
from mezzotint.runtime.backends.onnxruntime_backend import cores
from mezzotint.runtime.stages import Stage, clocked


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("mezzotint-aio")]


def test_the_same_as_without_it(photo, tiny_model):
    async def both() -> tuple[bytes, np.ndarray, Image.Image]:
        coded = await mezzotint.aio.encode(photo, 60, model=tiny_model)
        pixels = await mezzotint.aio.decode(coded, model=tiny_model)
        return coded, pixels, await mezzotint.aio.decode(coded, as_="pillow", model=tiny_model)

    coded, pixels, image = asyncio.run(both())
    assert coded == mezzotint.encode(photo, 60, model=tiny_model)
    assert np.array_equal(pixels, mezzotint.decode(coded, model=tiny_model))
    assert np.array_equal(np.asarray(image), pixels)


def test_a_hundred_calls_start_as_many_threads_as_there_are_cores(photo, tiny_model):
    async def many() -> list[bytes]:
        calls = (mezzotint.aio.encode(photo[:64, :64], 50, model=tiny_model, threads=1) for _ in range(100))
        return await asyncio.gather(*calls)

    assert len(set(asyncio.run(many()))) == 1
    assert 1 <= len(workers()) <= cores()


def test_the_event_loop_goes_on(photo):
    """Other tasks have their turn while a picture is coded."""

    async def watched() -> int:
        call = asyncio.create_task(mezzotint.aio.encode(photo, lossless=True))
        turns = 0
        while not call.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert asyncio.run(watched()) > 10


def test_errors_come_where_they_are_awaited():
    async def wrong() -> None:
        with pytest.raises(BadImage):
            await mezzotint.aio.encode(np.zeros((4, 4)))
        with pytest.raises(NotMezzotint):
            await mezzotint.aio.decode(b"nonsense")

    asyncio.run(wrong())


def test_what_is_cancelled_while_it_waits_is_never_begun():
    begun, release = [], threading.Event()

    def slow(number: int) -> int:
        begun.append(number)
        release.wait(30)
        return number

    call = mezzotint.aio._in_thread(slow)

    async def run() -> list[object]:
        tasks = [asyncio.create_task(call(number)) for number in range(cores() + 5)]
        while len(begun) < cores():
            await asyncio.sleep(0.001)
        for task in tasks[1:]:  # those at work and those that wait
            task.cancel()
        await asyncio.wait(tasks[1:])
        release.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return [*found, await call(99)]  # the workers are as good as before

    found = asyncio.run(run())
    assert (found[0], found[-1]) == (0, 99)
    assert all(isinstance(one, asyncio.CancelledError) for one in found[1:-1])
    assert sorted(begun) == [*range(cores()), 99]


def test_a_time_limit(photo):
    """Whoever waited for the worker, which goes on until its own limit, would get that one's error instead."""
    limits = mezzotint.Limits(max_seconds=1)  # so that it is not at work beside the tests that follow

    async def run() -> None:
        start = time.monotonic()
        coding = mezzotint.aio.encode(np.tile(photo, (6, 6, 1)), lossless=True, limits=limits)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(coding, 0.01)
        assert time.monotonic() - start < 5

    asyncio.run(run())


def test_a_clock_counts_its_own_thread_alone(photo, tiny_model):
    async def run() -> None:
        await asyncio.gather(*(mezzotint.aio.encode(photo, model=tiny_model) for _ in range(4)))

    with clocked() as clock:
        asyncio.run(run())
    assert clock.seconds[Stage.ENTROPY] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX processes")
def test_a_child_has_workers_of_its_own():
    script = (
        "import asyncio, os, numpy as np, mezzotint.aio as aio\n"
        "picture = np.arange(64, dtype=np.uint8).reshape(8, 8)\n"
        "code = lambda: asyncio.run(aio.encode(picture, lossless=True))\n"
        "whole = code()\n"
        "child = os.fork()\n"
        "if not child: os._exit(code() != whole)\n"
        "print(os.waitpid(child, 0)[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "0"


@pytest.mark.parametrize("name", ["encode", "decode"])
def test_it_looks_like_what_it_wraps(name):
    wrapped, original = getattr(mezzotint.aio, name), getattr(mezzotint, name)
    assert inspect.iscoroutinefunction(wrapped)
    assert inspect.signature(wrapped) == inspect.signature(original)
    assert wrapped.__doc__ == original.__doc__
