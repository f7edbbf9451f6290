# SPDX-License-Identifier: Apache-2.0
"""Whole commands: what they take is theirs alone, and what goes wrong is said in their words."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from mezzotint.errors import MezzotintError
from mezzotint.evaluate.speed import commands
from mezzotint.evaluate.speed.pinned import can_pin

pytestmark = pytest.mark.skipif(not commands.available(), reason="POSIX only")
MIB = 2**20


def python(script: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", script]


def test_the_memory_of_the_caller_does_not_count():
    """On Linux a process starts with the peak of the one that made it, unless that one is small."""
    ballast = np.ones(300 * MIB, np.uint8)
    cost = commands.run(python("pass"), 1)
    assert ballast[-1] == 1
    assert MIB < cost.peak_bytes < 60 * MIB


def test_peak_memory_and_time_of_the_command_count():
    idle = commands.run(python("pass"), 1)
    busy = commands.run(python("import time; b = bytearray(b'1' * (200 << 20)); time.sleep(0.3); del b"), 1)
    assert 200 * MIB <= busy.peak_bytes - idle.peak_bytes + 4 * MIB < 500 * MIB
    assert busy.seconds >= 0.3


def test_a_command_that_fails_is_quoted():
    with pytest.raises(MezzotintError, match="python.* failed: not today; run"):
        commands.run(python("import sys; print('a\\nb'); sys.exit('so:\\nnot today')"), 1)
    with pytest.raises(MezzotintError, match="no-such-command cannot be started: FileNotFoundError"):
        commands.run(["no-such-command"], 1)


@pytest.mark.skipif(not can_pin(), reason="the system has no masks of processors")
def test_a_command_runs_on_its_processors():
    script = "import os, sys; sys.exit(len(os.sched_getaffinity(0)) - 1)"
    assert commands.run(python(script), 1).seconds > 0
    if len(os.sched_getaffinity(0)) > 1:
        with pytest.raises(MezzotintError, match="failed"):
            commands.run(python(script), 2)


def test_our_commands_work(tmp_path, photo, tiny_model):
    from PIL import Image

    Image.fromarray(photo).save(tmp_path / "photo.png")
    for side in ("encode", "decode"):
        cost = commands.run(commands.coding(side, tmp_path, 50, str(tiny_model), 1), 1)
        assert cost.seconds > 0
    with Image.open(tmp_path / "back.png") as image:
        assert image.size == photo.shape[1::-1]
