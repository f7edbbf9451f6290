# SPDX-License-Identifier: Apache-2.0
"""A whole file taken apart, and what is done with its boxes: pictures made of EXIF, ICC, XMP and alpha.

Laws: MezzotintError alone comes out. An accepted file gives the same bytes when written again; a file cut behind its
index gives the same chunks as far as it goes. Metadata that is put upright once stays as it is, and what is rid of
its location has no more to lose. A picture is written into a file of every kind, with a warning at most.
"""

from __future__ import annotations

import io
import sys
import warnings
import zlib
from dataclasses import replace

import numpy as np
from harness import Target, instrumented, main, need
from PIL import Image
from repair import changed

with instrumented():
    import mezzotint.pillow  # noqa: F401  registers the format
    from mezzotint.bitstream import Container, Limits, overhead, read, read_front, write
    from mezzotint.errors import BadImage, ConversionWarning, MezzotintError, TruncatedFile
    from mezzotint.runtime.pictures import Picture, exif, from_boxes, from_pillow, stripped, to_pillow, xmp
    from mezzotint.runtime.pictures.picture import dtype_of
    from mezzotint.runtime.pictures.writing import write_picture

LIMITS = Limits(max_pixels=2**16, max_side=2**10)
FORMS = ("PNG", "JPEG", "TIFF", "WEBP", "PPM", "GIF", "NPY")


def run(data: bytes) -> str:
    _opened(data)
    try:
        container = read(data, LIMITS)
    except MezzotintError as error:
        need("\n" not in str(error), "the error has several lines")
        _front(data, None)
        return type(error).__name__
    again = write(container, LIMITS)
    # Where two spellings of the total length are true, the shorter one is written (docs/format.md 2).
    need(
        again == data or (len(again) == len(data) - 1 and write(read(again, LIMITS), LIMITS) == again),
        "another file",
    )
    need(overhead(container) <= len(data), "more overhead than bytes")
    _front(data[: zlib.crc32(data) % (len(data) + 1)], container)
    return _beside(container, data)


def _front(data: bytes, whole: Container | None) -> None:
    """What is there of a cut file is what the whole one holds."""
    try:
        front = read_front(data, LIMITS)
    except MezzotintError as error:
        need(whole is None or isinstance(error, TruncatedFile) or not data, f"a cut file: {error!r}")
        return
    need(whole is None or (front.header, front.boxes) == (whole.header, whole.boxes), "another front")
    for place, layer in enumerate(front.layers):
        need(len(layer) == front.header.tile_count, "a layer of another size")
        for tile, chunk in enumerate(layer):
            same = whole is None or chunk == whole.layers[place][tile]
            need(same if front.has(place, tile) else not chunk, "another chunk")


def _opened(data: bytes) -> None:
    """As Pillow opens it. Its own parser of EXIF is not asked: that raises whatever it likes, for any format."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["MZT"]) as image:
                need(min(image.size) > 0, "an image without pixels")
    except (OSError, Image.DecompressionBombError):
        pass


def _beside(container: Container, data: bytes) -> str:
    header = container.header
    try:
        picture = from_boxes(container.boxes, header.height, header.width, header.bit_depth)
    except MezzotintError as error:
        return f"{type(error).__name__} in alpha"
    if picture.alpha is not None:
        need(picture.alpha.shape == (header.height, header.width), "alpha of another shape")
        need(int(picture.alpha.max()) < 2**header.bit_depth, "alpha outside its bit depth")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)
        _metadata(picture)
        if header.width * header.height > 2**12:
            return "accepted, large"
        planes = () if header.channels == 1 else (3,)
        colour = np.zeros((header.height, header.width, *planes), dtype_of(header.bit_depth))
        return _written(replace(picture, colour=colour), FORMS[zlib.crc32(data) // 7 % len(FORMS)])


def _metadata(picture: Picture) -> None:
    for turned in (False, True):
        upright = exif.upright(picture.exif, turned)
        need(exif.upright(upright, False) == upright, "EXIF is upright only the second time")
        need(exif.orientation(upright) in (0, 1), "EXIF is not upright")
    upright = xmp.upright(picture.xmp)
    need(xmp.upright(upright) == upright and xmp.orientation(upright) in (0, 1), "XMP is not upright")
    bare = stripped(picture, {"gps"})
    need(len(bare.exif) <= len(picture.exif) and len(bare.xmp) <= len(picture.xmp), "metadata grew")
    again = stripped(bare, {"gps"})
    need((again.exif, again.xmp) == (bare.exif, bare.xmp), "a location goes only the second time")


def _written(picture: Picture, form: str) -> str:
    image = to_pillow(picture)
    need(image.size == (picture.width, picture.height), "an image of another size")
    try:
        from_pillow(image)
        written = write_picture(picture, form)
    except BadImage:
        return f"BadImage from {form}"
    need(written, "an empty file")
    return f"accepted, {form}"


TARGET = Target("container", run, changed, longest=3000, seconds=1.0)

if __name__ == "__main__":
    sys.exit(main(TARGET))
