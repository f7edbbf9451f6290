# SPDX-License-Identifier: Apache-2.0
"""Run a command as a person would, and take its wall time and its peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mib: float


def mzt() -> list[str]:
    """The installed command, or the module where there is none."""
    script = Path(sys.executable).with_name("mzt")
    return [str(script)] if script.exists() else [sys.executable, "-m", "mezzotint"]


def run(command: list[str], threads: int | None = None) -> Cost:
    """Wall time from start to end, and the largest resident set; POSIX only."""

    def pin() -> None:
        if threads and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])

    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=pin)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    scale = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss counts bytes there and KiB elsewhere
    return Cost(seconds, usage.ru_maxrss / scale)
