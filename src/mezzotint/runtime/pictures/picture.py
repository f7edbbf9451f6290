# SPDX-License-Identifier: Apache-2.0
"""The picture that the codec carries, and arrays to and from it.

Trap: `bit_depth` belongs to every sample, those of alpha too. A picture of 10 bits is held in uint16 with no sample
over 1023; nothing is scaled here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import BadImage, UsageError

Samples = NDArray[np.uint8 | np.uint16]
_DEPTHS = {1: (1, 8), 2: (9, 16)}  # by bytes a sample: the bit depths that one may declare, the last is usual


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels, transparency and metadata. The dtype is uint8 up to bit_depth 8 and uint16 above it."""

    colour: Samples  # (H, W, 3), or (H, W) for grey
    alpha: Samples | None = None  # (H, W), not premultiplied, of the same dtype; opaque is 2 ** bit_depth - 1
    icc: bytes = b""  # a profile, as it is
    exif: bytes = b""  # from its TIFF header on
    xmp: bytes = b""  # a packet
    bit_depth: int = 8  # 1..16

    @property
    def height(self) -> int:
        return int(self.colour.shape[0])

    @property
    def width(self) -> int:
        return int(self.colour.shape[1])


def dtype_of(bit_depth: int) -> np.dtype[np.uint8 | np.uint16]:
    """Of the samples of a picture: uint8 up to 8 bits, uint16 above."""
    return np.dtype(np.uint8) if bit_depth <= 8 else np.dtype(np.uint16)


def from_array(array: NDArray[Any], bit_depth: int | None = None) -> Picture:
    """A picture from uint8 or uint16 samples (H, W), (H, W, 3) or (H, W, 4), rows first, alpha last.

    `bit_depth` says how many bits of a sample count: 1..8 for uint8 (8 unless given), 9..16 for uint16 (16 unless
    given); no sample may need more. Arrays bring no metadata. The samples are not copied.

    BadImage for another dtype or shape, for no pixels, and for a sample over 2 ** bit_depth - 1; UsageError for a bit
    depth that does not go with the dtype.
    """
    if array.dtype.kind != "u" or array.dtype.itemsize not in _DEPTHS:
        raise BadImage(
            f"an array of {array.dtype} cannot be encoded",
            "scale it to 0..255 and convert it with .astype('uint8'), or to 0..65535 with .astype('uint16')",
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise BadImage(
            f"an array of shape {array.shape} is not a picture",
            "give (H, W), (H, W, 3) or (H, W, 4), rows first",
        )
    if 0 in array.shape:
        raise BadImage(f"an array of shape {array.shape} holds no pixels", "give at least one row and column")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    depth = _checked_depth(array, bit_depth)
    if array.ndim == 3 and array.shape[2] == 4:
        return Picture(array[..., :3], array[..., 3], bit_depth=depth)
    return Picture(array, bit_depth=depth)


def checked(picture: Picture) -> Picture:
    """The picture, once its parts go together: of one made by hand they may not, and its file could not be decoded.

    BadImage for colour or alpha of another shape or dtype, and for a sample over 2 ** bit_depth - 1; UsageError for a
    bit depth that does not go with the dtype.
    """
    plain = from_array(picture.colour, picture.bit_depth)
    alpha = None if picture.alpha is None else from_array(picture.alpha, picture.bit_depth).colour  # (H, W)
    if plain.alpha is not None or (alpha is not None and alpha.shape != plain.colour.shape[:2]):
        shapes = picture.colour.shape, None if alpha is None else alpha.shape
        raise BadImage(
            f"a Picture with colour of shape {shapes[0]} and alpha of {shapes[1]}",
            "give colour (H, W, 3) or (H, W), and alpha (H, W) or None",
        )
    return replace(picture, colour=plain.colour, alpha=alpha)


def _checked_depth(array: NDArray[Any], bit_depth: int | None) -> int:
    lowest, highest = _DEPTHS[array.dtype.itemsize]
    depth = highest if bit_depth is None else bit_depth
    whole = isinstance(depth, Integral) and not isinstance(depth, bool)
    if not whole or not lowest <= depth <= highest:
        raise UsageError(
            f"bit_depth {bit_depth!r} does not go with an array of {array.dtype}",
            f"choose {lowest}..{highest}, or convert the array with .astype('uint{24 - highest}')",
        )
    most = 2 ** int(depth) - 1
    if depth < highest and (largest := int(array.max())) > most:
        raise BadImage(
            f"a sample of {largest} is over {most}, the most in {depth} bits",
            "declare the bit depth that the samples have, or scale them",
        )
    return int(depth)


def to_array(picture: Picture) -> Samples:
    """uint8 or uint16 samples as the picture holds them, (H, W, 3), (H, W), or (H, W, 4) with alpha.

    Grey with alpha (it comes from Pillow images) gives (H, W, 4) too, its grey three times.
    """
    if picture.alpha is None:
        return picture.colour
    colour = picture.colour if picture.colour.ndim == 3 else picture.colour[..., None]
    array: Samples = np.empty((*picture.alpha.shape, 4), picture.alpha.dtype)
    array[..., :3], array[..., 3] = colour, picture.alpha
    return array
