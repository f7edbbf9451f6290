# SPDX-License-Identifier: Apache-2.0
"""Peak memory of whole commands against the pixels of the picture, and the lines through it.

There are two lines for each command, because there are two laws: up to one window the networks' buffers grow with the
picture, beyond it only what is kept of the whole picture does. A window's size hangs on how the picture divides, so
points beyond lie somewhat off their line; `worst_mib` says how far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mezzotint.evaluate.codecs.protocol import Pixels
from mezzotint.evaluate.speed import commands
from mezzotint.evaluate.speed.events import Next, Step
from mezzotint.evaluate.speed.pictures import tiled
from mezzotint.runtime.tiles import WINDOW_PIXELS

SIZES = (  # width and height; the fourth is one window
    *((384, 256), (768, 512), (1536, 1024), (2496, 1664)),
    *((3072, 2048), (3648, 2432), (4224, 2816), (4992, 3328)),
)
QUICK_SIZES = ((384, 256), (768, 512), (1152, 768), (1536, 1024))


@dataclass(frozen=True)
class Peak:
    """One command on one picture."""

    side: str  # "encode" or "decode"
    pixels: int
    peak_mib: float  # largest resident set
    seconds: float


@dataclass(frozen=True)
class Line:
    """Memory as a constant and a share for each pixel, least squares."""

    side: str
    span: str  # "up to one window" or "beyond"
    fixed_mib: float
    bytes_per_pixel: float
    worst_mib: float  # the farthest point from the line
    points: int


def peaks(
    folder: Path,
    small: tuple[Pixels, ...],
    sizes: Sequence[tuple[int, int]],
    quality: float,
    model: str | None,
    threads: int,
) -> Iterator[Next | Step | Peak]:
    """One run of each command on each size, PNG to .mzt to PNG; `folder` is an empty one to work in."""
    millions = [width * height / 1e6 for width, height in sizes]
    yield Next(f"memory of whole commands at {millions[0]:.1f} to {millions[-1]:.1f} MP", 2 * len(sizes))
    for size in sizes:
        Image.fromarray(tiled(small, size)).save(folder / "photo.png", compress_level=1)
        for side in ("encode", "decode"):
            cost = commands.run(commands.coding(side, folder, quality, model, threads), threads)
            yield Peak(side, size[0] * size[1], cost.peak_bytes / 2**20, cost.seconds)
            yield Step()


def lines(found: Sequence[Peak]) -> tuple[Line, ...]:
    """For each side and span that has three points."""
    fits = []
    for side in ("encode", "decode"):
        here = [peak for peak in found if peak.side == side]
        within = [peak for peak in here if peak.pixels <= WINDOW_PIXELS]
        beyond = [peak for peak in here if peak.pixels > WINDOW_PIXELS]
        fits += [
            _line(side, span, points)
            for span, points in (("up to one window", within), ("beyond", beyond))
            if len(points) >= 3
        ]
    return tuple(fits)


def _line(side: str, span: str, points: Sequence[Peak]) -> Line:
    pixels = np.array([peak.pixels for peak in points], np.float64)
    mib = np.array([peak.peak_mib for peak in points], np.float64)
    slope, fixed = np.polyfit(pixels, mib, 1).tolist()
    worst = float(np.abs(fixed + slope * pixels - mib).max())
    return Line(side, span, fixed, slope * 2**20, worst, len(points))
