# SPDX-License-Identifier: Apache-2.0
"""As many processors as threads are asked for, so that no codec gets help that is not counted.

A process started inside inherits the mask, and the thread counts that numerical libraries read when they are loaded.
Where the system has no such masks (macOS, Windows) the thread counts are all there is: `can_pin` is false.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLES = {  # OpenMP's threads otherwise wait busily for their next work, and take a core from the next codec
    "OMP_WAIT_POLICY": "passive",
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), ""),
}


def can_pin() -> bool:
    return hasattr(os, "sched_setaffinity")


@contextmanager
def pinned(threads: int) -> Iterator[None]:
    """For processes that are started inside; this one has its own processors and variables back afterwards."""
    variables = {name: value or str(threads) for name, value in _VARIABLES.items()}
    before = {name: os.environ.get(name) for name in variables}
    processors = os.sched_getaffinity(0) if can_pin() else set()
    os.environ.update(variables)
    try:
        if processors:
            os.sched_setaffinity(0, sorted(processors)[:threads])
        yield
    finally:
        if processors:
            os.sched_setaffinity(0, processors)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
