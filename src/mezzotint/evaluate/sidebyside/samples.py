# SPDX-License-Identifier: Apache-2.0
"""Two pictures of any depth and kind as samples that can be compared: RGB, alpha where there is any, one bit depth.

Deep pictures keep their depth only if both are deep; else both are scaled to 8 bits, as encoding at 8 bits would.
An alpha plane that is opaque everywhere is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import BadImage
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.depths import scaled, with_depth

Plane = NDArray[np.uint8 | np.uint16]


@dataclass(frozen=True, eq=False)
class Samples:
    """A picture; uint8 at 8 bits and uint16 above."""

    colour: Plane  # (H, W, 3)
    alpha: Plane | None  # (H, W), not premultiplied; None where all is opaque


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures of one size and depth."""

    one: Samples
    other: Samples
    bit_depth: int  # 8..16

    @property
    def most(self) -> int:
        """The largest value of a sample."""
        return (1 << self.bit_depth) - 1

    @property
    def transparent(self) -> bool:
        return self.one.alpha is not None or self.other.alpha is not None


def pair(a: Picture, b: Picture) -> Pair:
    """Both at the depth of the deeper one if both have more than 8 bits, else at 8; BadImage for different sizes."""
    if (a.height, a.width) != (b.height, b.width):
        sizes = f"{a.width}x{a.height} and {b.width}x{b.height}"
        raise BadImage(f"the pictures have different sizes, {sizes}", "compare pictures of one size")
    depth = max(a.bit_depth, b.bit_depth) if min(a.bit_depth, b.bit_depth) > 8 else 8
    return Pair(_samples(a, depth), _samples(b, depth), depth)


def at_eight_bits(pair: Pair) -> Pair:
    """The pair for metrics, eyes and screens that know 8 bits only."""
    if pair.bit_depth == 8:
        return pair
    one, other = (
        Samples(
            scaled(side.colour, pair.bit_depth, 8),
            None if side.alpha is None else scaled(side.alpha, pair.bit_depth, 8),
        )
        for side in (pair.one, pair.other)
    )
    return Pair(one, other, 8)


def _samples(picture: Picture, depth: int) -> Samples:
    picture = with_depth(picture, depth)
    colour, alpha = picture.colour, picture.alpha
    if colour.ndim == 2:
        colour = np.broadcast_to(colour[..., None], (*colour.shape, 3))
    return Samples(colour, None if alpha is None or bool((alpha == 2**depth - 1).all()) else alpha)
