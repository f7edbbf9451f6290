# SPDX-License-Identifier: Apache-2.0
"""What became of files that one setting encoded and another decoded, pair by pair.

The pixels of B are held to those of A, which encoded the file and decoded it too. Two settings often write the same
file byte for byte; it is then decoded once, and counts for both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_STEPS = 1
LARGEST_SHARE = 1 / 5000  # of samples that may differ, less than


@dataclass
class Setup:
    """What one setting gave. Streams are numbers of different files."""

    name: str
    streams: list[int] = field(default_factory=list)  # of the files that it encoded, in their order
    encoded: list[str] = field(default_factory=list)  # hashes of their integers, as encoded
    decoded: dict[int, str] = field(default_factory=dict)  # of streams, as read
    pixels: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    emulated: bool = False
    failure: str = ""  # why a process of it ended early
    slowest_s: float = 0.0


@dataclass(frozen=True)
class Pair:
    encoded_on: str
    decoded_on: str
    files: int
    latents_differ: int  # files
    pixel_files: int  # whose pixels were compared
    samples: int
    samples_differ: int
    largest: int  # difference of two samples
    fault: str = ""

    @property
    def row(self) -> list[Any]:
        share = self.samples_differ / self.samples if self.samples else 0.0
        names = [self.encoded_on, self.decoded_on]
        return [
            *names,
            self.files,
            self.latents_differ,
            self.pixel_files,
            self.largest,
            float(f"{share:.3g}"),
        ]


COLUMNS = (
    "encoded on",
    "decoded on",
    "files",
    "files whose latents differ",
    "files whose pixels were compared",
    "largest difference of a sample",
    "share of samples that differ",
)


def compare(setups: list[Setup]) -> list[Pair]:
    """Every setting with every other and with itself."""
    return [_pair(a, b, _differences(a, b)) for a in setups for b in setups]


def _differences(a: Setup, b: Setup) -> dict[int, tuple[int, int, int]]:
    """Stream -> (samples, samples that differ, largest difference), of what both gave pixels of."""
    return {
        stream: _difference(a.pixels[stream], b.pixels[stream])
        for stream in dict.fromkeys(a.streams)
        if stream in a.pixels and stream in b.pixels
    }


def _difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> tuple[int, int, int]:
    if first.shape != second.shape:
        return first.size, first.size, 255
    if np.array_equal(first, second):
        return first.size, 0, 0
    away = np.abs(first.astype(np.int16) - second)
    return first.size, int(np.count_nonzero(away)), int(away.max())


def _pair(a: Setup, b: Setup, differences: dict[int, tuple[int, int, int]]) -> Pair:
    failure = a.failure or b.failure
    if failure:
        return Pair(a.name, b.name, 0, 0, 0, 0, 0, 0, failure)
    told = [(stream, one) for stream, one in zip(a.streams, a.encoded, strict=True) if stream in b.decoded]
    wrong = sum(b.decoded[stream] != one for stream, one in told)
    rows = [differences[stream] for stream in a.streams if stream in differences]
    samples, differ = sum(row[0] for row in rows), sum(row[1] for row in rows)
    largest = max((row[2] for row in rows), default=0)
    fault = ""
    if wrong:
        fault = f"the latents of {wrong} of {len(told)} files differ"
    elif not rows:
        fault = "nothing to compare"
    elif largest > MOST_STEPS or differ >= LARGEST_SHARE * samples:
        fault = f"{differ} of {samples} samples differ, by {largest} at most"
    return Pair(a.name, b.name, len(told), wrong, len(rows), samples, differ, largest, fault)
