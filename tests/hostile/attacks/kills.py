# SPDX-License-Identifier: Apache-2.0
"""Row 19: `mzt batch` is killed (SIGKILL) at random moments and started again, until a job of 2,000 pictures is done.

Every second time the whole group of processes dies at once, else the parent alone; one time in four before the first
new file is there. In the end no picture may be lost, cut, left under a temporary name or done twice, and the tree must
be that of a run that nobody disturbed. Tried are the kills and the pictures.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PIL import Image

import mezzotint
from attacks.files import model, photo
from attacks.trial import Outcome, nothing
from mezzotint import bundle
from mezzotint.errors import MezzotintError

WHOLE = 20  # kills
PICTURES = 100  # for each kill
JOURNAL = ".mezzotint-journal.jsonl"


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """`count` kills in a job of 100 times as many pictures."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = PICTURES * count
        _fill(folder / "photos", pictures)
        bundle.save(folder / "tiny.mztm", model())
        faults, slowest = [], 0.0
        for kill in range(count):
            _killed(folder, dice, kill)
            faults += _partial(folder / "out")
            tick()
        start = time.perf_counter()
        faults += _finished(folder, "out", pictures)
        slowest = time.perf_counter() - start
        faults += _twice(folder / "out", pictures)
        faults += _finished(folder, "undisturbed", pictures)
        if _tree(folder / "out") != _tree(folder / "undisturbed"):
            faults.append("the tree differs from that of an undisturbed run")
    return Outcome(count + pictures, 0, len(faults), slowest, None, 0.0, tuple(faults[:5]))


def _fill(folder: Path, count: int) -> None:
    for index in range(count):
        path = folder / f"{index % 20:02}" / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        row, column = divmod(index, 60)
        Image.fromarray(photo()[4 * row :][:24, column : column + 32]).save(path, compress_level=0)


def _batch(folder: Path, output: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "mezzotint",
        "batch",
        "photos",
        output,
        "--model",
        "tiny.mztm",
        "--jobs",
        "2",
    ]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _killed(folder: Path, dice: random.Random, kill: int) -> None:
    """Start the job, and kill it when it has made some pictures more, or nearly none."""
    before, more = len(_outputs(folder / "out")), 0 if kill % 4 == 3 else dice.randrange(5, 130)
    with _batch(folder, "out") as run:
        end = time.monotonic() + 120
        while len(_outputs(folder / "out")) < before + more and run.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.1 if more else 1.5))
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL) if kill % 2 else run.kill()
        run.communicate()


def _finished(folder: Path, output: str, count: int) -> list[str]:
    with _batch(folder, output) as run:
        told = run.communicate(timeout=900)[1]
    there = len(_outputs(folder / output))
    if f": {count:,} files, 0 failed, " not in told or there != count:
        return [f"{output}: {there} of {count} pictures; {told[-300:]}"]
    return []


def _partial(output: Path) -> list[str]:
    """Files under a final name that do not decode; the newest 50, since older ones were looked at before."""
    faults = []
    for path in sorted(_outputs(output), key=lambda path: path.stat().st_mtime_ns)[-50:]:
        try:
            mezzotint.decode(path.read_bytes(), model=model(), threads=1)
        except MezzotintError as error:
            faults.append(f"{path.name}: {error}")
    return faults


def _twice(output: Path, count: int) -> list[str]:
    records = map(json.loads, (output / JOURNAL).read_text("utf-8").splitlines())
    done = Counter(record["done"] for record in records if "done" in record)
    faults = [f"{name} was done {times} times" for name, times in done.items() if times != 1]
    if len(done) != count:
        faults.append(f"the journal has {len(done)} of {count} pictures")
    return faults + [f"{path.name} was left behind" for path in output.rglob(".mzt-*")]


def _outputs(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.mzt") if not path.name.startswith(".")]


def _tree(folder: Path) -> str:
    """SHA-256 over names and contents."""
    digest = hashlib.sha256()
    for path in sorted(_outputs(folder)):
        digest.update(
            str(path.relative_to(folder)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest()
        )
    return digest.hexdigest()
