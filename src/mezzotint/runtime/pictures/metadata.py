# SPDX-License-Identifier: Apache-2.0
"""ICC profile, EXIF and XMP: where Pillow keeps them, what may be left behind, and which way is up.

Byte-exact, but for the orientation: pixels are turned upright, and the value is put right in place. Trap: the
orientation stands in EXIF, in XMP, or in both, and readers believe one or the other; so afterwards both say 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mezzotint.bitstream import EXIF, ICC, XMP
from mezzotint.bitstream.boxes import KNOWN
from mezzotint.errors import ConversionWarning, UsageError
from mezzotint.runtime.pictures import exif as exifs
from mezzotint.runtime.pictures import xmp as xmps
from mezzotint.runtime.pictures.picture import Picture
from mezzotint.runtime.pictures.tiff_tags import exif_of_tiff

if TYPE_CHECKING:
    from PIL.Image import Image

STRIPPABLE = ("all", "gps", "exif", "xmp", "icc")
EXIF_PREFIX = b"Exif\0\0"  # in `Image.info` and in JPEG, but not in files (docs/format.md 3.1)
_BOXES = {"ICC profile": ICC, "EXIF": EXIF, "XMP": XMP}


@dataclass(frozen=True)
class Metadata:
    icc: bytes = b""
    exif: bytes = b""  # from its TIFF header on
    xmp: bytes = b""


def of_image(image: Image) -> Metadata:
    """What came with a Pillow image, as it is; ConversionWarning for what is over the limits of the format.

    To be called before `load`, which for TIFF takes the orientation out of EXIF and XMP, and once more behind it for
    formats that keep metadata behind the pixels.
    """
    info = image.info
    exif = info.get("exif") or _from_text(info.get("Raw profile type exif"))
    if not exif and hasattr(image, "tag_v2"):
        exif = exif_of_tiff(image)
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
    return Metadata(
        _payload(info.get("icc_profile"), "ICC profile"),
        without_prefix(_payload(exif, "EXIF")),
        _payload(xmp, "XMP"),
    )


def without_prefix(exif: bytes) -> bytes:
    return exif.removeprefix(EXIF_PREFIX).removeprefix(EXIF_PREFIX)  # some cameras write it twice


def orientation(metadata: Metadata) -> int:
    """1..8, how the pixels have to be turned: as EXIF says, else as XMP says."""
    return exifs.orientation(metadata.exif) or xmps.orientation(metadata.xmp) or 1


def upright(metadata: Metadata, turned: bool) -> Metadata:
    """What belongs to upright pixels; `turned` if they had to be turned, which leaves the EXIF thumbnail behind."""
    return replace(metadata, exif=exifs.upright(metadata.exif, turned), xmp=xmps.upright(metadata.xmp))


def checked_strip(strip: Iterable[str]) -> frozenset[str]:
    """The kinds of metadata to leave behind, "all" spelled out; UsageError for a word that is none."""
    if not isinstance(strip, Iterable):
        raise UsageError(f"strip {strip!r} is unknown", f"choose of {', '.join(STRIPPABLE)}")
    kinds = frozenset([strip] if isinstance(strip, str) else strip)
    if unknown := sorted(str(kind) for kind in kinds if kind not in STRIPPABLE):
        raise UsageError(f"strip {unknown[0]!r} is unknown", f"choose of {', '.join(STRIPPABLE)}")
    return kinds | {"exif", "xmp", "icc"} if "all" in kinds else kinds


def stripped(picture: Picture, strip: Iterable[str]) -> Picture:
    """The picture without some of its metadata: any of "all" (the last three), "gps", "exif", "xmp", "icc".

    "gps" takes the GPS directory out of EXIF and properties named GPS... out of XMP. Where either is too malformed to
    be sure that nothing is left, it goes as a whole, with a ConversionWarning. UsageError for other words.
    """
    kinds = checked_strip(strip)
    if "gps" in kinds:
        picture = replace(
            picture,
            exif=b""
            if "exif" in kinds
            else _sure(exifs.without_location(picture.exif), picture.exif, "EXIF"),
            xmp=b"" if "xmp" in kinds else _sure(xmps.without_location(picture.xmp), picture.xmp, "XMP"),
        )
    return replace(
        picture,
        icc=b"" if "icc" in kinds else picture.icc,
        exif=b"" if "exif" in kinds else picture.exif,
        xmp=b"" if "xmp" in kinds else picture.xmp,
    )


def _sure(cleaned: bytes | None, before: bytes, name: str) -> bytes:
    if cleaned is None and before:
        warnings.warn(
            f"the {name} is malformed and is left out as a whole, so that no location stays in it",
            ConversionWarning,
            stacklevel=3,
        )
    return cleaned or b""


def _payload(payload: Any, name: str) -> bytes:
    if hasattr(payload, "tobytes"):  # an Image.Exif
        payload = payload.tobytes()
    if isinstance(payload, str):
        payload = payload.encode("utf-8", "surrogateescape")
    if not isinstance(payload, bytes):
        return b""
    most = KNOWN[_BOXES[name]]
    if len(payload) > most:
        warnings.warn(
            f"the {name} of the image is over {most >> 20} MiB and is left out",
            ConversionWarning,
            stacklevel=3,
        )
        return b""
    return payload


def _from_text(profile: Any) -> bytes:
    """ImageMagick's way of old to keep EXIF in PNG: a name, a length, and hexadecimal digits in lines."""
    if not isinstance(profile, str):
        return b""
    try:
        return bytes.fromhex("".join(profile.split("\n")[3:]))
    except ValueError:
        return b""
