# SPDX-License-Identifier: Apache-2.0
"""CMYK and LAB to sRGB, by colour management where there is a profile to go by.

Trap: a CMYK profile no longer describes the RGB pixels that come out, so the caller must not keep it.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from mezzotint.errors import ConversionWarning

if TYPE_CHECKING:
    from PIL.Image import Image

_SPACE = slice(16, 20)  # of a profile: the colour space that it describes


def cmyk_to_rgb(image: Image) -> Image:
    """By the image's own ICC profile if that works, else by Pillow's formula. ConversionWarning says which."""
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile[_SPACE] == b"CMYK":
        converted = _managed(image, io.BytesIO(profile))
        if converted is not None:
            _warn("the image has the mode CMYK and is converted to sRGB by its ICC profile")
            return converted
        _warn(
            "the image has the mode CMYK and an ICC profile that is damaged; it becomes RGB by a plain formula"
        )
    else:
        _warn("the image has the mode CMYK and no ICC profile for it; it becomes RGB by a plain formula")
    return image.convert("RGB")


def lab_to_rgb(image: Image) -> Image:
    """ConversionWarning, since sRGB holds fewer colours."""
    from PIL import ImageCms

    _warn("the image has the mode LAB and is converted to sRGB")
    converted = _managed(image, ImageCms.createProfile("LAB"))
    if converted is None:
        raise ValueError("LAB cannot be converted to sRGB")
    return converted


def _managed(image: Image, profile: Any) -> Image | None:
    """The image in sRGB, relative to the white of its medium; None where the profile is of no use."""
    from PIL import ImageCms

    try:
        return ImageCms.profileToProfile(
            image,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None


def _warn(what: str) -> None:
    warnings.warn(what, ConversionWarning, stacklevel=3)
