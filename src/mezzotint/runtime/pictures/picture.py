# SPDX-License-Identifier: Apache-2.0
"""The picture that the codec carries, and arrays to and from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import BadImage


@dataclass(frozen=True, eq=False)
class Picture:
    colour: NDArray[np.uint8]  # (H, W, 3), or (H, W) for grey
    alpha: NDArray[np.uint8] | None = None  # (H, W), not premultiplied
    icc: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""

    @property
    def height(self) -> int:
        return int(self.colour.shape[0])

    @property
    def width(self) -> int:
        return int(self.colour.shape[1])


def from_array(array: NDArray[Any]) -> Picture:
    """uint8 (H, W, 3), (H, W) or (H, W, 4); BadImage for anything else, with what to do about it."""
    if array.dtype != np.uint8:
        raise BadImage(
            f"an array of {array.dtype} cannot be encoded",
            "scale it to 0..255 and convert it with .astype('uint8')",
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise BadImage(
            f"an array of shape {array.shape} is not a picture",
            "give (H, W), (H, W, 3) or (H, W, 4), rows first",
        )
    if 0 in array.shape:
        raise BadImage(f"an array of shape {array.shape} holds no pixels", "give at least one row and column")
    if array.ndim == 3 and array.shape[2] == 4:
        return Picture(array[..., :3], array[..., 3])
    return Picture(array)


def to_array(picture: Picture) -> NDArray[np.uint8]:
    """(H, W, 3), (H, W) or (H, W, 4); grey with alpha (from a Pillow image) gives (H, W, 4) too."""
    if picture.alpha is None:
        return picture.colour
    colour = picture.colour if picture.colour.ndim == 3 else picture.colour[..., None]
    array = np.empty((*picture.alpha.shape, 4), np.uint8)
    array[..., :3], array[..., 3] = colour, picture.alpha
    return array
