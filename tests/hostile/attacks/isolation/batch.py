# SPDX-License-Identifier: Apache-2.0
"""Row 26 in a job of many files: `mzt batch` whose workers lack memory or time, or are killed.

What failed is listed, everything else is there and complete, and the status is 1. The same command without the limit
then gives what a job that nothing befell gives, and leaves no temporary file.
"""

from __future__ import annotations

import hashlib
import signal
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from attacks.files import photo
from attacks.isolation import confined
from attacks.isolation.confined import MB, MZT, Ended, Killer, require

SMALL = tuple("abcd")
LARGE = "e"  # takes six seconds, on a fast machine still more than SECONDS, and 100 MB more than the others
SECONDS = 2  # of a processor: more than a worker needs to start, less than for the large one
DEATHS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL)


def ended_well(how: str, number: int) -> bool:
    """Whether files failed; Fault where anything is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "out")
        first = _befallen(how, number, target)
        failed = hold(first, digests(target))
        again = confined.run(_command(target))
        require(again.status == 0, f"the next run: status {again.status}: {again.err[-300:]}")
        require(digests(target) == wanted(), "the next run gave another tree")
        left = [path.name for path in target.iterdir() if path.name.startswith(".mzt")]
        require(not left, f"it left {left}")
    return failed


def hold(end: Ended, found: dict[str, str]) -> bool:
    """Whether files failed; Fault for one that is incomplete, or missing and not told of, or a wrong status."""
    every = wanted()
    require(found.items() <= every.items(), f"{sorted(found)} are not all as they should be")
    missing = sorted(every.keys() - found.keys())
    require(end.status == bool(missing), f"status {end.status}, missing {missing}: {end.err[-500:]}")
    require("Traceback" not in end.err, f"a traceback: {end.err[-500:]}")
    stopped = (
        ".png" not in end.err and len(end.err.splitlines()) == 1
    )  # one line that is about no file ends the job
    untold = [name for name in missing if f"{Path(name).stem}.png" not in end.err]
    require(not untold or stopped, f"nothing is said of {untold}: {end.err[-500:]}")
    return bool(missing)


def _befallen(how: str, number: int, target: Path) -> Ended:
    if how == "memory":
        return confined.run(_command(target), memory=(230 + 10 * number) * MB)
    if how == "time":
        return confined.run(_command(target), seconds=SECONDS)
    with confined.started(_command(target)) as process:
        killer = Killer(process.pid, "spawn_main", 0.25 * number, DEATHS[number % len(DEATHS)])
        end = confined.ended(process)
        killer.join()
    require(killer.killed, "there was nobody to kill")
    return end


def _command(target: Path) -> list[str]:
    return [*MZT, "batch", str(_sources()), str(target), "--lossless", "--jobs=1"]


def digests(target: Path) -> dict[str, str]:
    """name -> SHA-256 of what stands under its final name."""
    if not target.exists():
        return {}
    found = sorted(path for path in target.iterdir() if not path.name.startswith("."))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@cache
def wanted() -> dict[str, str]:
    """What a job that nothing befalls gives."""
    with tempfile.TemporaryDirectory() as folder:
        end = confined.run(_command(Path(folder, "out")))
        require(end.status == 0, f"without limits: status {end.status}: {end.err[-300:]}")
        return digests(Path(folder, "out"))


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """A folder that is removed when Python ends."""
    return tempfile.TemporaryDirectory()


@cache
def _sources() -> Path:
    folder = Path(_kept().name)
    for name in SMALL:
        Image.fromarray(photo()[: 60 + ord(name), :100]).save(folder / f"{name}.png")
    large = np.tile(photo(), (10, 7, 1))
    large ^= np.random.default_rng(6).integers(0, 4, large.shape, np.uint8)
    Image.fromarray(large).save(folder / f"{LARGE}.png")
    return folder
