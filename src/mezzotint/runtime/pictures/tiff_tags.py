# SPDX-License-Identifier: Apache-2.0
"""EXIF for a picture that comes as TIFF: there it is no piece of its own, but lies among the tags of the file.

Trap: most tags of a TIFF say how its pixels are stored. Only those that describe the picture may come along.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from mezzotint.errors import ConversionWarning

if TYPE_CHECKING:
    from PIL.Image import Image

_EXIF, _GPS = 0x8769, 0x8825
_DESCRIPTIVE = (
    *(0x010E, 0x010F, 0x0110),  # description, make, model
    *(0x011A, 0x011B, 0x0128),  # resolution and its unit
    *(0x0131, 0x0132, 0x013B, 0x013C),  # software, date, artist, computer
    *(0x4746, 0x4749, 0x8298),  # rating twice, copyright
    *range(0x9C9B, 0x9CA0),  # title, comment, author, keywords, subject as Windows writes them
)


def exif_of_tiff(image: Image) -> bytes:
    """EXIF made of the tags of a TIFF image, without orientation; none where there are no such tags."""
    from PIL import Image as images

    try:
        tags = image.getexif()
        exif = images.Exif()
        for tag in _DESCRIPTIVE:
            if tag in tags:
                exif[tag] = tags[tag]
        for directory in (_EXIF, _GPS):
            if content := tags.get_ifd(directory) if directory in tags else {}:
                exif[directory] = dict(content)
        return exif.tobytes() if exif else b""
    except Exception as reason:  # Pillow's parser raises nearly anything on malformed tags
        warnings.warn(
            f"the EXIF among the tags of the TIFF is left out: {reason}", ConversionWarning, stacklevel=2
        )
        return b""
