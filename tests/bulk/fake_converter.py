# SPDX-License-Identifier: Apache-2.0
"""A converter that costs nothing and fails on demand; a module of its own, so that workers find it."""

from __future__ import annotations

import os
import signal
import time
import warnings
from dataclasses import dataclass

from mezzotint.bulk import Converted
from mezzotint.errors import BadImage, ConversionWarning, DamagedFile, UnknownModel


@dataclass(frozen=True)
class Reverse:
    """Turns a file round. What a file begins with says what befalls whoever converts it."""

    seconds: float = 0.0
    log: str = ""  # a file that gets a line a conversion
    broken: bool = False  # no worker can start

    def open(self) -> None:
        if self.broken:
            raise UnknownModel("there is no model")

    def length(self, first: bytes) -> int | None:
        if first.startswith(b"refused"):
            raise BadImage("the header is damaged")
        return 1000 if first.startswith(b"short") else None

    def convert(self, data: bytes) -> Converted:
        time.sleep(self.seconds)
        if self.log:
            with open(self.log, "ab") as file:
                file.write(data[:20].replace(b"\n", b" ") + b"\n")
        self._befall(data)
        return Converted(data[::-1], 10)

    def compare(self, source: bytes, written: bytes) -> str:
        if source.startswith(b"wrong"):
            raise DamagedFile("the written file decodes to other pixels", "please report this")
        if written[::-1] != source:
            return "it holds other bytes"
        return "it holds more" if source.startswith(b"more") else ""

    def _befall(self, data: bytes) -> None:
        if data.startswith(b"kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if data.startswith(b"memory"):
            raise MemoryError
        if data.startswith(b"odd"):
            raise ValueError("no such\n  picture")
        if data.startswith(b"damaged"):
            raise BadImage("the file is damaged", "copy or download it again")
        if data.startswith(b"loss"):
            warnings.warn("the picture has several frames", ConversionWarning, stacklevel=2)
