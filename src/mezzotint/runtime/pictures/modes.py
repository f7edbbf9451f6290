# SPDX-License-Identifier: Apache-2.0
"""Every Pillow mode to what the codec carries: L, LA, RGB or RGBA, 8 bits a sample.

- No loss: 1 to L; P and PA to RGB or RGBA; RGBX to RGB; La to LA; RGBa to RGBA; the transparency of a palette or
  of a key colour becomes alpha.
- ConversionWarning: CMYK, YCbCr, LAB and HSV to RGB (rounding, and colours outside sRGB); I;16 and I to L, taken as
  0..65535 and scaled to 0..255; F to L, taken as 0..255; only the current frame of an animation; metadata over the
  limits of the format.

The EXIF orientation is applied to the pixels. An ICC profile is kept where it still describes the pixels.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.bitstream import EXIF, ICC, XMP
from mezzotint.bitstream.boxes import KNOWN
from mezzotint.errors import BadImage, ConversionWarning
from mezzotint.runtime.pictures.picture import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

_LOSSLESS = {"1": "L", "PA": "RGBA", "RGBX": "RGB", "La": "LA", "RGBa": "RGBA"}
_ORIENTATION = 0x0112  # the EXIF tag
_EXIF_PREFIX = b"Exif\0\0"  # in `Image.info`, but not in files (docs/format.md 3.1)
_ICC_SPACES = {2: b"GRAY", 3: b"RGB "}  # by axes of the colour plane; bytes 16..19 of a profile
_BOXES = {"ICC profile": ICC, "EXIF": EXIF, "XMP": XMP}


def from_pillow(image: Image, metadata: bool = True) -> Picture:
    """A picture from a Pillow image of any mode; `metadata=False` leaves EXIF and XMP behind."""
    try:
        image.load()
    except Exception as reason:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise BadImage(f"Pillow cannot read the image: {reason}", "check that it opens elsewhere") from reason
    if 0 in image.size:
        raise BadImage("the image holds no pixels", "give at least one row and column")
    if getattr(image, "is_animated", False):
        _warn("the image is an animation, and only its current frame is encoded")
    try:
        standard = _standard(_upright(image))
    except (TypeError, ValueError) as reason:  # such as a key colour that fits the mode of another image
        raise BadImage(f"Pillow cannot convert the image: {reason}", "convert it to RGB or RGBA") from reason
    array = np.asarray(standard)
    bands = array.shape[2] if array.ndim == 3 else 1
    alpha = array[..., -1] if bands in (2, 4) else None
    colour = array[..., 0] if bands == 2 else array[..., :3] if bands == 4 else array
    info = standard.info if metadata else {}
    icc = _payload(image.info, "icc_profile", "ICC profile")
    return Picture(
        colour,
        alpha,
        icc if icc[16:20] == _ICC_SPACES[colour.ndim] else b"",
        _payload(info, "exif", "EXIF").removeprefix(_EXIF_PREFIX),
        _payload(info, "xmp", "XMP"),
    )


def to_pillow(picture: Picture) -> Image:
    """L, LA, RGB or RGBA, with the metadata where Pillow's savers look for it."""
    from PIL import Image

    if picture.alpha is None:
        image = Image.fromarray(np.ascontiguousarray(picture.colour))
    else:
        image = Image.fromarray(np.dstack([picture.colour, picture.alpha]))
    exif = _EXIF_PREFIX + picture.exif if picture.exif else b""
    for key, payload in (("icc_profile", picture.icc), ("exif", exif), ("xmp", picture.xmp)):
        if payload:
            image.info[key] = payload
    return image


def _warn(what: str) -> None:
    warnings.warn(what, ConversionWarning, stacklevel=2)


def _payload(info: dict[Any, Any], key: str, name: str) -> bytes:
    payload = info.get(key)
    if not isinstance(payload, bytes):
        return b""
    most = KNOWN[_BOXES[name]]
    if len(payload) > most:
        _warn(f"the {name} of the image is over {most >> 20} MiB and is left out")
        return b""
    return payload


def _upright(image: Image) -> Image:
    from PIL import ImageOps

    try:
        if image.getexif().get(_ORIENTATION, 1) == 1:
            return image  # exif_transpose would copy it
        return ImageOps.exif_transpose(image)
    except Exception:  # EXIF that cannot be parsed says nothing about orientation
        return image


def _standard(image: Image) -> Image:
    """The image in mode L, LA, RGB or RGBA."""
    mode = image.mode
    if mode == "P":
        transparent = "transparency" in image.info or (
            image.palette is not None and image.palette.mode == "RGBA"
        )
        return image.convert("RGBA" if transparent else "RGB")
    if mode in ("1", "L", "RGB") and "transparency" in image.info:
        return image.convert("RGBA" if mode == "RGB" else "LA")
    if mode in ("L", "LA", "RGB", "RGBA"):
        return image
    if mode in _LOSSLESS:
        return image.convert(_LOSSLESS[mode])
    if mode == "LAB":
        return _from_lab(image)
    if mode == "F" or mode.startswith("I"):
        return _from_numbers(image)
    _warn(f"the image has the mode {mode} and is converted to RGB")  # CMYK, YCbCr, HSV, and what may come
    return image.convert("RGB")


def _from_lab(image: Image) -> Image:
    from PIL import ImageCms

    _warn("the image has the mode LAB and is converted to sRGB")
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    assert converted is not None  # only with inPlace
    converted.info = {key: value for key, value in image.info.items() if key != "icc_profile"}
    return converted


def _from_numbers(image: Image) -> Image:
    """I, I;16 and F to 8-bit grey."""
    from PIL import Image as images

    wide = image if image.mode in ("I", "F") else image.convert("I")
    values: NDArray[np.float64] = np.nan_to_num(np.asarray(wide).astype(np.float64))  # NaN is black
    scale = 1.0 if image.mode == "F" else 257.0  # 65535 = 255 * 257
    grey = np.clip(np.rint(values / scale), 0, 255).astype(np.uint8)
    if (grey * scale != values).any():
        _warn(f"the image has the mode {image.mode} and is reduced to 8 bits")
    converted = images.fromarray(grey)
    converted.info = dict(image.info)
    return converted
