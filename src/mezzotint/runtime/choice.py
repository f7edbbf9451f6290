# SPDX-License-Identifier: Apache-2.0
"""How a picture is to be coded: by a quality, exactly, or towards a target; and when lossless is the smaller file.

Deep pictures (more than 8 bits a sample) meet the network at 8 bits, so the top of the dial is coded without it: from
DEEP_FROM to 100 the largest error falls from two steps of 8 bits to nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from mezzotint.bitstream import Limits, write
from mezzotint.errors import UsageError
from mezzotint.runtime.encode import quality_index
from mezzotint.runtime.exact_encode import encode_exact
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.targets import Target

DEFAULT_QUALITY = 75
DEEP_FROM = 90
_PIECES, _ROWS, _COLUMNS = 6, 16, 256  # what is deflated to see whether lossless coding could be smaller
_FLAT = 1  # deflated bits a pixel that no photograph has so few of
_FRAME = 20  # bytes of a deflated piece that do not grow with it
_HOPE = 2.5  # deflate needs up to so many times the bytes of our lossless coding


@dataclass(frozen=True)
class Way:
    """One of: a quality (0..4095 in the header, and as it was asked for), a largest error, a target."""

    quality: int = 0
    dial: float = DEFAULT_QUALITY  # 0..100
    max_error: int | None = None  # 0 is lossless; None is lossy
    target: Target | None = None

    def for_depth(self, bit_depth: int) -> Way:
        """The same for samples of so many bits: the top of the dial is exact for deep ones."""
        if bit_depth <= 8 or self.max_error is not None or self.target is not None or self.dial <= DEEP_FROM:
            return self
        share = (100 - self.dial) / (100 - DEEP_FROM)
        return replace(self, max_error=round(share * 2 * (1 << bit_depth - 8)))


def chosen(quality: float, lossless: bool, max_error: int, targets: Mapping[str, float | None]) -> Way:
    """The way that the arguments of `encode` ask for; UsageError where they contradict one another."""
    given = [(kind, value) for kind, value in targets.items() if value is not None]
    if not isinstance(max_error, Integral) or isinstance(max_error, bool) or max_error < 0:
        raise UsageError(f"max_error {max_error!r} is no largest error", "give a whole number from 0 up")
    asked = (
        [f"target_{kind}" for kind, _ in given]
        + ["lossless"] * bool(lossless)
        + ["max_error"] * bool(max_error > 0)
    )
    if len(asked) > 1:
        raise UsageError(f"{asked[0]} and {asked[1]} contradict one another", "choose one of them")
    index = quality_index(quality)
    if asked and quality != DEFAULT_QUALITY:
        raise UsageError(f"quality and {asked[0]} contradict one another", "choose one of them")
    if given:
        return Way(target=Target(*given[0]))
    if asked:
        return Way(max_error=int(max_error))
    return Way(index, float(quality))


def lossless_if_smaller(picture: Picture, lossy: bytes, tile_log2: int, limits: Limits) -> bytes:
    """A lossless file in the place of a lossy one that is larger; drawings and flat graphics are, photographs never."""
    with stage(Stage.PIXELS):
        deflated = _deflated(picture)
    if deflated > _HOPE * len(lossy) and 8 * deflated > _FLAT * picture.height * picture.width:
        return lossy
    container = encode_exact(picture, 0, tile_log2, limits)
    with stage(Stage.CONTAINER):
        exact = write(container)
    return exact if len(exact) <= len(lossy) else lossy


def _deflated(picture: Picture) -> float:
    """About how many bytes deflate makes of the colour, from a few pieces of it: a millisecond."""
    colour = picture.colour
    rows, columns = colour.shape[:2]
    count = min(_PIECES, -(-rows // _ROWS))
    size, taken = 0, 0
    for number in range(count):
        top = number * max(0, rows - _ROWS) // max(1, count - 1)
        left = number * max(0, columns - _COLUMNS) // max(1, count - 1)
        piece = colour[top : top + _ROWS, left : left + _COLUMNS]
        plain, differences = piece.tobytes(), np.diff(piece, axis=1).tobytes()
        size += max(0, min(len(zlib.compress(plain, 1)), len(zlib.compress(differences, 1))) - _FRAME)
        taken += piece.shape[0] * piece.shape[1]
    return float(size * rows * columns / taken)
