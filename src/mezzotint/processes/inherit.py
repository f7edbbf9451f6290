# SPDX-License-Identifier: Apache-2.0
"""What a worker process takes over from the one that starts it.

Traps: libraries for matrix products start a thread a core when they are first imported, so the limit has to stand in
the environment before the process starts. Ctrl-C reaches all processes of a terminal and is the parent's affair alone.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@contextmanager
def inherited() -> Iterator[None]:
    """Processes started inside have one thread for matrix products, and no ear for Ctrl-C."""
    before = {name: os.environ.get(name) for name in _LIMITS}
    os.environ.update(dict.fromkeys(_LIMITS, "1"))
    main = threading.current_thread() is threading.main_thread()  # no other may set handlers
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    try:
        yield
    finally:
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
