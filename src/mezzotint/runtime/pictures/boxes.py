# SPDX-License-Identifier: Apache-2.0
"""What travels beside the coded pixels: alpha, without loss, and metadata, untouched.

The payload of the alpha box ALPH (docs/format.md, boxes) is one byte that says how, then the plane:

    0  every pixel has the value of the one byte that follows
    1  rows as they are      2  differences to the left neighbour      3  differences to the row above

1 to 3 are a zlib stream of exactly height x width bytes, differences modulo 256. The trap is the other
direction: a few kilobytes can inflate to gigabytes, so inflating stops one byte after the size that the
header (already held to its limits) declares.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from mezzotint.bitstream import ALPHA, EXIF, ICC, XMP, Box
from mezzotint.errors import DamagedFile
from mezzotint.runtime.pictures.picture import Picture

_CONSTANT, _PLAIN, _LEFT, _ABOVE = 0, 1, 2, 3
_TRIAL_ROWS = 128  # the filter is chosen on so many rows from the middle


def to_boxes(picture: Picture) -> tuple[Box, ...]:
    boxes = [] if picture.alpha is None else [Box(ALPHA, _pack(picture.alpha))]
    metadata = ((ICC, picture.icc), (EXIF, picture.exif), (XMP, picture.xmp))
    return (*boxes, *(Box(tag, payload) for tag, payload in metadata if payload))


def from_boxes(boxes: tuple[Box, ...], height: int, width: int) -> Picture:
    """A picture with all but its colour, which is left empty; DamagedFile if the alpha plane is wrong."""
    payloads = {box.tag: box.payload for box in boxes}
    alpha = _unpack(payloads[ALPHA], height, width) if ALPHA in payloads else None
    return Picture(
        np.empty((0, 0), np.uint8),
        alpha,
        payloads.get(ICC, b""),
        payloads.get(EXIF, b""),
        payloads.get(XMP, b""),
    )


def _pack(plane: NDArray[np.uint8]) -> bytes:
    first = int(plane[0, 0])
    if (plane == first).all():
        return bytes([_CONSTANT, first])
    middle = max(0, (len(plane) - _TRIAL_ROWS) // 2)
    trial = plane[middle : middle + _TRIAL_ROWS]
    best = min((_PLAIN, _LEFT, _ABOVE), key=lambda kind: len(zlib.compress(_differences(trial, kind), 6)))
    return bytes([best]) + zlib.compress(_differences(plane, best), 6)


def _differences(plane: NDArray[np.uint8], kind: int) -> bytes:
    if kind == _PLAIN:
        return plane.tobytes()
    axis = 1 if kind == _LEFT else 0
    return np.diff(plane, axis=axis, prepend=np.uint8(0)).tobytes()  # wraps modulo 256


def _unpack(payload: bytes, height: int, width: int) -> NDArray[np.uint8]:
    kind = payload[0] if payload else -1
    if kind == _CONSTANT and len(payload) == 2:
        return np.full((height, width), payload[1], np.uint8)
    if kind not in (_PLAIN, _LEFT, _ABOVE):
        raise DamagedFile("the alpha plane is stored in an unknown way")
    size = height * width
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(memoryview(payload)[1:], size + 1)
    except zlib.error:
        raise DamagedFile("the alpha plane cannot be inflated") from None
    if len(content) != size or not inflater.eof or inflater.unused_data:
        raise DamagedFile("the alpha plane has another size than the picture")
    plane = np.frombuffer(content, np.uint8).reshape(height, width)
    if kind == _PLAIN:
        return plane
    return np.add.accumulate(plane, axis=1 if kind == _LEFT else 0, dtype=np.uint8)
