# SPDX-License-Identifier: Apache-2.0
"""What runs the float graphs.

Takes: the bytes of one ONNX graph and a number of threads.
Gives: a `Session`, which maps named arrays to one array.
May import: `errors`, `one_line`. A backend is one file; nothing else in the package knows which runtime it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

Tensor = NDArray[Any]


class Session(Protocol):
    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs."""

    def run(self, feeds: Mapping[str, Tensor]) -> Tensor:
        """The graph's only output."""
