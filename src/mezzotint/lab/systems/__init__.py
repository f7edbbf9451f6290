# SPDX-License-Identifier: Apache-2.0
"""Published codecs, one a file, rebuilt small of the lab's parts, each with a bitstream of its own.

A registered system is built from a `Start` (models/framed.py) and its own options, which are specs of parts wherever a
part can be another: its ablation is the same system with a plainer part. It is a `System` (below). Streams are those of
stream.py unless the system's idea is another file (a JPEG). What is decoded is the same picture, byte for byte, on the
machine that coded it; systems run in torch, and only the codec half is exact everywhere (design, section 4).
Imports train, models and everything below, and of the codec half entropy, bitstream and errors.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.registry import Registry

SYSTEMS = Registry("system")

Media = NDArray[np.generic]


class System(Protocol):
    """Media in, bytes out, and back.

    ``media`` is what it takes: "photo", uint8 (H, W, 3) sRGB of any size; "linear", uint16 (H, W, 3) linear light;
    "clip", uint8 (T, H, W, 3). ``gives`` is what comes back: "same" for an array of that shape and type, or in a word
    what else (features for a machine, say). ``qualities`` are those of its curve, worst first.
    """

    media: str
    gives: str
    qualities: tuple[int, ...]

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        """Train for as many batches of ``crops`` (a system that fits itself to each picture learns nothing here)."""

    def compress(self, media: Media, quality: int) -> bytes:
        """The whole file. ValueError for media of another shape or type, and for a quality out of range."""

    def decompress(self, data: bytes) -> Media:
        """What was coded. NotMezzotint, DamagedFile or UnknownModel for bytes that these weights did not write."""

    def rebuilt(self, media: Media, quality: int) -> Media:
        """What `decompress` must give for what `compress` writes, computed without any bytes."""
