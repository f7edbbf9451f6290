# SPDX-License-Identifier: Apache-2.0
"""Flat graphics and text: a palette, or rows of differences, deflated; taken where the lattice needs more bytes.

    kind 0    samples:   zlib stream of rows
    kind 1    palette:   u8 colours - 1 | colours, sorted | zlib stream of rows of one-byte indices
    kind 2    the same with indices of 1, 2 or 4 bits, the first in the highest bits, rows padded to whole bytes
    a row:    a byte that names its filter, then its bytes, modulo 2^8 (2^16 for samples above 8 bits)

Filters: 0 none, 1 less the left neighbour, 2 less the one above, 3 both (left and above, plus the one above the left);
what lies outside is 0, and the neighbour of a sample is of its own channel. Palette indices are filtered as bytes.
Trap: a few kilobytes can inflate to gigabytes, so inflating stops one byte after the size that the shape allows.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import DamagedFile
from mezzotint.runtime import deadline
from mezzotint.runtime.lossless.residuals import Setting

Pixels = NDArray[np.uint8 | np.uint16]

_SAMPLES, _PALETTE, _PACKED = 0, 1, 2
_NONE, _LEFT, _ABOVE, _BOTH = 0, 1, 2, 3
_EACH = 4  # of the encoder alone: every row has its own filter
_MOST_COLOURS = 256
_PIECE = 1 << 20  # bytes that are deflated at a time
_FED = 1 << 16  # bytes that are inflated at a time
_TRIAL_STRIPS, _TRIAL_ROWS = 4, 64
_HOPE, _TRIAL_COST = (
    1.15,
    64,
)  # a trial so much larger than its share, and so many bytes, may still win as a whole


def pack(pixels: Pixels, most: int) -> bytes | None:
    """The payload, if it has at most `most` bytes; pixels (H, W) or (H, W, 3), in as few bytes as their depth needs."""
    cube = pixels.reshape(*pixels.shape[:2], -1)  # (H, W, C)
    colours = _colours(cube)
    found = _with_samples(cube, most) if colours is None else _with_palette(cube, colours)
    return found if found is not None and len(found) <= most else None


def unpack(data: bytes | memoryview, shape: tuple[int, ...], setting: Setting) -> Pixels:
    """The pixels of a payload; DamagedFile for anything that no picture of this shape gives."""
    data = memoryview(data)  # its parts are no copies: a hostile chunk may be as long as its file
    height, width = shape[:2]
    channels = shape[2] if len(shape) == 3 else 1
    dtype = np.dtype(np.uint8 if setting.bit_depth <= 8 else np.uint16)
    kind = data[0] if data else -1
    if kind == _SAMPLES:
        rows = _inflate(data[1:], height, width * channels * dtype.itemsize)
        cube = _bounded(_unfilter(rows, width, channels, dtype), setting)
    elif kind in (_PALETTE, _PACKED):
        count = data[1] + 1 if len(data) > 1 else 0
        end = 2 + count * channels * dtype.itemsize
        if not count or len(data) < end:
            raise DamagedFile("a tile ends inside its palette")
        little = np.frombuffer(data[2:end], dtype.newbyteorder("<"))
        palette = little.astype(dtype).reshape(count, channels)
        _bounded(palette, setting)  # those that no index names as well
        cube = palette[_indices(data[end:], height, width, count, kind)]
    else:
        raise DamagedFile("a tile of graphics is stored in an unknown way")
    return cube.reshape(shape)


def _bounded(samples: Pixels, setting: Setting) -> Pixels:
    if int(samples.max()) > setting.top:
        raise DamagedFile("a tile holds samples outside its bit depth")
    return samples


# -- choosing ---------------------------------------------------------------------------------------------


def _with_samples(cube: Pixels, most: int) -> bytes | None:
    """None where some rows, deflated, say that the whole would be larger than `most` bytes."""
    trial = _middle_rows(cube)
    share = most * len(trial) / len(cube) * _HOPE + _TRIAL_COST
    sizes = {way: _deflated(trial, way) for way in (_NONE, _EACH)}
    if min(sizes.values()) > share:
        return None
    sizes |= {way: _deflated(trial, way) for way in (_LEFT, _ABOVE, _BOTH)}
    best = min(sizes, key=lambda way: sizes[way])
    return bytes([_SAMPLES]) + _deflate(filtered_rows(cube, best))


def _middle_rows(cube: Pixels) -> Pixels:
    """At most _TRIAL_ROWS rows, in strips from all over."""
    height = len(cube)
    if height <= _TRIAL_ROWS:
        return cube
    each = _TRIAL_ROWS // _TRIAL_STRIPS
    starts = np.linspace(0, height - each, _TRIAL_STRIPS).astype(int).tolist()
    return np.concatenate([cube[start : start + each] for start in starts])


def _deflated(cube: Pixels, way: int) -> int:
    return len(zlib.compress(filtered_rows(cube, way), 5))


def _colours(cube: Pixels) -> NDArray[np.uint64] | None:
    """The distinct colours as whole numbers, sorted; None if they are too many."""
    keys = _keys(cube)
    few = np.unique(keys[:: max(1, keys.size // 4096)])
    if few.size > _MOST_COLOURS:
        return None
    every = np.unique(keys)
    return every if every.size <= _MOST_COLOURS else None


def _keys(cube: Pixels) -> NDArray[np.uint64]:
    key = cube[:, :, 0].astype(np.uint64)
    for channel in range(1, cube.shape[2]):
        key = key << np.uint64(16) | cube[:, :, channel]
    return key.ravel()


def _with_palette(cube: Pixels, colours: NDArray[np.uint64]) -> bytes:
    height, width, channels = cube.shape
    indices = np.searchsorted(colours, _keys(cube)).astype(np.uint8).reshape(height, width, 1)
    shifts = np.arange(channels - 1, -1, -1, dtype=np.uint64) * np.uint64(16)
    palette = ((colours[:, None] >> shifts) & np.uint64(0xFFFF)).astype(cube.dtype.newbyteorder("<"))
    head = bytes([colours.size - 1]) + palette.tobytes()
    bits = _bits(colours.size)
    cells = {_PALETTE: indices}
    if bits < 8:
        cells[_PACKED] = _join(indices[:, :, 0], bits)[:, :, None]
    ways = [(kind, way) for kind in cells for way in (_NONE, _LEFT, _ABOVE, _EACH)]
    kind, best = min(ways, key=lambda pair: _deflated(_middle_rows(cells[pair[0]]), pair[1]))
    return bytes([kind]) + head + _deflate(filtered_rows(cells[kind], best))


def filtered_rows(cube: Pixels, way: int) -> bytes:
    """All rows with one filter, or each with the one that looks best for it."""
    return _filtered(cube, _best_filters(cube) if way == _EACH else np.full(len(cube), way, np.uint8))


def _best_filters(cube: Pixels) -> NDArray[np.uint8]:
    """(H,): the filter that leaves the smallest sum of sizes, as is usual for PNG."""
    signed = np.dtype(f"i{cube.dtype.itemsize}")
    sums = [np.abs(part.view(signed).astype(np.int64)).sum(axis=(1, 2)) for part in _filter_all(cube)]
    best: NDArray[np.intp] = np.argmin(np.array(sums), axis=0)
    return best.astype(np.uint8)


def _deflate(rows: bytes) -> bytes:
    """`zlib.compress` at its best; a large tile takes many seconds, so somebody may look at the clock meanwhile."""
    deflater = zlib.compressobj(9)
    parts = []
    for start in range(0, len(rows), _PIECE):
        deadline.check()
        parts.append(deflater.compress(rows[start : start + _PIECE]))
    return b"".join([*parts, deflater.flush()])


# -- rows -------------------------------------------------------------------------------------------------


def _filter_all(cube: Pixels) -> list[Pixels]:
    """By filter; unsigned differences wrap."""
    left, above = cube.copy(), cube.copy()
    left[:, 1:] -= cube[:, :-1]
    above[1:] -= cube[:-1]
    both = left.copy()
    both[1:] -= left[:-1]
    return [cube, left, above, both]


def _filtered(cube: Pixels, filters: NDArray[np.uint8]) -> bytes:
    height = len(cube)
    out = np.empty_like(cube)
    for kind, part in enumerate(_filter_all(cube)):
        out[filters == kind] = part[filters == kind]
    little = np.ascontiguousarray(out.astype(out.dtype.newbyteorder("<"), copy=False)).view(np.uint8)
    return np.concatenate([filters[:, None], little.reshape(height, -1)], axis=1).tobytes()


def _unfilter(rows: NDArray[np.uint8], width: int, channels: int, dtype: np.dtype[np.generic]) -> Pixels:
    filters = rows[:, 0]
    if int(filters.max()) > _BOTH:
        raise DamagedFile("a tile of graphics names a filter that does not exist")
    little = np.ascontiguousarray(rows[:, 1:]).view(dtype.newbyteorder("<"))
    cube: Pixels = little.astype(dtype).reshape(len(rows), width, channels)
    left = (filters == _LEFT) | (filters == _BOTH)
    cube[left] = np.add.accumulate(cube[left], axis=1, dtype=dtype)
    for row in np.flatnonzero(filters >= _ABOVE).tolist():
        if row:
            cube[row] += cube[row - 1]
    return cube


def _inflate(data: memoryview, height: int, row_bytes: int) -> NDArray[np.uint8]:
    """(height, 1 + row_bytes); holds no more than that, however long the stream is."""
    size, content, left = height * (1 + row_bytes), bytearray(), data
    inflater = zlib.decompressobj()
    try:
        while left and not inflater.eof and len(content) <= size:
            deadline.check()
            content += inflater.decompress(left[:_FED], size + 1 - len(content))
            left = left[_FED:]
    except zlib.error:
        raise DamagedFile("a tile of graphics cannot be inflated") from None
    if len(content) != size or not inflater.eof or inflater.unused_data or left:
        raise DamagedFile("a tile of graphics has another size than its shape")
    return np.frombuffer(content, np.uint8).reshape(height, 1 + row_bytes)


# -- palettes ---------------------------------------------------------------------------------------------


def _bits(colours: int) -> int:
    """Of an index: 1, 2, 4 or 8."""
    return next(bits for bits in (1, 2, 4, 8) if colours <= 1 << bits)


def _indices(data: memoryview, height: int, width: int, count: int, kind: int) -> NDArray[np.uint8]:
    bits = _bits(count) if kind == _PACKED else 8
    across = -(-width * bits // 8)
    cells = _unfilter(_inflate(data, height, across), across, 1, np.dtype(np.uint8))[:, :, 0]
    indices = _part(cells.astype(np.uint8, copy=False), bits)[:, :width]
    if int(indices.max()) >= count:
        raise DamagedFile("a tile of graphics names a colour that does not exist")
    return indices


def _join(indices: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """(H, ceil(W bits / 8)): the first index of a byte in its highest bits."""
    each = 8 // bits
    height, width = indices.shape
    padded = np.pad(indices, ((0, 0), (0, -width % each))).reshape(height, -1, each)
    out = np.zeros(padded.shape[:2], np.uint8)
    for place in range(each):
        out |= padded[:, :, place] << np.uint8(8 - bits * (place + 1))
    return out


def _part(cells: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """The inverse, with the padding."""
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    return ((cells[:, :, None] >> shifts) & np.uint8((1 << bits) - 1)).reshape(len(cells), -1)
