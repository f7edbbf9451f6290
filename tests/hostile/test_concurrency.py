# SPDX-License-Identifier: Apache-2.0
"""Threads and forked processes at once; and that a wrong image, a dead process and a hang would each be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from attacks import concurrency
from attacks.concurrency import work

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@forks
def test_threads_and_forked_processes() -> None:
    outcome = concurrency.attack(64, 1)
    assert (outcome.tried, outcome.wrong, outcome.faults) == (64, 0, ())


@pytest.mark.slow
@pytest.mark.parametrize("way", concurrency.WAYS)
def test_every_way(way: str) -> None:
    if way in ("fork", "forkserver", "bare") and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    numbers = [number for number in (0, 3, 11, 17, 22) if way != "pillow" or work.opens(number)]
    waits: list[float] = []
    assert concurrency.coded(way, concurrency.expected(way, numbers), waits=waits) == []
    assert len(waits) == concurrency.WORKERS * len(numbers)


def test_the_images_are_of_every_kind() -> None:
    jobs = [work.job(number) for number in range(work.IMAGES)]
    assert sum(job.model is None for job in jobs) == 50
    assert {job.threads for job in jobs} == {1, 2}
    assert {job.picture.shape[2:] for job in jobs} == {(), (3,), (4,)}
    assert {job.picture.dtype.name for job in jobs} == {"uint8", "uint16"}
    options = {name for job in jobs for name in job.options}
    assert options == {"quality", "lossless", "max_error", "tile_log2"}


def test_a_wrong_image_is_seen() -> None:
    wanted = {**concurrency.expected("threads", [1]), 2: "another"}
    faults = concurrency.coded("threads", wanted)
    assert len(faults) == concurrency.WORKERS
    assert all(fault.startswith("image 2 gave") for fault in faults)


def test_a_process_that_ends_early_or_hangs_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    early = concurrency.coded("no such way", {1: "one"})
    assert early == ["an image is missing: the process ended early"] * concurrency.WORKERS
    monkeypatch.setattr(concurrency, "SILENT", 0.01)
    silent = concurrency.coded("threads", {1: "one"})
    assert silent == ["an image is missing: nothing for 0 s"] * concurrency.WORKERS


def test_lines_of_threads_stay_apart() -> None:
    """A thread once said its number between another's and the end of its line: "12 gave …", and an empty line."""
    script = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, {str(concurrency.CHILD.parents[2])!r})
from attacks.concurrency import child
sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda number: child.say(number, "one", "one"), range(4000)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert sorted(map(int, done.stdout.splitlines())) == list(range(4000))


@pytest.mark.parametrize("said", ["12", "", "3", "nonsense", "1"])
def test_no_other_line_is_an_answer(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two good images whose lines came together were counted as two good ones: neither of them is."""
    script = tmp_path / "child.py"
    script.write_text(f"for line in ['1'] * {concurrency.WORKERS} + [{said!r}]: print(line)", "utf-8")
    monkeypatch.setattr(concurrency, "CHILD", script)
    faults = concurrency.coded("threads", {1: "one", 2: "two"})
    assert len(faults) == 1 + concurrency.WORKERS
    assert faults[0].startswith(f"the process said {said!r}")
