# SPDX-License-Identifier: Apache-2.0
"""What a reader accepts, checked against the header before anything is allocated (docs/format.md 10).

These are the reader's, not the format's: a larger file is well-formed, and a caller who trusts it may raise
them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The defaults are docs/format.md 10's; every field is the largest value that is still accepted."""

    max_pixels: int = 2**28  # width * height
    max_side: int = 2**24 - 1  # width, height
    max_boxes: int = 64
    max_box_bytes: int = 16 * 2**20  # any box but ALPH, whose limit follows from the picture
    max_chunks: int = 2**20  # layers * tiles
    max_tile_pixels: int = (
        2**24
    )  # of the largest tile, once padded: a tile is decoded whole, even for one pixel


DEFAULT = Limits()
