# SPDX-License-Identifier: Apache-2.0
"""Row 22: a thousand images in 8 threads and in 8 processes at once come out bit for bit as one after another.

    threads, fork, spawn      8 workers of 1,000 images each, there and back: 24,000
    forkserver, bare          8 of 125, by multiprocessing's server and by `os.fork` alone: 2,000
    aio, pillow               1,000 through mezzotint.aio, and through Image.open in 8 threads: 2,000

Each way runs in a process of its own (child.py), which has used onnxruntime and numpy in threads before it
forks. One that says nothing for `SILENT` seconds hangs: it is killed, and every image that is missing is wrong.

Trap: what is compared with is made here, one image after another, on this machine: floats may differ on another.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from attacks.bits import part
from attacks.concurrency import work
from attacks.trial import Outcome, nothing

CHILD = Path(__file__).with_name("child.py")
SILENT = 240.0  # seconds; the machine may be busy
WORKERS = 8
WAYS = {
    "threads": 1000,
    "fork": 1000,
    "spawn": 1000,
    "forkserver": 125,
    "bare": 125,
    "aio": 125,
    "pillow": 125,
}
WHOLE = WORKERS * sum(WAYS.values())  # 28,000 images, there and back
FEW = 1000  # fewer than these are coded in threads and forked processes alone: to start others takes seconds
_FORKS = ("fork", "forkserver", "bare")


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """About `count` images, the same share of each way."""
    rng = np.random.default_rng(seed)
    ways = WAYS if count >= FEW else {"threads": 1, "bare": 1}
    share = count / WORKERS / sum(ways.values())
    waits, tried, faults = [0.0], 0, []
    for way, images in ways.items():
        if way in _FORKS and not hasattr(os, "fork"):
            continue
        choice = [number for number in range(work.IMAGES) if way != "pillow" or work.opens(number)]
        numbers = part(choice, max(1, round(images * share)), rng)
        tried += WORKERS * len(numbers)
        found = coded(way, expected(way, numbers), tick, waits)
        faults += [f"{way}: {fault}" for fault in found]
    return Outcome(tried, 0, len(faults), max(waits), None, median(waits), tuple(faults[:5]))


def expected(way: str, numbers: list[int]) -> dict[int, str]:
    """What serial coding gives."""
    function = work.opened if way == "pillow" else work.done
    return {number: _SERIAL.setdefault((function.__name__, number), function(number)) for number in numbers}


_SERIAL: dict[tuple[str, int], str] = {}


def coded(
    way: str, wanted: dict[int, str], tick: Callable[[], object] = nothing, waits: list[float] | None = None
) -> list[str]:
    """What is wrong with each image that is; `waits` gets the seconds between one and the next."""
    faults, due, why = [], Counter(dict.fromkeys(map(str, wanted), WORKERS)), "the process ended early"
    with _child(way, wanted) as lines:
        while True:
            start = perf_counter()
            try:
                line = lines.get(timeout=SILENT)
            except queue.Empty:
                why = f"nothing for {SILENT:.0f} s"
                break
            if line is None:
                break
            if waits is not None:
                waits.append(perf_counter() - start)
            number, _, fault = line.partition(" ")
            if due[number] < 1:
                faults.append(f"the process said {line!r}, which is no answer, or one too many")
                continue
            due[number] -= 1
            if fault:
                faults.append(f"image {number} {fault}")
            tick()
    return faults + [f"an image is missing: {why}"] * due.total()


@contextmanager
def _child(way: str, wanted: dict[int, str]) -> Iterator[queue.Queue[str | None]]:
    """Lines of the child as they come, None at its end; whatever is left of it is killed."""
    lines: queue.Queue[str | None] = queue.Queue()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "wanted.json")
        path.write_text(json.dumps(wanted), "utf-8")
        command = [sys.executable, "-W", "ignore", str(CHILD), way, str(WORKERS), str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        reader = threading.Thread(target=_read, args=(process, lines))
        reader.start()
        try:
            yield lines
        finally:
            if hasattr(os, "killpg"):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
            reader.join()
            if process.stdout is not None:
                process.stdout.close()


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line.strip())
    lines.put(None)
