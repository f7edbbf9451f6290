# SPDX-License-Identifier: Apache-2.0
"""What travels beside the coded pixels, as boxes: alpha, without loss, and metadata, untouched (docs/format.md 3)."""

from __future__ import annotations

import numpy as np

from mezzotint.bitstream import ALPHA, EXIF, ICC, XMP, Box, Limits
from mezzotint.bitstream.boxes import KNOWN
from mezzotint.bitstream.limits import hold
from mezzotint.errors import LimitExceeded
from mezzotint.runtime.pictures.alpha import pack_alpha, unpack_alpha
from mezzotint.runtime.pictures.picture import Picture, dtype_of


def to_boxes(picture: Picture) -> tuple[Box, ...]:
    """The boxes of all but the colour.

    An alpha plane of one value, such as an opaque one, costs its 2 bytes (3 for a deep picture) and no more. It is
    kept so that an array comes back in the shape that it had.
    """
    boxes = [] if picture.alpha is None else [Box(ALPHA, pack_alpha(picture.alpha))]
    return (*boxes, *_metadata(picture))


def check_metadata(picture: Picture, limits: Limits) -> None:
    """LimitExceeded for boxes that are too many or too large, before anything is coded."""
    count = len(_metadata(picture)) + (picture.alpha is not None)
    declared = [("max_boxes", count, f"{count} boxes are more than {limits.max_boxes}")]
    for box in _metadata(picture):
        size, what = len(box.payload), f"the box {box.tag.decode('ascii')!r} has {len(box.payload)} bytes"
        if size > KNOWN[box.tag]:
            raise LimitExceeded(f"{what}, over {KNOWN[box.tag]}", "leave it out: the format allows no more")
        declared.append(("max_box_bytes", size, f"{what}, over {limits.max_box_bytes}"))
    hold(limits, declared, "leave metadata out, or ")


def _metadata(picture: Picture) -> list[Box]:
    payloads = ((ICC, picture.icc), (EXIF, picture.exif), (XMP, picture.xmp))
    return [Box(tag, payload) for tag, payload in payloads if payload]


def from_boxes(boxes: tuple[Box, ...], height: int, width: int, bit_depth: int = 8) -> Picture:
    """A picture with all but its colour, which is left empty; DamagedFile if the alpha plane is wrong."""
    payloads = {box.tag: box.payload for box in boxes}
    alpha = unpack_alpha(payloads[ALPHA], height, width, bit_depth) if ALPHA in payloads else None
    return Picture(
        np.empty((0, 0), dtype_of(bit_depth)),
        alpha,
        payloads.get(ICC, b""),
        payloads.get(EXIF, b""),
        payloads.get(XMP, b""),
        bit_depth,
    )
