# SPDX-License-Identifier: Apache-2.0
"""Work for processes of their own; a module of its own, so that they find it."""

from __future__ import annotations

import os
import signal
import time

from mezzotint.errors import BadImage


def count_up(task, tell):
    """Numbers up to `task`."""
    for number in range(task):
        tell(number)


def surroundings(task, tell):
    """How many processors there are, and what libraries are told about them."""
    tell(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0)
    tell(os.environ["OPENBLAS_NUM_THREADS"])


def refuse(task, tell):
    tell("first")
    raise BadImage("a picture of no use", "give another")


def die(task, tell):
    """With a status, or by a signal where it is negative."""
    if task < 0:
        os.kill(os.getpid(), -task)
        time.sleep(60)
    os._exit(task)


def interrupted(task, tell):
    os.kill(os.getpid(), signal.SIGINT)
    tell("alive")


def wait(task, tell):
    tell(os.getpid())
    time.sleep(60)
