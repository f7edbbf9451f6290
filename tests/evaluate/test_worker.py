# SPDX-License-Identifier: Apache-2.0
"""Processes that measure: what they inherit, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from mezzotint.errors import MezzotintError
from mezzotint.evaluate.failures import Failure
from mezzotint.evaluate.measure import Look, Measure, Seen, Setup
from mezzotint.evaluate.rows import Row
from mezzotint.evaluate.worker import Worker

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return import_module("fake_codecs")


@pytest.fixture
def path(tmp_path, photo):
    Image.fromarray(photo[:80, :90]).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.fixture
def worker(fakes: ModuleType) -> Iterator[Worker]:
    worker = Worker(Setup(("psnr",)))
    yield worker
    worker.stop()


def ask(worker: Worker, job: Look | Measure) -> object:
    worker.give(job)
    assert worker.job == job
    answer = worker.take()
    assert worker.job is None
    return answer


def test_one_after_another(worker, path, fakes):
    assert isinstance(ask(worker, Look(path, "a.png")), Seen)
    assert isinstance(ask(worker, Measure(path, "a.png", fakes.Fake(), 1.0)), Row)
    assert isinstance(ask(worker, Measure(path, "a.png", fakes.Fake(fault="raise"), 1.0)), Failure)
    assert isinstance(ask(worker, Measure(path, "a.png", fakes.Fake(), 2.0)), Row)


def test_matrix_products_get_one_thread(worker, path, fakes, monkeypatch):
    answer = ask(worker, Measure(path, "a.png", fakes.Fake(fault="threads"), 1.0))
    assert isinstance(answer, Failure)
    assert answer.reason == "ValueError: 1 of OMP"


def test_the_environment_stays_as_it_was(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    handler = signal.getsignal(signal.SIGINT)
    Worker(Setup(("psnr",))).stop()
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert "MKL_NUM_THREADS" not in os.environ
    assert signal.getsignal(signal.SIGINT) is handler


def test_ctrl_c_is_not_for_workers(worker, path, fakes):
    answer = ask(worker, Measure(path, "a.png", fakes.Fake(fault="interrupt"), 1.0))
    assert isinstance(answer, Failure)
    assert answer.reason == "ValueError: still there"
    os.kill(worker._process.pid, signal.SIGINT)
    assert isinstance(ask(worker, Look(path, "a.png")), Seen)


def test_nor_where_another_thread_started_them(path, fakes):
    """Only the main thread can close their ears beforehand; they close them themselves."""
    with ThreadPoolExecutor(1) as threads:
        worker = threads.submit(Worker, Setup(("psnr",))).result()
    try:
        assert isinstance(ask(worker, Look(path, "a.png")), Seen)
        os.kill(worker._process.pid, signal.SIGINT)
        assert isinstance(ask(worker, Measure(path, "a.png", fakes.Fake(), 1.0)), Row)
    finally:
        worker.stop()


@pytest.mark.parametrize(
    ("fault", "how"), [("kill", "was killed by SIGKILL"), ("exit", "ended with status 3")]
)
def test_a_lost_process_says_over_what(worker, path, fakes, fault, how):
    worker.give(Measure(path, "a.png", fakes.Fake(fault=fault), 2.5))
    with pytest.raises(MezzotintError) as caught:
        worker.take()
    assert caught.value.what == f"a process that measures {how} over a.png fake (plain) 2.5"


def test_a_process_that_is_gone_takes_no_job(worker, path):
    worker._process.kill()
    worker._process.join()
    with pytest.raises(MezzotintError, match="was killed by SIGKILL over a.png"):
        worker.give(Look(path, "a.png"))
        worker.take()


def test_stop_does_not_wait(path, fakes):
    worker = Worker(Setup(("psnr",)))
    worker.give(Measure(path, "a.png", fakes.Fake(seconds=60), 1.0))
    start = time.monotonic()
    worker.stop()
    assert time.monotonic() - start < 5
    assert not worker._process.is_alive()


PARENT = """
import sys, time
from pathlib import Path
if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from fake_codecs import Fake
    from mezzotint.evaluate.measure import Look, Measure, Setup
    from mezzotint.evaluate.worker import Worker
    worker = Worker(Setup(("psnr",)))
    path = Path(sys.argv[2])
    worker.give(Look(path, "a.png"))
    worker.take()
    if sys.argv[3] == "busy":
        worker.give(Measure(path, "a.png", Fake(seconds=60), 1.0))
    print(worker._process.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("state", ["busy", "idle"])
def test_a_worker_ends_with_its_parent(tmp_path, path, alive, state):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    command = [sys.executable, str(script), str(Path(__file__).parent), str(path), state]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    give_up = time.monotonic() + 20
    while alive(child) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not alive(child)
