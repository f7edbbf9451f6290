# SPDX-License-Identifier: Apache-2.0
"""The bytes of a picture file to a picture: whatever Pillow opens, and .npy; at the depth that the file has.

Trap: Pillow's own size check counts pixels, and warns or refuses on its own terms; here the caller's limit takes its
place while a file is opened. That switch is Pillow's, and global, so only one thread at a time may turn it.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from mezzotint.bitstream import Limits, read_header
from mezzotint.bitstream.limits import hold
from mezzotint.errors import BadImage, MezzotintError, NotMezzotint
from mezzotint.one_line import spelled
from mezzotint.runtime.pictures.deep import reader_of
from mezzotint.runtime.pictures.images import picture_from
from mezzotint.runtime.pictures.metadata import checked_strip
from mezzotint.runtime.pictures.picture import Picture, from_array

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_NPY = b"\x93NUMPY"
_TEXT = (
    16 << 20
)  # bytes of a metadata chunk of PNG that Pillow may inflate; its own limit cuts off large profiles
_switch = threading.RLock()  # a handler of signals may fork over what its own thread is opening
if hasattr(
    os, "register_at_fork"
):  # a child that is forked while it is turned would find it so, and locked, for ever
    os.register_at_fork(
        before=_switch.acquire, after_in_parent=_switch.release, after_in_child=_switch.release
    )


def read_picture(data: bytes, name: str, limits: Limits, strip: Iterable[str] = ()) -> Picture:
    """The picture in a file, upright, with its metadata but for what `strip` names.

    `name` is for messages. BadImage for what is no picture, or damaged, LimitExceeded for too many pixels or too long a
    side, UsageError for another word in `strip`; ConversionWarning where something is lost.
    """
    kinds, name = checked_strip(strip), spelled(name)
    if data.startswith(_NPY):
        return _from_npy(data, name, limits)
    image = open_image(data, name, limits)
    try:
        read = reader_of(image, data, lambda: open_image(data, name, limits))
        return picture_from(image, kinds, read)
    except BadImage as error:
        raise BadImage(f"{name}: {error.what}", error.remedy) from None


def open_image(data: bytes, name: str, limits: Limits) -> ImageFile:
    """A Pillow image whose pixels are still to be read; errors as in `read_picture`."""
    from PIL import Image as images
    from PIL import PngImagePlugin, UnidentifiedImageError

    if not data:
        raise BadImage(f"{name} is empty", "give a picture file")
    if is_coded(data):
        raise BadImage(f"{name} is a .mzt file already", "`mzt decode` it first")
    try:
        with _switch:
            allowed = images.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
            images.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = None, _TEXT
            try:
                image = images.open(io.BytesIO(data))
            finally:
                images.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = allowed
    except UnidentifiedImageError:
        raise BadImage(
            f"{name} is not a picture that Pillow can read", "give a PNG, JPEG, TIFF, WebP or AVIF file"
        ) from None
    except Exception as reason:  # on a damaged file Pillow's plugins raise nearly anything
        raise BadImage(f"{name} is damaged: {reason}", "copy or download the file again") from None
    check_sides(name, image.width, image.height, limits)
    return image


def check_sides(name: str, width: int, height: int, limits: Limits) -> None:
    """LimitExceeded for too many pixels, or too long a side."""
    what = f"{name} has {width}x{height} pixels"
    declared = (
        ("max_pixels", width * height, f"{what}, over the limit of {limits.max_pixels:,}"),
        ("max_side", max(width, height), f"{what}, with a side over {limits.max_side:,}"),
    )
    hold(limits, declared)


def is_coded(data: bytes) -> bool:
    """Whether these are the bytes of a .mzt file, be they damaged or too large: the decoder says what is wrong."""
    try:
        read_header(data, Limits())
    except NotMezzotint:
        return False
    except MezzotintError:
        return True
    return True


def _from_npy(data: bytes, name: str, limits: Limits) -> Picture:
    """Nothing is unpickled, and the header is believed only where it fits the bytes behind it."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read: Any = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, by_columns, dtype = read(file)
    except Exception as reason:  # the header is Python source, and numpy's parser raises nearly anything
        raise BadImage(f"{name} is a damaged .npy file: {reason}", "write it again with numpy.save") from None
    if len(shape) >= 2:
        check_sides(name, shape[1], shape[0], limits)
    if dtype.hasobject or file.tell() + dtype.itemsize * int(np.prod(shape, dtype=object)) != len(data):
        raise BadImage(f"{name} is no plain .npy file of its size", "write it again with numpy.save")
    array = np.frombuffer(data, dtype, offset=file.tell())
    array = array.reshape(shape, order="F" if by_columns else "C")
    try:
        return from_array(array)
    except BadImage as error:
        raise BadImage(f"{name}: {error.what}", error.remedy) from None
