# SPDX-License-Identifier: Apache-2.0
"""A small picture of strips from all over a large one, which costs little to code and behaves much like it.

Strips of 64x256 pixels are taken at the points of a golden-section lattice and laid side by side. What is taken may be
busier than the rest, and every seam is an edge that the picture does not have: how much JPEG makes of both pictures
tells (busyness.py). That leaves an error of 10 % (a standard deviation, over training photos of 768x512).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np

from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.search.busyness import busyness
from mezzotint.runtime.tiles import Rect, blocks, cut

_LENGTH = 4  # blocks of a strip
_SHARE = 8  # one block of so many
_FEWEST, _MOST = 3, 64  # strips
_WORTH = 64  # blocks: a smaller picture may as well be coded whole


@dataclass(frozen=True)
class Sample:
    picture: Picture  # no alpha, no metadata
    times: float  # so many blocks has the whole picture for one of the sample
    busier: float  # and it is so many times as busy


def sample(picture: Picture, busy: float) -> Sample | None:
    """Of a picture whose busyness is known; None for one so small that it may as well be coded whole."""
    rows, columns = blocks(picture.height), blocks(picture.width)
    length = min(_LENGTH, columns)
    if rows * columns < _WORTH:
        return None
    count = min(max(rows * columns // (_SHARE * length), _FEWEST), _MOST)
    across = max(1, isqrt(count // length))
    down = count // across
    strips = [
        cut(picture.colour, strip) for strip in _lattice(rows, columns - length + 1, down * across, length)
    ]
    lines = [np.concatenate(strips[row * across : (row + 1) * across], axis=1) for row in range(down)]
    part = Picture(np.concatenate(lines), bit_depth=picture.bit_depth)
    return Sample(part, rows * columns / (down * across * length), busy / busyness(part))


def _lattice(rows: int, columns: int, count: int, length: int) -> list[Rect]:
    """Strips whose first blocks are spread over so many rows and columns."""
    golden = 0.6180339887498949
    return [
        Rect((2 * i + 1) * rows // (2 * count), int(i * golden % 1 * columns), 1, length)
        for i in range(count)
    ]
