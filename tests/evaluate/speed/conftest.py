# SPDX-License-Identifier: Apache-2.0
"""Codecs that cost nothing, and pictures of all sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from mezzotint.evaluate.speed.pictures import Scene

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Curve:
    """A codec whose file of quality q has `size(q)` bytes; it keeps a list of its calls, "encode 5" and "decode"."""

    size: Callable[[float], float]
    qualities: tuple[float, ...]
    id: str = "curve"
    settings: str = "plain"
    version: str = "curve 1"
    fast_qualities: tuple[float, ...] = ()
    fault: str = ""
    calls: list[str] = field(default_factory=list)

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        self.calls.append(f"{self.id} {quality:g}")
        if self.fault == "encode":
            raise ValueError("no such\n picture")
        return bytes(round(self.size(quality)))

    def decode(self, data: bytes, threads: int) -> Pixels:
        self.calls.append(f"{self.id} back")
        return np.zeros((8, 8 if self.fault == "decode" else 12, 3), np.uint8)


@pytest.fixture
def curve() -> type[Curve]:
    return Curve


@pytest.fixture
def small() -> Scene:
    """Two pictures of 12x8."""
    return Scene("12x8", (np.zeros((8, 12, 3), np.uint8), np.ones((8, 12, 3), np.uint8)))
