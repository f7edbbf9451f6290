# SPDX-License-Identifier: Apache-2.0
"""The sweep with real processes: kill it, interrupt it, fill its disk, and go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import MezzotintError
from mezzotint.evaluate import about, images, rows, sweep
from mezzotint.evaluate.machine import Machine
from mezzotint.evaluate.plan import Plan, Progress
from mezzotint.evaluate.rows import Row

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
HERE = Path(__file__).parent
Program = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def folder(tmp_path, photo):
    """Four pictures of 70x80 pixels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(4):
        draw(folder / f"{index}.png", photo[10 * index :])
    return folder


def draw(path: Path, photo: np.ndarray, mark: int = 0) -> None:
    pixels = photo[:70, :80].copy()
    pixels[0, 0] = mark
    Image.fromarray(pixels).save(path)


def table(tmp_path: Path, name: str = "out") -> list[Row]:
    return [replace(row, encode_s=0, decode_s=0) for row in rows.read(tmp_path / name / rows.NAME)]


class Deaf:
    def progress(self, now: Progress) -> None: ...
    def say(self, line: str) -> None: ...


def test_a_killed_worker_stops_the_run(folder, photo, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    fakes = import_module("fake_codecs")
    draw(folder / "2.png", photo, fakes.MARK)
    machine = Machine("mzt", None, "", 2, "", "", (), "")
    codec = fakes.Fake(fault="kill", at=1.0, marked=True)
    plan = Plan(folder, tuple(images.find(folder)), tmp_path / "out", (codec,), metrics=("psnr",), jobs=2)
    with pytest.raises(
        MezzotintError, match=r"killed by SIGKILL over 2.png fake \(plain\) 1; the same command"
    ):
        sweep.run(plan, machine, Deaf())
    written = len(table(tmp_path))
    assert 3 <= written < 12  # how far the other process is by then, nobody knows
    assert multiprocessing.active_children() == []
    summary = sweep.run(replace(plan, codecs=(replace(codec, fault=""),)), machine, Deaf())
    assert (summary.kept, summary.measured) == (written, 12 - written)


PROGRAM = """
import sys
from pathlib import Path
if __name__ == "__main__":
    here, folder, out, journal, seconds = sys.argv[1:6]
    sys.path.insert(0, here)
    from fake_codecs import Fake
    from mezzotint.errors import MezzotintError
    from mezzotint.evaluate import images, machine, sweep
    from mezzotint.evaluate.plan import Plan

    class Watcher:
        def progress(self, now):
            print(now.done, *now.at_work, flush=True)
        def say(self, line):
            print(line, flush=True)

    here = machine.Machine("mzt", None, "", 2, "", "", (), "")
    codecs = tuple(Fake(settings=name, seconds=float(seconds), journal=journal) for name in "abc")
    folder = Path(folder)
    plan = Plan(folder, tuple(images.find(folder)), Path(out), codecs, metrics=("psnr",), jobs=2)
    try:
        sweep.run(plan, here, Watcher())
    except MezzotintError as error:
        sys.exit(str(error))
"""


def hear() -> None:
    """Whoever runs the tests in the background may have closed their ears to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def program(tmp_path, folder):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)

    def start(out: Path, seconds: float = 0.02) -> subprocess.Popen[str]:
        paths = [str(path) for path in (script, HERE, folder, out, tmp_path / "journal")]
        command = [sys.executable, *paths, str(seconds)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=hear,
        )

    return start


def until(run: subprocess.Popen[str], done: int) -> None:
    """Wait until a run has measured so many."""
    assert run.stdout is not None
    for line in run.stdout:
        if line.split()[0].isdigit() and int(line.split()[0]) >= done:
            return


@pytest.mark.slow
def test_five_kills_and_a_table_like_an_unbroken_one(program, tmp_path):
    counts = []
    for _ in range(5):
        with program(tmp_path / "out", 0.1) as run:  # so slow that a late kill still comes before the end
            until(run, 5)
            run.kill()
        counts.append(len(table(tmp_path)))
    assert counts == sorted(set(counts)) and counts[-1] < 36
    with program(tmp_path / "out") as run:
        assert run.communicate(timeout=60)[1] == ""
    killed = table(tmp_path)
    journal = (tmp_path / "journal").read_text().splitlines()
    # only what was at work in the moment of a kill, at most one point a process, is done twice
    assert 36 <= len(journal) <= 36 + 5 * 2
    with program(tmp_path / "unbroken") as run:
        assert run.communicate(timeout=60)[1] == ""
    assert killed == table(tmp_path, "unbroken")


@pytest.mark.slow
def test_ctrl_c_stops_all_processes(program, tmp_path, alive):
    with program(tmp_path / "out") as run:
        until(run, 6)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: all of them hear it
        start = time.monotonic()
        _, err = run.communicate(timeout=30)
    assert time.monotonic() - start < 5
    assert run.returncode == 1
    where = f"{len(table(tmp_path))} rows in {tmp_path / 'out' / rows.NAME}"
    assert err.strip() == f"interrupted with {where}; the same command goes on where this one stopped"
    while alive(-run.pid):
        assert time.monotonic() - start < 10
        time.sleep(0.05)


@pytest.mark.slow
def test_the_lock_of_a_killed_run_is_gone(program, tmp_path):
    with program(tmp_path / "out", 0.5) as first:
        until(first, 3)
        with program(tmp_path / "out", 0) as second:
            assert "another run writes into" in second.communicate(timeout=30)[1]
            assert second.returncode == 1
        first.kill()
    with program(tmp_path / "out", 0) as third:
        assert third.communicate(timeout=60)[1] == ""
    assert len(table(tmp_path)) == 36


@pytest.mark.slow
def test_a_disk_that_is_really_full(tmp_path, folder):
    """A limit on the size of files makes the same error as a full disk."""
    script = tmp_path / "program.py"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
    script.write_text(PROGRAM.replace("    here, folder", f"    {limit}    here, folder"))
    paths = [str(path) for path in (script, HERE, folder, tmp_path / "out", tmp_path / "journal")]
    command = [sys.executable, *paths, "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("no space is left in ") and done.stderr.count("\n") == 1
    written = table(tmp_path)
    assert 5 < len(written) < 36
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".lock", about.NAME, rows.NAME]
