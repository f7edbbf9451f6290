# SPDX-License-Identifier: Apache-2.0
"""Where the chunks of a file lie whose index may be damaged (docs/format.md 4 and 5); `salvage` alone asks.

    it adds up          the lengths fill the file: every chunk has its one place
    one length wrong    of whatever size it was: the rest of the file leaves room for one other, which takes its place
    more are wrong      chunks before the first of them are counted from the front, those behind the last from the end

Trap: a chunk that is taken for its neighbour has a checksum that agrees and decodes without complaint. So a layout that
does not add up by itself must be proven by a checksum that pins down where the index ends, and with it every number.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from mezzotint.bitstream import varint
from mezzotint.bitstream.container import Between

CHECKSUM = 4  # bytes
_MOST_TRIED = 4096  # chunks of a file whose one wrong length is looked for: a second's work


@dataclass(frozen=True)
class Layout:
    """`starts` has one array, or several whose places are tried in turn; a checksum must agree there.

    An empty chunk proves nothing by itself, as zeros in place of an index are entries of such: it is taken where all
    adds up.
    """

    adds_up: bool
    index_end: int
    lengths: array[int]
    checksums: array[int]
    starts: tuple[array[int], ...]


class Proofs:
    """Checksums that are compared while a layout is looked for; how many bytes they may cost follows from the file."""

    def __init__(self, view: memoryview, between: Between) -> None:
        self._view, self._between = view, between
        self.left = 8 * len(view) + (1 << 26)

    def agree(self, start: int, length: int, checksum: int, tag: bytes = b"") -> bool:
        """Whether these bytes are there, behind `tag`, and have this checksum."""
        if start < 0 or length < 0 or start + length > len(self._view) or length > self.left:
            return False
        self.left -= length
        self._between()
        return zlib.crc32(self._view[start : start + length], zlib.crc32(tag)) == checksum


@dataclass(frozen=True)
class _Index:
    """As many entries as could be read; `places` has one more than the others, the end."""

    lengths: array[int]
    checksums: array[int]
    places: array[int]

    @property
    def end(self) -> int:
        return self.places[-1]


def find(view: memoryview, start: int, count: int, total: int, proofs: Proofs) -> Layout | None:
    """The layout of a file of `total` bytes with an index of `count` entries at `start`; None if nothing proves one."""
    if start > len(view):
        return None
    index = _read(view, start, count)
    there = len(index.lengths)
    full = index.end + sum(index.lengths)
    if there == count and full in (total, len(view)):
        forward = _from_front(index.end, index.lengths)
        moved = () if len(view) == total else (_moved(forward, len(view) - total),)
        return Layout(True, index.end, index.lengths, index.checksums, (forward, *moved))
    found = _one_wrong(view, index, count, total, proofs) if count <= _MOST_TRIED else None
    if found is not None or there < count:
        return found
    forward = _from_front(index.end, index.lengths)
    first = next((n for n, length in enumerate(index.lengths) if length), None)
    if first is None or not proofs.agree(forward[first], index.lengths[first], index.checksums[first]):
        return None
    ways = (forward, *(_moved(forward, end - full) for end in sorted({total, len(view)})))
    return Layout(False, index.end, index.lengths, index.checksums, ways)


def adds_up(view: memoryview, start: int, count: int, total: int) -> tuple[bool, int]:
    """(whether an index here would fill the file, how many entries that took to find out)."""
    at, left = start, total - start
    for number in range(count):
        found = length_at(view, at)
        if found is None:
            return False, number + 1
        at += found[1] + CHECKSUM
        left -= found[0] + found[1] + CHECKSUM
        if left < 0:
            return False, number + 1
    return left == 0, count


def length_at(view: memoryview, at: int) -> tuple[int, int] | None:
    """The varint here and its size; None where none is, or no checksum follows within the file."""
    value = 0
    for size in range(1, varint.MAX_SIZE + 1):
        if at + size + CHECKSUM > len(view):
            return None
        byte = view[at + size - 1]
        value |= (byte & 0x7F) << 7 * (size - 1)
        if byte < 0x80:
            return None if byte == 0 and size > 1 else (value, size)
    return None


def checksum_at(view: memoryview, at: int) -> int:
    return int.from_bytes(view[at : at + CHECKSUM], "little")


def _read(view: memoryview, start: int, count: int) -> _Index:
    lengths, checksums, places = array("Q"), array("Q"), array("q", [start])
    for _ in range(count):
        found = length_at(view, places[-1])
        if found is None:
            break
        length, size = found
        lengths.append(length)
        checksums.append(checksum_at(view, places[-1] + size))
        places.append(places[-1] + size + CHECKSUM)
    return _Index(lengths, checksums, places)


def _from_front(start: int, lengths: array[int]) -> array[int]:
    starts = array("q")
    for length in lengths:
        starts.append(start)
        start += length
    return starts


def _moved(starts: array[int], by: int) -> array[int]:
    return array("q", (start + by for start in starts))


def _one_wrong(view: memoryview, index: _Index, count: int, total: int, proofs: Proofs) -> Layout | None:
    """The layout in which one length gets the room that all others leave, and its chunk proves it.

    An empty chunk proves nothing; then the nearest one before it that is not empty must.
    """
    tried = [
        (number, size, index.places[number] + size)
        for number in range(min(count, len(index.places)))
        for size in range(1, varint.MAX_SIZE + 1)
        if index.places[number] + size + CHECKSUM <= len(view)
    ]
    walks = _walks(
        view, index.places[0], [(at + CHECKSUM, count - number - 1) for number, _, at in tried], count
    )
    before = [0]  # bytes in chunks before each
    for length in index.lengths:
        before.append(before[-1] + length)
    for (number, size, at), walk in zip(tried, walks, strict=True):
        if walk is None:
            continue
        end, behind = walk
        room = total - end - before[number] - behind
        if room < 0 or room >= varint.LIMIT or varint.size(room) != size:
            continue
        lengths, checksums = index.lengths[:number], index.checksums[:number]
        lengths.append(room)
        checksums.append(checksum_at(view, at))
        if _proven(end, lengths, checksums, before, proofs):
            rest = _read(view, at + CHECKSUM, count - number - 1)
            lengths.extend(rest.lengths)
            return Layout(True, end, lengths, checksums + rest.checksums, (_from_front(end, lengths),))
    return None


def _proven(
    index_end: int, lengths: array[int], checksums: array[int], before: list[int], proofs: Proofs
) -> bool:
    """Whether the last of these chunks that is not empty lies where they say; an empty one has a checksum of zero."""
    number = len(lengths) - 1
    if not lengths[number] and checksums[number]:
        return False
    while number and not lengths[number]:
        number -= 1
    return bool(lengths[number]) and proofs.agree(
        index_end + before[number], lengths[number], checksums[number]
    )


def _walks(
    view: memoryview, start: int, walks: list[tuple[int, int]], count: int
) -> Iterator[tuple[int, int] | None]:
    """(place, entries to read from there) -> where they end and what their lengths sum to; None if they cannot be read.

    All at once, by steps of 1, 2, 4, ... entries from every byte of the index: it may be any of them that is right.
    """
    size = min(len(view) - start, count * (varint.MAX_SIZE + CHECKSUM)) + 1
    to, gain = [size] * (size + 1), [0] * (size + 1)  # `size` is where those go that cannot be read
    for offset in range(size):
        found = length_at(view, start + offset)
        if found is not None and offset + found[1] + CHECKSUM < size:
            to[offset], gain[offset] = offset + found[1] + CHECKSUM, found[0]
    now = [(min(place - start, size), 0) for place, _ in walks]
    for bit in range(count.bit_length()):
        now = [
            (to[offset], total + gain[offset]) if steps >> bit & 1 else (offset, total)
            for (offset, total), (_, steps) in zip(now, walks, strict=True)
        ]
        gain = [gain[offset] + gain[to[offset]] for offset in range(size + 1)]
        to = [to[offset] for offset in to]
    return (None if offset >= size else (start + offset, total) for offset, total in now)
