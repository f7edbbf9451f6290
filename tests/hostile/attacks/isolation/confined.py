# SPDX-License-Identifier: Apache-2.0
"""Commands in processes of their own, under limits of the system or killed while they run, and how they ended.

Limits are set by `prlimit`, so this is Linux alone. A process that takes longer than `LONGEST` is a fault: it hangs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

LONGEST = 240.0  # seconds; the machine may be busy
MB = 1 << 20
PYTHON = [sys.executable]
MZT = [sys.executable, "-m", "mezzotint"]


class Fault(Exception):
    """What is wrong with a case."""


@dataclass(frozen=True)
class Ended:
    status: int  # below 0: the signal
    out: bytes
    err: str


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Fault(otherwise)


def run(command: list[str], memory: int | None = None, seconds: int | None = None) -> Ended:
    """One thread for products of matrices, so that what a process needs is the same everywhere."""
    with started(command, memory, seconds) as process:
        return ended(process)


@contextmanager
def started(
    command: list[str], memory: int | None = None, seconds: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    limits = [f"--as={memory}"] * (memory is not None) + [f"--cpu={seconds}"] * (seconds is not None)
    process = subprocess.Popen(
        [*(["prlimit", "--core=0", *limits] if limits else []), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[bytes]) -> Ended:
    try:
        out, err = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise Fault(f"it did not end in {LONGEST:.0f} s") from None
    return Ended(process.returncode, out, err.decode(errors="replace"))


class Killer(threading.Thread):
    """Sends a signal to a child of a process once it has run for so long; `killed` says whether there was one."""

    def __init__(self, parent: int, word: str, delay: float, number: signal.Signals) -> None:
        super().__init__(daemon=True)
        self._parent, self._word, self._delay, self._number = parent, word, delay, number
        self.killed = False
        self.start()

    def run(self) -> None:
        end = perf_counter() + LONGEST
        while perf_counter() < end and not (found := children(self._parent, self._word)):
            sleep(0.01)
        sleep(self._delay)
        for process in found[:1]:
            with suppress(ProcessLookupError):
                os.kill(process, self._number)
                self.killed = True


def children(parent: int, word: str) -> list[int]:
    """Processes whose parent it is, with this word in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if above == parent and word in (folder / "cmdline").read_bytes().decode(errors="replace"):
                found.append(int(folder.name))
    return found
