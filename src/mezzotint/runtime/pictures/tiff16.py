# SPDX-License-Identifier: Apache-2.0
"""TIFF of 16 bits a sample, which Pillow writes for grey only: grey, RGB, RGBA.

Pillow's own directory writer lays out the tags, EXIF among them; the pixels are one deflated strip of differences to
the left neighbour (predictor 2). Trap: EXIF may hold tags that say how another picture is stored; ours come last.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import replace

import numpy as np

from mezzotint.runtime.pictures.depths import scaled
from mezzotint.runtime.pictures.picture import Picture

_LEVEL = 4
_BAND = 1 << 20  # bytes of rows that are deflated at a time
_XMP, _ICC = 700, 34675


def write_tiff16(picture: Picture) -> bytes:
    """The file for a picture of more than 8 bits a sample, which are scaled to 16. Raises nearly anything on EXIF that
    is malformed, as Pillow's parser does.
    """
    from PIL import TiffTags
    from PIL.Image import Exif
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    tags = ImageFileDirectory_v2(prefix=b"II")
    exif = Exif()
    exif.load(picture.exif)
    for tag in exif:
        tags[tag] = exif.get_ifd(tag) if tag in TiffTags.TAGS_V2_GROUPS else exif[tag]
    if (
        picture.alpha is not None and picture.colour.ndim == 2
    ):  # grey with alpha is read by few, Pillow not among them
        picture = replace(picture, colour=np.repeat(picture.colour[..., None], 3, axis=2), icc=b"")
    planes = (1 if picture.colour.ndim == 2 else 3) + (picture.alpha is not None)
    strip = _strip(picture)
    structure = {
        256: picture.width,
        257: picture.height,
        258: (16,) * planes,  # bits
        259: 8,  # deflate
        262: 1 if planes < 3 else 2,  # grey with 0 for black, or RGB
        273: 0,  # the strip is right behind the tags
        277: planes,
        278: picture.height,  # rows a strip
        279: len(strip),
        284: 1,  # interleaved
        317: 2,  # predictor
        339: (1,) * planes,  # unsigned
    }
    for tag, value in structure.items():
        tags[tag] = value
    if picture.alpha is not None:
        tags[338] = 2  # not premultiplied
    if picture.icc:
        tags[_ICC] = picture.icc
    if picture.xmp:
        tags[_XMP] = picture.xmp
    file = io.BytesIO()
    tags.save(file)
    file.write(strip)
    return file.getvalue()


def _strip(picture: Picture) -> bytes:
    deflater = zlib.compressobj(_LEVEL)
    parts = []
    step = max(1, _BAND // (8 * picture.width))
    for top in range(0, picture.height, step):
        colour = picture.colour[top : top + step]
        planes = [colour[..., None] if colour.ndim == 2 else colour]
        if picture.alpha is not None:
            planes.append(picture.alpha[top : top + step, :, None])
        samples = scaled(np.concatenate(planes, axis=2), picture.bit_depth, 16)
        differences = np.diff(samples, axis=1, prepend=np.uint16(0))  # modulo 65536
        parts.append(deflater.compress(differences.astype("<u2", copy=False).tobytes()))
    return b"".join([*parts, deflater.flush()])
