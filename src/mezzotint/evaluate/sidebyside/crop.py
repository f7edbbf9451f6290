# SPDX-License-Identifier: Apache-2.0
"""Which part of two pictures a page shows: all of them up to a size, then the middle, or what a person asks for.

Large pictures are cut and not scaled: what a codec does to a pixel is gone once pixels are averaged. The limit is what
the canvases of phones hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mezzotint.errors import UsageError

MOST_PIXELS = 12_500_000  # the photos of a 12-megapixel camera pass
LONGEST = 32767  # pixels a side


@dataclass(frozen=True)
class Crop:
    x: int
    y: int
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.x},{self.y},{self.width},{self.height}"


def crop(width: int, height: int, wanted: Crop | None = None) -> Crop:
    """The part to show of pictures of this size; UsageError for a wish that is outside, empty or too large."""
    if wanted is None:
        share = min(1.0, math.sqrt(MOST_PIXELS / (width * height)))
        wide = min(max(1, int(width * share)), LONGEST)
        high = min(max(1, int(height * share)), LONGEST, MOST_PIXELS // wide)
        return Crop((width - wide) // 2, (height - high) // 2, wide, high)
    if wanted.width < 1 or wanted.height < 1 or wanted.x < 0 or wanted.y < 0:
        raise UsageError(
            f"the crop {wanted} is empty or begins outside", "give X,Y,WIDTH,HEIGHT, as in 0,0,800,600"
        )
    if wanted.x + wanted.width > width or wanted.y + wanted.height > height:
        raise UsageError(
            f"the crop {wanted} is not inside the picture of {width}x{height}", "make it smaller"
        )
    if wanted.width * wanted.height > MOST_PIXELS or max(wanted.width, wanted.height) > LONGEST:
        most = f"{MOST_PIXELS / 1e6:g} megapixels, or {LONGEST} pixels a side,"
        raise UsageError(
            f"the crop {wanted} has more than the {most} that a page can hold", "make it smaller"
        )
    return wanted
