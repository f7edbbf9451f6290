# SPDX-License-Identifier: Apache-2.0
"""All bits of picture files that Pillow opens at 8 bits a sample: PNG, TIFF and PPM in colour.

Pillow has no mode for deep colour, but for many raw modes it has two ways of unpacking 16 bits into 8: one takes the
first byte of each sample, the other the second. So a file is decoded twice by Pillow's own quick and tested decoders,
and the bytes are put together here. Where that does not work, a ConversionWarning says that something is lost.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import BadImage, ConversionWarning
from mezzotint.runtime.pictures.modes import Pixels, bands_of, pixels_of
from mezzotint.runtime.pictures.picture import Samples

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

    Reopen = Callable[[], ImageFile]  # the same file once more, no pixel read
    Read = Callable[[Image], Pixels]  # the pixels of the image, which has been loaded

_TWICE = ("RGB;16", "RGBA;16", "RGBX;16")  # each with L, B or N (native) behind it
_OTHER = {
    "L": "B",
    "B": "L",
    "N": "B" if sys.byteorder == "little" else "L",
}  # gives the byte that is left out
_FEW = {"L;2": 85, "L;4": 17}  # Pillow scales grey of few bits by this, and forgets the key colour
_BITS_PER_SAMPLE, _PLANAR = 258, 284  # tags of TIFF


def reader_of(image: ImageFile, data: bytes, reopen: Reopen) -> Read:
    """How to get at all bits of an image that was opened from `data` and not read yet."""
    rawmode = _rawmode(image)
    key = image.info.get("transparency")
    if image.format == "PNG" and rawmode in _FEW and isinstance(key, int):
        image.info["transparency"] = key * _FEW[rawmode]
    planar = _tag(image, _PLANAR) == 2
    if rawmode[:-1] in _TWICE and not planar:
        return lambda frame: _put_together(frame, _decoded_as(reopen(), rawmode[:-1] + _OTHER[rawmode[-1]]))
    if rawmode == "LA;16B":  # in PNG, which filters its 4 bytes a pixel as it does those of RGBA
        return lambda _: _grey_with_alpha(_decoded_as(reopen(), "RGBA"))
    if image.format == "PPM" and image.tile[0].codec_name == "ppm" and _ppm_most(image) > 255:
        most, offset = _ppm_most(image), image.tile[0].offset  # the tile is gone once it is read
        return lambda frame: _ppm(frame, data, offset, most)
    bits = _tag(image, _BITS_PER_SAMPLE)
    if bits == (12,):
        return _twelve_bits
    if planar and isinstance(bits, tuple) and bits[0] > 8 and image.tile[0].codec_name == "raw":
        raise BadImage(
            "Pillow cannot read a TIFF that stores deep planes one by one", "save it with interleaved samples"
        )
    if _loses(image, rawmode, data):
        warnings.warn(
            f"the {image.format} has more bits a sample than the 8 that Pillow reads of it; "
            "hand them over as .png or .npy, or as an array to the library, to keep all",
            ConversionWarning,
            stacklevel=3,
        )
    return pixels_of


def _rawmode(image: ImageFile) -> str:
    args: Any = image.tile[0].args if image.tile else ""
    return str(args[0] if isinstance(args, tuple) and args else args)


def _tag(image: ImageFile, number: int) -> Any:
    return getattr(image, "tag_v2", {}).get(number)


def _decoded_as(image: ImageFile, rawmode: str) -> Image:
    """The image, its stored bytes unpacked in another way."""

    def changed(args: Any) -> Any:
        return (rawmode, *args[1:]) if isinstance(args, tuple) else rawmode

    image.tile = [tile._replace(args=changed(tile.args)) for tile in image.tile]
    image.info.pop("transparency", None)  # a key colour of 16 bits
    image.load()
    return image


def _put_together(frame: Image, other: Image) -> Pixels:
    """From the more and the less significant bytes, each as an image of its own, RGB or RGBA; in the same position."""
    samples = np.empty((frame.height, frame.width, len(frame.getbands())), np.uint16)
    for (rows, high), (_, low) in zip(bands_of(frame), bands_of(other), strict=True):
        samples[rows] = _joined(high, low)
    colour = samples[..., :3]
    if samples.shape[2] == 4:
        return Pixels(colour, samples[..., 3], 16)
    key = frame.info.get("transparency")
    if isinstance(key, tuple) and len(key) == 3:
        clear = (colour == np.array(key, np.uint16)).all(axis=2)
        return Pixels(colour, np.where(clear, 0, 0xFFFF).astype(np.uint16), 16)
    return Pixels(colour, None, 16)


def _joined(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> NDArray[np.uint16]:
    joined = high.astype(np.uint16)
    joined <<= 8
    joined |= low
    return joined


def _grey_with_alpha(image: Image) -> Pixels:
    pairs = np.asarray(image)  # (H, W, 4): two bytes of grey, two of alpha
    return Pixels(_joined(pairs[..., 0], pairs[..., 1]), _joined(pairs[..., 2], pairs[..., 3]), 16)


def _ppm_most(image: ImageFile) -> int:
    args: Any = image.tile[0].args
    return int(args[1]) if isinstance(args, tuple) else 0


def _ppm(frame: Image, data: bytes, offset: int, most: int) -> Pixels:
    """Binary PPM and PGM with samples 0..most, which are those of a bit depth where most is 2^n - 1."""
    planes = 1 if frame.mode == "I" else 3
    samples = np.frombuffer(data, ">u2", frame.width * frame.height * planes, offset).astype(np.uint16)
    np.minimum(samples, most, out=samples)
    colour = samples.reshape((frame.height, frame.width, planes)[: 2 if planes == 1 else 3])
    if most & (most + 1) == 0:
        return Pixels(colour, None, most.bit_length())
    values = np.arange(most + 1, dtype=np.uint64)
    table: Samples = ((values * 0xFFFF + most // 2) // most).astype(np.uint16)
    return Pixels(table[colour], None, 16)


def _twelve_bits(frame: Image) -> Pixels:
    pixels = pixels_of(frame)
    fits = pixels.bit_depth == 16 and int(pixels.colour.max()) < 1 << 12
    return Pixels(pixels.colour, None, 12) if fits else pixels


def _loses(image: ImageFile, rawmode: str, data: bytes) -> bool:
    if image.format == "PPM":
        return _ppm_most(image) > 255 and image.mode == "RGB"
    if image.format == "AVIF":  # bits 6 and 5 of the third byte of its configuration: over 8 bits, 12 bits
        place = data.find(b"av1C", 0, 1 << 16)
        return place >= 0 and bool(data[place + 6 : place + 7] > b"\x3f" and data[place + 6] & 0x40)
    if image.format == "JPEG2000":  # the depth of the first component in the marker segment SIZ
        place = data.find(b"\xff\x4f\xff\x51", 0, 1 << 16)
        return place >= 0 and len(data) > place + 42 and data[place + 42] & 0x7F > 7 and image.mode != "I;16"
    return ";16" in rawmode and not rawmode.startswith("I")
