# SPDX-License-Identifier: Apache-2.0
"""Work in a process of its own: what it finds, what it raises, how it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

import pytest

from mezzotint.errors import BadImage, MezzotintError
from mezzotint.evaluate.speed.child import in_child


@pytest.fixture
def work(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return import_module("child_work")


def test_what_is_found_comes_in_order(work):
    assert list(in_child(work.count_up, 5, 1)) == [0, 1, 2, 3, 4]
    assert multiprocessing.active_children() == []


def test_it_has_as_many_processors_as_threads(work, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    before = os.environ.copy()
    processors, threads = in_child(work.surroundings, None, 1)
    assert processors == (1 if hasattr(os, "sched_getaffinity") else 0)
    assert threads == "1"
    assert os.environ == before


def test_an_error_for_people_is_raised_here(work):
    found = in_child(work.refuse, None, 1)
    assert next(found) == "first"
    with pytest.raises(BadImage, match="a picture of no use; give another"):
        next(found)


@pytest.mark.parametrize(
    "status", [3, pytest.param(-9, marks=pytest.mark.skipif(sys.platform == "win32", reason=""))]
)
def test_a_death_is_told(work, status):
    with pytest.raises(MezzotintError, match=f"ended with status {status}"):
        list(in_child(work.die, status, 1))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_is_left_to_the_parent(work):
    assert list(in_child(work.interrupted, None, 1)) == ["alive"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_nothing_goes_on_when_nobody_listens(work):
    found = in_child(work.wait, None, 1)
    process = next(found)
    found.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, signal.SIGCONT)
