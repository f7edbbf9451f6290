# SPDX-License-Identifier: Apache-2.0
"""The recipe of docs/security.md for files of strangers: each is decoded in a process that may take so much, no more.

Whatever becomes of that process, the caller gets a picture or one exception with one line.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys


class Refused(Exception):
    """One line: why there is no picture."""


def decoded_apart(data: bytes, memory: int = 2 << 30, seconds: int = 20) -> bytes:
    """The PNG of a .mzt file, made in a process of so many bytes of address space and seconds of a processor."""
    limits = ["prlimit", f"--as={memory}", f"--cpu={seconds}", "--core=0", "--nofile=64"]
    command = [sys.executable, "-m", "mezzotint", "decode", "-", "-", "--threads=1", "--max-pixels=50000000"]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}  # each more takes address space
    try:
        done = subprocess.run(
            [*limits, *command, "--quiet"],
            input=data,
            capture_output=True,
            timeout=3 * seconds,
            env=one_thread,
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"it took longer than {3 * seconds} s") from None
    if done.returncode < 0:
        raise Refused(f"its decoder was killed by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise Refused(done.stderr.decode(errors="replace").strip() or "its decoder failed")
    return done.stdout
