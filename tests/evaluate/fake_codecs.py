# SPDX-License-Identifier: Apache-2.0
"""Codecs that cost nothing and fail on demand, for tests of the sweep; a module of its own, so that workers find it."""

from __future__ import annotations

import os
import signal
import time
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
MARK = 7  # a fault that concerns one picture only strikes where the first sample has this value


@dataclass(frozen=True)
class Fake:
    """Keeps the upper bits of every sample. Calls on more than 64 rows, so no warm-ups, go into the file `journal`."""

    id: str = "fake"
    settings: str = "plain"
    version: str = "fake 1.0"
    qualities: tuple[float, ...] = (1.0, 2.5, 8.0)
    fast_qualities: tuple[float, ...] = (2.5,)
    fault: str = ""
    at: float | None = None  # the only quality with the fault
    marked: bool = False  # the fault strikes marked pictures only
    seconds: float = 0.0
    journal: str = ""

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        height, width = pixels.shape[:2]
        warm_up = height <= 64
        if self.journal and not warm_up:
            with open(self.journal, "a") as file:
                file.write(f"{self.settings} {quality:g} {pixels[0, 0, 0]} {os.getpid()}\n")
        strikes = self.at in (None, quality) and (not self.marked or pixels[0, 0, 0] == MARK)
        if self.fault and strikes and not warm_up:
            self._fail()
        time.sleep(0 if warm_up else self.seconds)
        kept = pixels & np.uint8(0xFF << (8 - min(8, int(quality))) & 0xFF)
        return height.to_bytes(4, "big") + width.to_bytes(4, "big") + zlib.compress(kept.tobytes(), 1)

    def decode(self, data: bytes, threads: int) -> Pixels:
        height, width = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
        if self.fault == "shape":
            height //= 2
        samples = np.frombuffer(zlib.decompress(data[8:]), np.uint8)
        return samples[: height * width * 3].reshape(height, width, 3)

    def _fail(self) -> None:
        if self.fault == "raise":
            raise ValueError("no such\n  picture")
        if self.fault == "memory":
            raise MemoryError
        if self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "exit":
            os._exit(3)
        if self.fault == "threads":
            raise ValueError(f"{os.environ.get('OMP_NUM_THREADS')} of OMP")
        if self.fault == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
            raise ValueError("still there")
