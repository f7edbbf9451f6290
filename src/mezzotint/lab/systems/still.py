# SPDX-License-Identifier: Apache-2.0
"""Under what floats are computed while a system codes and decodes: one thread, float32, no gradients.

A file is read as it was written only where both sides compute the same floats. On one machine they differ with the
number of threads and with autocast, so neither is left to chance. The trap: another machine may still differ, and then
the file is refused or, where only means hang on floats, decodes to other pixels (design, section 4).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import torch

from mezzotint.errors import DamagedFile

Self = TypeVar("Self")
Rest = ParamSpec("Rest")
Out = TypeVar("Out")
Method = Callable[Concatenate[Self, Rest], Out]


def still(method: Method[Self, Rest, Out]) -> Method[Self, Rest, Out]:
    """Decorator of a system's methods. What fits itself to a picture asks for gradients inside."""

    @functools.wraps(method)
    def run(self: Self, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Out:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with torch.no_grad(), torch.autocast("cpu", enabled=False):
                return method(self, *args, **kwargs)
        finally:
            torch.set_num_threads(threads)

    return run


def reading(method: Method[Self, Rest, Out]) -> Method[Self, Rest, Out]:
    """`still`, for what takes a stream: what a part says of chunks that do not fit it is said of the file."""
    calm = still(method)

    @functools.wraps(method)
    def run(self: Self, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Out:
        try:
            return calm(self, *args, **kwargs)
        except ValueError as error:
            raise DamagedFile(f"a stream does not fit its system: {error}") from error

    return run
