# SPDX-License-Identifier: Apache-2.0
"""Picture files of every format through Pillow, and what its errors mean to a person.

Pillow's own size check is switched off while a file is opened here: --max-pixels takes its place.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from mezzotint.errors import BadImage, LimitExceeded, NotMezzotint, UsageError

STDOUT_FORM = "PNG"
OURS = ".mzt"  # the plugin may have registered it
_SETTINGS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 4},  # as small as Pillow's 6 on photos, in half the time
    "JPEG": {"quality": 95, "subsampling": 0, "optimize": True},
    "WEBP": {"quality": 95},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
}
_KEPT = (
    "icc_profile",
    "exif",
    "xmp",
)  # some of Pillow's writers take them from `info`, others only as arguments


def load(data: bytes, name: str, max_pixels: int) -> Image.Image:
    """The picture in a file's bytes, all pixels read."""
    if not data:
        raise BadImage(f"{name} is empty", "give a picture file")
    if _is_coded(data):
        raise BadImage(f"{name} is a .mzt file already", "`mzt decode` it first")
    allowed, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > max_pixels:
            raise LimitExceeded(
                f"{name} has {image.width}x{image.height} pixels, over the limit of {max_pixels:,}",
                "raise --max-pixels if you trust the file",
            )
        image.load()
    except UnidentifiedImageError:
        raise BadImage(
            f"{name} is not a picture that Pillow can read", "give a PNG, JPEG, TIFF, WebP or AVIF file"
        ) from None
    except LimitExceeded:
        raise
    except Exception as reason:  # on a damaged file Pillow's plugins raise nearly anything
        raise BadImage(f"{name} is damaged: {reason}", "copy or download the file again") from None
    finally:
        Image.MAX_IMAGE_PIXELS = allowed
    return image


def load_any(data: bytes, name: str, max_pixels: int, model: str | None) -> Image.Image:
    """The picture in a file's bytes, be it ours or one of Pillow's."""
    if not _is_coded(data):
        return load(data, name, max_pixels)
    import mezzotint
    from mezzotint.bitstream import Limits

    return mezzotint.decode(data, as_="pillow", model=model, limits=Limits(max_pixels=max_pixels))


def form_of(target: str) -> str:
    """Pillow's name of the format that a file name asks for."""
    if target == "-":
        return STDOUT_FORM
    suffix = Path(target).suffix.lower()
    Image.preinit()
    if suffix not in Image.EXTENSION:
        Image.init()
    form = Image.EXTENSION.get(suffix)
    if form is None or form not in Image.SAVE or suffix == OURS:
        wrong = f"{target} has no suffix" if not suffix else f"no picture can be written as {suffix}"
        raise UsageError(wrong, "let the name end in .png, .jpg, .tif, .webp, .avif, .ppm or .bmp")
    return form


def dump(image: Image.Image, form: str) -> bytes:
    """The bytes of a picture file."""
    settings = dict(_SETTINGS.get(form, {}))
    settings.update({key: image.info[key] for key in _KEPT if image.info.get(key)})
    if form == "PNG" and "xmp" in settings:  # Pillow reads XMP from PNG and does not write it
        settings["pnginfo"] = PngImagePlugin.PngInfo()
        settings["pnginfo"].add_itxt("XML:com.adobe.xmp", settings.pop("xmp").decode("utf-8", "replace"))
    buffer = io.BytesIO()
    try:
        image.save(buffer, form, **settings)
    except (OSError, ValueError, KeyError, TypeError) as reason:
        raise BadImage(
            f"{form} cannot hold this picture ({image.mode}, {image.width}x{image.height}): {reason}",
            "choose another suffix, such as .png",
        ) from None
    return buffer.getvalue()


def _is_coded(data: bytes) -> bool:
    from mezzotint.bitstream import Limits, read_header
    from mezzotint.errors import MezzotintError

    try:
        read_header(data, Limits())
    except NotMezzotint:
        return False
    except MezzotintError:
        return True  # ours, though damaged: let the decoder say what is wrong
    return True
