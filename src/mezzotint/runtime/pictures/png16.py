# SPDX-License-Identifier: Apache-2.0
"""PNG of 16 bits a sample, which Pillow writes for grey only: grey, RGB, both with or without alpha.

Rows are filtered by None, Sub or Up, whichever leaves the smallest differences, as the PNG specification advises.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from mezzotint.runtime.pictures.depths import scaled
from mezzotint.runtime.pictures.picture import Picture

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}  # colour type by samples a pixel
_LEVEL = 4  # nearly as small as 6, in half the time
_BAND = 1 << 20  # bytes of rows that are filtered at a time


def write_png16(picture: Picture) -> bytes:
    """The file for a picture of more than 8 bits a sample, with ICC profile, EXIF and XMP byte-exact.

    Samples are scaled to 16 bits; the chunk sBIT says how many they had.
    """
    planes = (1 if picture.colour.ndim == 2 else 3) + (picture.alpha is not None)
    head = struct.pack(">IIBBBBB", picture.width, picture.height, 16, _KINDS[planes], 0, 0, 0)
    chunks = [_chunk(b"IHDR", head), _chunk(b"sBIT", bytes([picture.bit_depth] * planes))]
    if picture.icc:
        chunks.append(_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(picture.icc)))
    if picture.exif:
        chunks.append(_chunk(b"eXIf", picture.exif))
    if picture.xmp:
        chunks.append(_chunk(b"iTXt", itxt(picture.xmp)))
    deflater = zlib.compressobj(_LEVEL)
    above = np.zeros((1, picture.width * planes * 2), np.uint8)
    step = max(1, _BAND // above.size)
    for start in range(0, picture.height, step):
        rows = _stored_rows(picture, slice(start, start + step))
        chunks.append(_chunk(b"IDAT", deflater.compress(_filtered(rows, above, planes * 2).tobytes())))
        above = rows[-1:]
    chunks += [_chunk(b"IDAT", deflater.flush()), _chunk(b"IEND", b"")]
    return b"".join([_SIGNATURE, *chunks])


def itxt(xmp: bytes) -> bytes:
    """The content of the text chunk that holds XMP."""
    return b"XML:com.adobe.xmp\0\0\0\0\0" + xmp


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _stored_rows(picture: Picture, band: slice) -> NDArray[np.uint8]:
    """Some rows as bytes, (h, W * planes * 2), big-endian."""
    colour = picture.colour[band]
    parts = [colour[..., None] if colour.ndim == 2 else colour]
    if picture.alpha is not None:
        parts.append(picture.alpha[band, :, None])
    samples = scaled(np.concatenate(parts, axis=2), picture.bit_depth, 16).astype(">u2")  # (h, W, planes)
    return samples.reshape(len(samples), -1).view(np.uint8)


def _filtered(rows: NDArray[np.uint8], above: NDArray[np.uint8], pixel: int) -> NDArray[np.uint8]:
    """Each row behind the number of its filter; `pixel` is in bytes. Differences are modulo 256."""
    left = rows.copy()
    left[:, pixel:] -= rows[:, :-pixel]
    ways = np.stack([rows, left, rows - np.concatenate([above, rows[:-1]])])  # filters 0, 1, 2
    cost = np.abs(ways.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64)  # (3, h)
    best = cost.argmin(axis=0)
    return np.concatenate([best[:, None].astype(np.uint8), ways[best, np.arange(len(rows))]], axis=1)
