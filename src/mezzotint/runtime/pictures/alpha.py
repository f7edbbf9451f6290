# SPDX-License-Identifier: Apache-2.0
"""The alpha plane to bytes and back, without loss (docs/format.md 3.3).

The first byte of the payload says how the samples follow, each one byte up to a bit depth of 8 and two (little-endian)
above it:

    0  one sample, the value of all
    1  rows as they are      2  differences to the left neighbour      3  differences to the row above

1 to 3 are a zlib stream. The trap is that a few kilobytes can inflate to gigabytes, and that a part of a large picture
must not cost the memory of the whole: so the stream is read a band of rows at a time, and never past the size that the
header (already held to its limits) declares.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np

from mezzotint.errors import DamagedFile
from mezzotint.runtime import deadline
from mezzotint.runtime.pictures.picture import Samples, dtype_of

_CONSTANT, _PLAIN, _LEFT, _ABOVE = 0, 1, 2, 3
_TRIAL_ROWS = 128  # the filter is chosen on so many rows from the middle
_LEVEL = 6
_BAND = 1 << 20  # bytes of samples that are inflated or deflated at a time
_OTHER_SIZE = "the alpha plane has another size than the picture"
_FEED = 1 << 16  # bytes of the stream; zlib copies what it leaves over, so it gets little


def pack_alpha(plane: Samples) -> bytes:
    """The payload for a plane (H, W) of uint8 or uint16; 2 or 3 bytes where all samples are equal."""
    first = plane[0, 0]
    if plane.min() == plane.max():
        return bytes([_CONSTANT]) + bytes(first.astype(_stored(plane.dtype)).tobytes())
    middle = max(0, (len(plane) - _TRIAL_ROWS) // 2)
    trial = plane[middle : middle + _TRIAL_ROWS]
    best = min((_PLAIN, _LEFT, _ABOVE), key=lambda kind: len(_deflated(trial, kind)))
    return bytes([best]) + _deflated(plane, best)


def unpack_alpha(payload: bytes, height: int, width: int, bit_depth: int = 8) -> Samples:
    """The whole plane (H, W), uint8 or uint16; DamagedFile where the payload is no such plane."""
    return alpha_region(payload, height, width, bit_depth, slice(0, height), slice(0, width))


def alpha_region(
    payload: bytes,
    height: int,
    width: int,
    bit_depth: int,
    rows: slice,
    columns: slice,
    whole: bool = False,
) -> Samples:
    """The samples in `rows` and `columns` (start and stop given, no step) of a plane of height x width.

    uint8 up to a bit depth of 8 and uint16 above it. Holds the region and about a MiB. What lies behind the region is
    not even read, so damage there goes unseen, unless the region reaches the last row or `whole` asks for it.
    DamagedFile where the payload is no such plane, or a sample is over 2 ** bit_depth - 1.
    """
    dtype = dtype_of(bit_depth)
    kind = payload[0] if payload else -1
    size = rows.stop - rows.start, columns.stop - columns.start
    if kind == _CONSTANT and len(payload) == 1 + dtype.itemsize:
        region = np.full(size, np.frombuffer(payload, _stored(dtype), 1, 1)[0], dtype)
    elif kind in (_PLAIN, _LEFT, _ABOVE):
        region = np.empty(size, dtype)
        stream = _Inflater(memoryview(payload)[1:])
        _fill(region, stream, kind, (height, width), rows, columns)
        if whole:
            for _ in range(rows.stop, height):
                stream.take(width * dtype.itemsize)
        if whole or rows.stop == height:
            stream.finish()
    else:
        raise DamagedFile("the alpha plane is stored in an unknown way")
    if bit_depth not in (8, 16) and region.size and int(region.max()) >= 2**bit_depth:
        raise DamagedFile(f"a sample of the alpha plane is over {2**bit_depth - 1}")
    return region


def _stored(dtype: np.dtype[np.uint8 | np.uint16]) -> np.dtype[np.uint8 | np.uint16]:
    """Little-endian, whatever the machine is."""
    return dtype.newbyteorder("<")


def _bands(start: int, stop: int, row_bytes: int) -> Iterator[slice]:
    step = max(1, _BAND // row_bytes)
    for first in range(start, stop, step):
        deadline.check()
        yield slice(first, min(first + step, stop))


def _deflated(plane: Samples, kind: int) -> bytes:
    deflater = zlib.compressobj(_LEVEL)
    stored = _stored(plane.dtype)
    parts = []
    for band in _bands(0, len(plane), plane.shape[1] * plane.itemsize):
        samples = np.ascontiguousarray(plane[band])  # differences below wrap modulo 256 or 65536
        if kind == _LEFT:
            samples = np.diff(samples, axis=1, prepend=plane.dtype.type(0))
        elif kind == _ABOVE:
            above = plane[band.start - 1] if band.start else np.zeros_like(plane[0])
            samples = np.diff(samples, axis=0, prepend=above[None])
        parts.append(deflater.compress(samples.astype(stored, copy=False).tobytes()))
    return b"".join([*parts, deflater.flush()])


def _fill(
    region: Samples, stream: _Inflater, kind: int, size: tuple[int, int], rows: slice, columns: slice
) -> None:
    """The samples of a region from the stream of a plane, whose rows down to the region's last one are taken."""
    _, width = size
    stored = _stored(region.dtype)
    above = np.zeros(region.shape[1], region.dtype)  # only kind 3 looks at it
    for wanted, start, stop in ((False, 0, rows.start), (True, rows.start, rows.stop)):
        for band in _bands(start, stop, width * stored.itemsize):
            count = band.stop - band.start
            content = np.frombuffer(stream.take(count * width * stored.itemsize), stored)
            samples = content.reshape(count, width).astype(region.dtype, copy=False)
            if kind == _LEFT and wanted:
                samples = np.add.accumulate(samples[:, : columns.stop], axis=1, dtype=region.dtype)
            samples = samples[:, columns]
            if kind == _ABOVE:
                below = np.add.reduce(samples, axis=0, dtype=region.dtype) + above
                if wanted:
                    samples = np.add.accumulate(samples, axis=0, dtype=region.dtype) + above
                above = below
            if wanted:
                region[band.start - rows.start : band.stop - rows.start] = samples


class _Inflater:
    """A zlib stream that hands out exactly what is asked for; DamagedFile where it holds less, or more at the end."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._position = 0
        self._stream = zlib.decompressobj()

    def take(self, size: int) -> bytes:
        parts = []
        while size:
            piece = self._next(size)
            if not piece and (self._stream.eof or self._exhausted()):
                raise DamagedFile(_OTHER_SIZE)
            parts.append(piece)
            size -= len(piece)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def finish(self) -> None:
        """The stream must end here, and the payload with it."""
        while not self._stream.eof and not self._exhausted():
            if self._next(1):
                raise DamagedFile(_OTHER_SIZE)
        if not self._stream.eof or self._stream.unused_data or self._position < len(self._data):
            raise DamagedFile(_OTHER_SIZE)

    def _exhausted(self) -> bool:
        return not self._stream.unconsumed_tail and self._position == len(self._data)

    def _next(self, size: int) -> bytes:
        """Up to `size` bytes; none may come while there is still more of the stream to read."""
        feed: bytes | memoryview = self._stream.unconsumed_tail
        if not feed:
            feed = self._data[self._position : self._position + _FEED]
            self._position += len(feed)
        try:
            return self._stream.decompress(feed, size)
        except zlib.error:
            raise DamagedFile("the alpha plane cannot be inflated") from None
