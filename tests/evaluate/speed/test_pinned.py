# SPDX-License-Identifier: Apache-2.0
"""Processes that are started inside have the processors and thread counts asked for; this one keeps its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mezzotint.evaluate.speed.pinned import can_pin, pinned

SCRIPT = "import os; print(len(os.sched_getaffinity(0)), *map(os.environ.get, ['OMP_NUM_THREADS', 'OMP_WAIT_POLICY']))"


@pytest.mark.skipif(not can_pin(), reason="the system has no masks of processors")
def test_a_process_inherits_both(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    own = os.sched_getaffinity(0)
    with pinned(1):
        done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1", "passive"]
    assert os.sched_getaffinity(0) == own
    assert "OMP_NUM_THREADS" not in os.environ
    assert os.environ["OMP_WAIT_POLICY"] == "active"


@pytest.mark.skipif(not can_pin(), reason="the system has no masks of processors")
def test_an_error_inside_gives_them_back():
    own = os.sched_getaffinity(0)
    with pytest.raises(KeyError), pinned(1):
        raise KeyError
    assert os.sched_getaffinity(0) == own


def test_where_there_are_no_masks_the_counts_still_hold(monkeypatch):
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    with pinned(3):
        assert os.environ["OPENBLAS_NUM_THREADS"] == "3"
    assert os.environ.get("OPENBLAS_NUM_THREADS") != "3"
