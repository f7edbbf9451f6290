# SPDX-License-Identifier: Apache-2.0
"""The pixels of every Pillow mode as what the codec carries: grey or RGB of 8 bits, grey of 16, and alpha.

- No loss: L, LA, RGB, RGBA; P and PA to RGB or RGBA; RGBX to RGB; La to LA; RGBa to RGBA; I;16 and its kin to grey of
  16 bits, and I where its values fit; the transparency of a palette or of a key colour becomes alpha.
- No loss, but with a ConversionWarning, because only lossless coding keeps it two-valued: 1 to grey.
- ConversionWarning for what is lost: CMYK, YCbCr, LAB and HSV to RGB (rounding, and colours outside sRGB); I with
  values outside 0..65535, which are clipped; F, taken as 0..255, to grey of 8 bits.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import ConversionWarning
from mezzotint.runtime.pictures.inks import cmyk_to_rgb, lab_to_rgb
from mezzotint.runtime.pictures.picture import Samples

if TYPE_CHECKING:
    from PIL.Image import Image

_BAND = 1 << 22  # bytes at a time
_LOSSLESS = {"PA": "RGBA", "RGBX": "RGB", "La": "LA", "RGBa": "RGBA"}


@dataclass(frozen=True, eq=False)
class Pixels:
    colour: Samples  # (H, W, 3) or (H, W)
    alpha: Samples | None  # (H, W)
    bit_depth: int = 8
    in_srgb: bool = False  # the conversion led to sRGB, whatever the image's profile said


def pixels_of(image: Image) -> Pixels:
    """The pixels of a loaded image, not turned. TypeError or ValueError where Pillow cannot convert it."""
    mode = image.mode
    if mode == "F":
        return _split(_from_floats(image))
    if mode.startswith("I"):
        return _from_integers(image)
    if mode in ("CMYK", "LAB"):
        return _split(_array(cmyk_to_rgb(image) if mode == "CMYK" else lab_to_rgb(image)), in_srgb=True)
    return _split(_array(_standard(image)))


def bands_of(image: Image) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """The samples of an 8-bit image, some rows at a time: numpy alone would need the bytes of all of it twice."""
    step = max(1, _BAND // (image.width * len(image.getbands())))
    for top in range(0, image.height, step):
        bottom = min(image.height, top + step)
        yield slice(top, bottom), np.asarray(image.crop((0, top, image.width, bottom)))


def _array(image: Image) -> NDArray[np.uint8]:
    bands = len(image.getbands())
    array = np.empty((image.height, image.width, bands)[: 2 if bands == 1 else 3], np.uint8)
    for rows, samples in bands_of(image):
        array[rows] = samples
    return array


def _split(array: NDArray[np.uint8], in_srgb: bool = False) -> Pixels:
    bands = array.shape[2] if array.ndim == 3 else 1
    alpha = array[..., -1] if bands in (2, 4) else None
    colour = array[..., 0] if bands == 2 else array[..., :3] if bands == 4 else array
    return Pixels(colour, alpha, in_srgb=in_srgb)


def _standard(image: Image) -> Image:
    """The image in mode L, LA, RGB or RGBA."""
    mode = image.mode
    if mode == "1":
        _warn(
            "the image has 1 bit a pixel and becomes grey of 8 bits; nothing is lost by that, "
            "but only lossless coding keeps it black and white"
        )
    if mode == "P":
        transparent = "transparency" in image.info or (
            image.palette is not None and image.palette.mode == "RGBA"
        )
        return image.convert("RGBA" if transparent else "RGB")
    if mode in ("1", "L", "RGB") and "transparency" in image.info:
        return image.convert("RGBA" if mode == "RGB" else "LA")
    if mode in ("L", "LA", "RGB", "RGBA"):
        return image
    if mode == "1":
        return image.convert("L")
    if mode in _LOSSLESS:
        return image.convert(_LOSSLESS[mode])
    _warn(f"the image has the mode {mode} and is converted to RGB")  # YCbCr, HSV, and what may come
    return image.convert("RGB")


def _from_integers(image: Image) -> Pixels:
    """I;16 in any byte order, and I: grey of 16 bits, 0 to 65535."""
    known = image.mode in ("I", "I;16", "I;16L", "I;16B")  # to numpy
    wide = np.asarray(image if known else image.convert("I"))
    if wide.min() < 0 or wide.max() > 0xFFFF:
        _warn(f"the image has the mode {image.mode} and is clipped to 0..65535")
        wide = np.clip(wide, 0, 0xFFFF)
    grey = wide.astype(np.uint16)
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return Pixels(grey, None, 16)
    return Pixels(grey, np.where(grey == key, 0, 0xFFFF).astype(np.uint16), 16)


def _from_floats(image: Image) -> NDArray[np.uint8]:
    values = np.nan_to_num(np.asarray(image))  # NaN is black
    grey: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    if (grey != values).any():
        _warn("the image has the mode F and is reduced to grey of 8 bits, its values taken as 0..255")
    return grey


def _warn(what: str) -> None:
    warnings.warn(what, ConversionWarning, stacklevel=3)
