# SPDX-License-Identifier: Apache-2.0
"""Whole commands, as a person runs them: wall time from start to end, and the most memory they held.

POSIX only, like the counter that the system keeps for it; elsewhere `available` is false.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mezzotint.errors import MezzotintError
from mezzotint.evaluate.speed.pinned import pinned

WHY_NOT = "only POSIX systems count what a command costs; measure it there"
_REMEDY = "run that command by hand to see why"
_LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class Cost:
    """Of one run of a command."""

    seconds: float
    peak_bytes: int  # largest resident set


def available() -> bool:
    """Whether this system counts what a command costs."""
    return hasattr(os, "posix_spawn") and hasattr(os, "wait4")


def mzt() -> list[str]:
    """The installed command, or the module where there is none."""
    script = Path(sys.executable).with_name("mzt")
    return [str(script)] if script.exists() else [sys.executable, "-m", "mezzotint"]


def run(command: Sequence[str], threads: int) -> Cost:
    """One run, on as many processors as threads; MezzotintError with the command's own words if it fails."""
    launch = [sys.executable, "-I", "-S", str(_LAUNCHER), *command]
    with pinned(threads):
        child = subprocess.Popen(
            launch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    try:
        out, err = child.communicate()
    except BaseException:  # Ctrl-C: the command below it ends by the same signal
        child.kill()
        child.wait()
        raise
    if child.returncode:
        raise MezzotintError(f"{command[0]} cannot be started: {_last(err)}", _REMEDY)
    status, seconds, peak = out.split()
    if status != "0":
        raise MezzotintError(
            f"{' '.join([Path(command[0]).name, *command[1:2]])} failed: {_last(err)}", _REMEDY
        )
    return Cost(float(seconds), int(peak))


def coding(side: str, folder: Path, quality: float, model: str | None, threads: int) -> list[str]:
    """`mzt encode` of photo.png in a folder to photo.mzt, or `mzt decode` of that to back.png."""
    files, options = ("photo.mzt", "back.png"), [f"--threads={threads}", "--force", "--quiet"]
    if side == "encode":
        files, options = ("photo.png", "photo.mzt"), [*options, f"--quality={quality}"]
    options += [f"--model={model}"] if model else []
    return [*mzt(), side, *(str(folder / name) for name in files), *options]


def at_hand(program: str) -> bool:
    return shutil.which(program) is not None


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
