# SPDX-License-Identifier: Apache-2.0
"""Memory that runs out is an error like others: it never ends the process.

    with told():         MemoryError, and what stands for it in other libraries, becomes LimitExceeded
        ...
            take(n)      MemoryError unless there are n bytes; gives them back

Traps, of libraries written in C that end the process where they get no memory: numpy's matrix products want 32 MB when
they are first run, numpy looks at its own stack when it first meets a large temporary, for which glibc loads a library,
and onnxruntime does not survive it while it is loaded. So those come first, once there is room for them. Where the
system promises memory that it lacks, it kills the process, and no library can help.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

import numpy as np

from mezzotint.errors import LimitExceeded
from mezzotint.one_line import one_line

_PRODUCTS = 48 << 20  # bytes that are there before the first matrix product
_SIGNS = ("alloc", "failed to map segment", "start new thread", "resource temporarily unavailable")


@contextmanager
def told() -> Iterator[None]:
    """LimitExceeded for memory that runs out inside."""
    try:
        _first()
        yield
    except (MemoryError, ImportError, RuntimeError) as reason:
        if not is_short(reason):
            raise
        reason.__traceback__ = None  # it holds on to what filled the memory
        what = (
            f"there is too little memory for this picture ({one_line(reason, 120) or type(reason).__name__})"
        )
        raise LimitExceeded(what, "free some, or work on a smaller picture or a region") from None


def is_short(reason: BaseException) -> bool:
    """Whether an error says that memory, or another thing of which the system has only so much, has run out."""
    return isinstance(reason, MemoryError) or any(sign in str(reason).lower() for sign in _SIGNS)


def take(size: int) -> None:
    """MemoryError unless there are `size` bytes more; they are not touched."""
    try:
        np.empty(size, np.uint8)
    except MemoryError:
        raise MemoryError(f"{size >> 20} MiB more are needed") from None


@cache
def _first() -> None:
    """What must not fail later."""
    with suppress(AttributeError):  # glibc alone has it
        ctypes.CDLL(None).backtrace((ctypes.c_void_p * 1)(), 1)
    take(_PRODUCTS)
    square = np.zeros((8, 8), np.float32)  # of any size; threads are not woken for so small a one
    np.matmul(square, square)
