# SPDX-License-Identifier: Apache-2.0
"""What is measured of a trained system, always on its real files: curve, time, cost, exactness.

Time is the processor's, summed over threads: waiting is not counted, so other work on the machine hardly shows in it.
Systems that are slow to code say how much of the held-out pictures is enough: ``pictures_at_most``, ``side_at_most``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mezzotint.lab.models.cost import spent
from mezzotint.lab.systems import Media, System
from mezzotint.lab.systems.claims import Curve
from mezzotint.lab.systems.image import Pixels

RUNS = 3  # of which the median is taken
PEAK = {"u1": 255.0, "u2": 65535.0}


@dataclass(frozen=True)
class Timed:
    """Of one picture at the middle quality: processor seconds (median of three), bytes, thousand products a pixel."""

    encode_seconds: float
    decode_seconds: float
    kmac_encode: float
    kmac_decode: float
    bytes: int
    pixels: int


def psnr(a: Media, b: Media) -> float:
    """Of two arrays of one shape and type; infinite where they are equal."""
    error = np.square(a.astype(np.float64) - b.astype(np.float64)).mean()
    return 10 * math.log10(PEAK[a.dtype.str[1:]] ** 2 / error) if error else math.inf


def pictures_for(system: System, pictures: Sequence[Pixels]) -> list[Pixels]:
    """As many and as much of them as the system asks for."""
    side = getattr(system, "side_at_most", max(max(p.shape) for p in pictures))
    return [p[:side, :side] for p in pictures[: getattr(system, "pictures_at_most", len(pictures))]]


def curve(system: System, pictures: Sequence[Pixels], qualities: Sequence[int] | None = None) -> Curve:
    """Mean bits per pixel of whole files and mean PSNR of what they decode to, a quality each.

    Empty for systems of other media, that give no pictures back, or give them back without loss.
    """
    if system.media != "photo" or system.gives != "same":
        return ()
    chosen = pictures_for(system, pictures)
    area = sum(p.shape[0] * p.shape[1] for p in chosen)
    points = []
    for quality in qualities or system.qualities:
        files = [system.compress(picture, quality) for picture in chosen]
        found = [psnr(p, system.decompress(f)) for p, f in zip(chosen, files, strict=True)]
        points.append((8 * sum(map(len, files)) / area, sum(found) / len(found)))
    return tuple(points) if all(math.isfinite(quality) for _, quality in points) else ()


def exact(system: System, examples: Sequence[Media]) -> bool:
    """Whether every example comes back as the encoder said it would, and is coded alike twice."""
    quality = system.qualities[len(system.qualities) // 2]
    for media in examples:
        data = system.compress(media, quality)
        if data != system.compress(media, quality):
            return False
        if not np.array_equal(system.decompress(data), system.rebuilt(media, quality)):
            return False
    return True


def timed(system: System, media: Media) -> Timed:
    """``media`` there and back; the first round only warms up, and counts."""
    quality = system.qualities[len(system.qualities) // 2]
    kept: list[bytes] = []
    there = spent(lambda: kept.append(system.compress(media, quality)))
    back = spent(lambda: system.decompress(kept[0]))
    pixels = math.prod(media.shape[:-1])
    runs = [_once(system, media, quality) for _ in range(RUNS)]
    encode, decode = (sorted(column)[RUNS // 2] for column in zip(*runs, strict=True))
    return Timed(encode, decode, there / pixels / 1000, back / pixels / 1000, len(kept[0]), pixels)


def _once(system: System, media: Media, quality: int) -> tuple[float, float]:
    begun = time.process_time()
    data = system.compress(media, quality)
    coded = time.process_time()
    system.decompress(data)
    return coded - begun, time.process_time() - coded
