# SPDX-License-Identifier: Apache-2.0
"""`await mezzotint.aio.encode(...)` and `.decode(...)`: the same calls in worker threads, for programs on asyncio.

    import mezzotint.aio
    pixels = await mezzotint.aio.decode(data, scale=1 / 8)

As many threads as the process may use cores do the work, however many calls wait; the event loop goes on meanwhile.
A call that is cancelled while it waits is never begun. One at work cannot be stopped: its thread finishes, and what it
found is thrown away.

Traps: an array must not change until its call is done. Each call uses all cores unless told otherwise, which is
right for one picture at a time: give threads=1 where many wait. Clocks (`runtime.stages`) stay behind: they count
the work of one thread.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial, wraps
from typing import Any, ParamSpec, TypeVar

from mezzotint import decode as _decode
from mezzotint import encode as _encode
from mezzotint.runtime.backends.onnxruntime_backend import cores

_P = ParamSpec("_P")
_R = TypeVar("_R")


@cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="mezzotint-aio")


if hasattr(os, "register_at_fork"):  # the threads of a parent do not exist in its child
    os.register_at_fork(after_in_child=_workers.cache_clear)


def _in_thread(function: Callable[_P, _R]) -> Callable[_P, Coroutine[Any, Any, _R]]:
    @wraps(function)
    async def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        work = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(_workers(), work)

    return call


encode = _in_thread(_encode)
decode = _in_thread(_decode)
