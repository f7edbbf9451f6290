# SPDX-License-Identifier: Apache-2.0
"""A picture to the bytes of a picture file: whatever Pillow writes, and .npy; deep ones where the format can.

All bits are kept in .npy, PNG, TIFF and PPM; metadata in PNG, JPEG, WebP, AVIF and TIFF. The trap is that Pillow's
writers differ in where they look for metadata, and that some choke on EXIF which is malformed.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mezzotint.errors import BadImage, ConversionWarning, UsageError
from mezzotint.runtime.pictures.depths import with_depth
from mezzotint.runtime.pictures.images import to_pillow
from mezzotint.runtime.pictures.picture import Picture, to_array
from mezzotint.runtime.pictures.png16 import itxt, write_png16
from mezzotint.runtime.pictures.tiff16 import write_tiff16

if TYPE_CHECKING:
    from PIL.Image import Image

STDOUT_FORM = "PNG"
_NPY, _OURS = "NPY", ".mzt"  # the Pillow plugin may have registered the latter
_SETTINGS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 4},  # as small as Pillow's 6 on photos, in half the time
    "JPEG": {"quality": 95, "subsampling": 0, "optimize": True},
    "WEBP": {"quality": 95},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
}
_METADATA = ("icc_profile", "exif", "xmp")
_SEGMENT = 65_000  # bytes of EXIF or XMP for which a JPEG has room, near enough
_NO_EXIF = "the EXIF is malformed and is left out"
_XMP_TAG = 700  # of TIFF


def form_of(target: str) -> str:
    """The name of the format that a file name asks for: Pillow's, or "NPY". UsageError where there is none."""
    from PIL import Image as images

    if target == "-":
        return STDOUT_FORM
    suffix = Path(target).suffix.lower()
    if suffix == ".npy":
        return _NPY
    images.preinit()
    if suffix not in images.EXTENSION:
        images.init()
    form = images.EXTENSION.get(suffix)
    if form is None or form not in images.SAVE or suffix == _OURS:
        wrong = f"{target} has no suffix" if not suffix else f"no picture can be written as {suffix}"
        raise UsageError(wrong, "let the name end in .png, .jpg, .tif, .webp, .avif, .ppm, .bmp or .npy")
    return form


def write_picture(picture: Picture, form: str) -> bytes:
    """The bytes of a file in the format `form` (see `form_of`).

    Lossy formats get quality 95. ConversionWarning where the format has fewer bits a sample than the picture, or no
    room for its metadata; BadImage for a picture that the format cannot hold, such as a transparent one in JPEG.
    """
    if form == _NPY:
        buffer = io.BytesIO()
        np.save(buffer, to_array(picture), allow_pickle=False)
        return buffer.getvalue()
    if picture.bit_depth > 8:
        if form == "PNG":
            return write_png16(picture)
        if form == "TIFF":
            return _tiff16(picture)
        if form == "PPM" and picture.alpha is None:
            return _ppm(picture)
        _warn(
            f"{form} is written with 8 bits a sample, and the picture has {picture.bit_depth}; "
            "write .png, .tif or .npy to keep all"
        )
        picture = with_depth(picture, 8)
    return write_image(to_pillow(picture), form)


def write_image(image: Image, form: str) -> bytes:
    """The same for a Pillow image with its metadata in `info`, in any format but .npy."""
    settings = dict(_SETTINGS.get(form, {}))
    settings.update({key: image.info[key] for key in _METADATA if image.info.get(key)})
    if form == "JPEG":
        for key in ("exif", "xmp"):
            if len(settings.get(key, b"")) > _SEGMENT:
                _warn(
                    f"a JPEG has no room for {len(settings.pop(key)):,} bytes of {key.upper()}, which is left out"
                )
    try:
        return _saved(image, form, settings)
    except Exception as reason:  # malformed EXIF makes Pillow raise nearly anything
        if settings.pop("exif", None):
            try:
                data = _saved(image, form, settings)
            except Exception:
                pass
            else:
                _warn(_NO_EXIF)
                return data
        raise BadImage(
            f"{form} cannot hold this picture ({image.mode}, {image.width}x{image.height}): {reason}",
            "choose another suffix, such as .png",
        ) from None


def _saved(image: Image, form: str, settings: dict[str, Any]) -> bytes:
    settings = dict(settings)
    xmp = settings.get("xmp")
    if xmp and form == "PNG":  # Pillow reads XMP from PNG and does not write it
        from PIL.PngImagePlugin import PngInfo

        settings["pnginfo"] = PngInfo()
        settings["pnginfo"].add(b"iTXt", itxt(xmp))
    if xmp and form == "TIFF":  # a tag among those that it takes from EXIF
        from PIL.Image import Exif

        exif = Exif()
        exif.load(settings.get("exif", b""))
        exif[_XMP_TAG] = xmp
        settings["exif"] = exif
    buffer = io.BytesIO()
    image.save(buffer, form, **settings)
    return buffer.getvalue()


def _tiff16(picture: Picture) -> bytes:
    try:
        return write_tiff16(picture)
    except Exception:  # of Pillow's parser
        if not picture.exif:
            raise
        _warn(_NO_EXIF)
        return write_tiff16(replace(picture, exif=b""))


def _ppm(picture: Picture) -> bytes:
    """Samples as they are: the format declares the largest."""
    kind = "P5" if picture.colour.ndim == 2 else "P6"
    head = f"{kind}\n{picture.width} {picture.height}\n{2**picture.bit_depth - 1}\n"
    return head.encode() + picture.colour.astype(">u2").tobytes()


def _warn(what: str) -> None:
    warnings.warn(what, ConversionWarning, stacklevel=3)
