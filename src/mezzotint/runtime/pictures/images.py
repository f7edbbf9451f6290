# SPDX-License-Identifier: Apache-2.0
"""Pillow images to pictures and back: the first frame, upright, with its metadata.

One source of truth: a picture's pixels are upright, and no metadata that leaves here says anything else. The trap is
that some of Pillow's readers turn the pixels themselves (TIFF) and others do not.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import numpy as np

from mezzotint.errors import BadImage, ConversionWarning
from mezzotint.runtime.pictures import metadata
from mezzotint.runtime.pictures.depths import scaled, with_depth
from mezzotint.runtime.pictures.metadata import EXIF_PREFIX, Metadata
from mezzotint.runtime.pictures.modes import Pixels, pixels_of
from mezzotint.runtime.pictures.picture import Picture, Samples

if TYPE_CHECKING:
    from PIL.Image import Image

_ICC_SPACES = {2: b"GRAY", 3: b"RGB "}  # by axes of the colour plane; bytes 16..19 of a profile
_TURNS: dict[int, Callable[[Samples], Samples]] = {  # by EXIF orientation; views of (H, W, ...)
    1: lambda plane: plane,
    2: lambda plane: plane[:, ::-1],
    3: lambda plane: plane[::-1, ::-1],
    4: lambda plane: plane[::-1],
    5: lambda plane: plane.swapaxes(0, 1),
    6: lambda plane: plane.swapaxes(0, 1)[:, ::-1],
    7: lambda plane: plane.swapaxes(0, 1)[::-1, ::-1],
    8: lambda plane: plane.swapaxes(0, 1)[::-1],
}


def from_pillow(image: Image, strip: Iterable[str] = ()) -> Picture:
    """A picture from a Pillow image of any mode, upright; of an animation its first frame, with a warning.

    8 bits a sample, or 16 for grey from I;16 and I. `strip` names metadata to leave behind: any of "all", "gps",
    "exif", "xmp", "icc". ICC profile, EXIF and XMP are byte-exact, but for the orientation, which becomes 1; where the
    pixels had to be turned for that, the EXIF thumbnail goes.

    BadImage for what Pillow cannot read or convert, UsageError for another word in `strip`, and ConversionWarning where
    something is lost (modes.py says what).
    """
    return picture_from(image, metadata.checked_strip(strip), pixels_of)


def picture_from(image: Image, strip: frozenset[str], read: Callable[[Image], Pixels]) -> Picture:
    """The same with another way to get at the pixels of the image once it is loaded; not turned."""
    with _first_frame(image) as frame:
        # Reading a TIFF turns its pixels, and takes the orientation out of EXIF and XMP; a PNG may have metadata behind
        # its pixels.
        transposed = frame.format == "TIFF"
        stored = metadata.of_image(frame) if transposed else None
        _load(frame)
        stored = stored or metadata.of_image(frame)
        if 0 in frame.size:
            raise BadImage("the image holds no pixels", "give at least one row and column")
        try:
            pixels = read(frame)
        except (TypeError, ValueError) as reason:  # such as a key colour that fits the mode of another image
            raise BadImage(
                f"Pillow cannot convert the image: {reason}", "convert it to RGB or RGBA"
            ) from reason
    return metadata.stripped(_upright(pixels, stored, transposed), strip)


def to_pillow(picture: Picture) -> Image:
    """L, LA, RGB or RGBA, or I;16 for deep grey, with the metadata where Pillow's savers look for it.

    Pillow has no mode for deep colour, nor for deep grey with alpha: they become 8 bits, with a ConversionWarning.
    """
    from PIL import Image

    if picture.bit_depth > 8 and picture.colour.ndim == 2 and picture.alpha is None:
        image = Image.fromarray(np.ascontiguousarray(scaled(picture.colour, picture.bit_depth, 16)))  # I;16
    else:
        if picture.bit_depth > 8:
            warnings.warn(
                f"Pillow holds 8 bits a sample, and the picture has {picture.bit_depth}: the rest is lost; "
                "decode it with as_='array' to keep all",
                ConversionWarning,
                stacklevel=2,
            )
        plain = with_depth(picture, 8)
        samples = plain.colour if plain.alpha is None else np.dstack([plain.colour, plain.alpha])
        image = Image.fromarray(np.ascontiguousarray(samples))
    # Pixels of a .mzt file are upright, whatever another encoder may have left in its metadata.
    found = metadata.upright(Metadata(picture.icc, picture.exif, picture.xmp), turned=False)
    exif = EXIF_PREFIX + found.exif if found.exif else b""
    for key, payload in (("icc_profile", found.icc), ("exif", exif), ("xmp", found.xmp)):
        if payload:
            image.info[key] = payload
    return image


@contextmanager
def _first_frame(image: Image) -> Iterator[Image]:
    """The image at its first frame; it is put back to where it was."""
    try:
        if not getattr(image, "is_animated", False):
            position = None
        else:
            position = image.tell()
            warnings.warn(
                "the image has several frames, and only the first is encoded; "
                "save another frame as a picture of its own to encode that",
                ConversionWarning,
                stacklevel=4,
            )
            image.seek(0)
    except (OSError, EOFError, SyntaxError, ValueError) as reason:
        raise _unreadable(reason) from reason
    try:
        yield image
    finally:
        if position:
            with suppress(Exception):
                image.seek(position)


def _load(image: Image) -> None:
    try:
        image.load()
    except Exception as reason:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise _unreadable(reason) from reason


def _unreadable(reason: Exception) -> BadImage:
    return BadImage(f"Pillow cannot read the image: {reason}", "check that it opens elsewhere")


def _upright(pixels: Pixels, stored: Metadata, transposed: bool) -> Picture:
    orientation = metadata.orientation(stored)
    turn = _TURNS[1 if transposed else orientation]
    found = metadata.upright(stored, turned=orientation != 1)
    fits = not pixels.in_srgb and found.icc[16:20] == _ICC_SPACES[pixels.colour.ndim]
    if found.icc and not fits and not pixels.in_srgb:
        warnings.warn(
            f"the ICC profile does not describe {'grey' if pixels.colour.ndim == 2 else 'RGB'} pixels and is left out",
            ConversionWarning,
            stacklevel=3,
        )
    return Picture(
        turn(pixels.colour),
        None if pixels.alpha is None else turn(pixels.alpha),
        found.icc if fits else b"",
        found.exif,
        found.xmp,
        pixels.bit_depth,
    )
