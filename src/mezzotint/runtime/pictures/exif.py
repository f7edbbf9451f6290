# SPDX-License-Identifier: Apache-2.0
"""EXIF edited in place: every byte that need not change keeps its value and its place.

EXIF is a small TIFF: a header, and directories (IFDs) of 12-byte entries that point to values, to further directories
and, by a chain, to the next one: IFD0 describes the picture, IFD1 its thumbnail. Offsets are absolute, so nothing may
move; maker notes hold offsets that nobody can find. The trap is malformed EXIF, which is common: directories that
point to themselves, tables that are cut off, values outside. Whatever cannot be followed is left as it is.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes, by type
_WHOLE = {3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}  # whole numbers; type 1 stands for bytes
_ORIENTATION, _GPS = 0x0112, 0x8825
_POINTERS = (0x8769, _GPS, 0xA005, 0x014A)  # Exif, GPS, interoperability, SubIFDs
_THUMBNAILS = ((0x0201, 0x0202), (0x0111, 0x0117))  # where its bytes are, and how many: as JPEG, as strips
# Cameras write five directories of a few dozen entries; hostile files must not cost seconds.
_MOST_DIRECTORIES, _MOST_ENTRIES, _MOST_STRIPS = 16, 4096, 1024

Range = tuple[int, int]


@dataclass(frozen=True)
class _Entry:
    at: int  # where its 12 bytes begin
    tag: int
    kind: int
    count: int
    value: Range  # where its value lies, in the entry or elsewhere; empty if that is nowhere


@dataclass(frozen=True)
class _Directory:
    at: int
    entries: tuple[_Entry, ...]
    whole: bool  # all entries are here, and the pointer behind them

    @property
    def next_at(self) -> int:
        """Where the pointer to the next directory of the chain is."""
        return self.at + 2 + 12 * len(self.entries)


class _Malformed(ValueError):
    """No EXIF, or none that can be followed."""


def orientation(exif: bytes) -> int:
    """1..8, how the stored pixels have to be turned; 0 where the EXIF does not say, or is malformed."""
    try:
        tiff = _Tiff(exif)
        found = [tiff.number(entry) for entry in tiff.root().entries if entry.tag == _ORIENTATION]
    except _Malformed:
        return 0
    return found[-1] if found and 1 <= found[-1] <= 8 else 0  # as other readers do, the last of several


def upright(exif: bytes, turned: bool) -> bytes:
    """The EXIF of a picture whose pixels are upright: its orientation, where it has one, is 1.

    `turned` says that the pixels have been turned to get there: the thumbnail was not, and goes. Malformed EXIF comes
    back as it is.
    """
    try:
        tiff = _Tiff(exif)
        root = tiff.root()
    except _Malformed:
        return exif
    for entry in root.entries:
        if entry.tag == _ORIENTATION and tiff.number(entry):
            tiff.put(entry.value[0], _WHOLE[entry.kind], 1)
    if turned and root.whole:
        with suppress(_Malformed):  # unlinked, though not all of it could be found
            tiff.drop_chain(root)
    return bytes(tiff.data)


def without_location(exif: bytes) -> bytes | None:
    """The EXIF without its GPS directory, whose bytes are zeroed; None where it is too malformed to be sure.

    Maker notes are kept, and nobody can say what all makers put into them.
    """
    try:
        tiff = _Tiff(exif)
        tiff.drop_location()
    except _Malformed:
        return None
    return bytes(tiff.data)


class _Tiff:
    def __init__(self, exif: bytes) -> None:
        self.data = bytearray(exif)
        order = _ORDERS.get(exif[:4])
        if order is None:
            raise _Malformed("no TIFF header")
        self._order = order

    def get(self, at: int, form: str) -> int:
        try:
            return int(struct.unpack_from(self._order + form, self.data, at)[0])
        except struct.error:
            raise _Malformed("cut off") from None

    def put(self, at: int, form: str, value: int) -> None:
        struct.pack_into(self._order + form, self.data, at, value)

    def number(self, entry: _Entry) -> int:
        """A single whole number; 0 for values of any other kind."""
        return (
            self.get(entry.value[0], _WHOLE[entry.kind]) if entry.count == 1 and entry.kind in _WHOLE else 0
        )

    def numbers(self, entry: _Entry, most: int) -> list[int]:
        if entry.kind not in _WHOLE:
            return []
        places = range(*entry.value, _SIZES[entry.kind])[:most]
        return [self.get(at, _WHOLE[entry.kind]) for at in places]

    def root(self) -> _Directory:
        return self.directory(self.get(4, "I"))

    def directory(self, at: int) -> _Directory:
        declared = self.get(at, "H")
        count = min(declared, (len(self.data) - at - 2) // 12, _MOST_ENTRIES)
        entries = tuple(self._entry(at + 2 + 12 * number) for number in range(count))
        whole = count == declared and at + 2 + 12 * count + 4 <= len(self.data)
        return _Directory(at, entries, whole)

    def _entry(self, at: int) -> _Entry:
        tag, kind, count = self.get(at, "H"), self.get(at + 2, "H"), self.get(at + 4, "I")
        size = _SIZES.get(kind, 0) * count
        start = at + 8 if size <= 4 else self.get(at + 8, "I")
        inside = start + size <= len(self.data)
        return _Entry(at, tag, kind, count, (start, start + size) if inside else (start, start))

    def family(self, first: Iterable[int], leave_out: int = 0) -> list[_Directory]:
        """The directories at the offsets `first`, and all that they lead to except by the tag `leave_out`."""
        waiting, seen, entries = list(first), set(), 0
        found: list[_Directory] = []
        while waiting:
            at = waiting.pop()
            if at in seen or not 8 <= at <= len(self.data) - 2:
                continue
            seen.add(at)
            directory = self.directory(at)
            found.append(directory)
            entries += len(directory.entries)
            if len(found) > _MOST_DIRECTORIES or entries > _MOST_ENTRIES:
                raise _Malformed("more than any camera writes")
            for entry in directory.entries:
                if entry.tag in _POINTERS and entry.tag != leave_out:
                    waiting += self.numbers(entry, _MOST_DIRECTORIES + 1)
            waiting += self.next_of(directory)
        return found

    def next_of(self, directory: _Directory) -> list[int]:
        return [self.get(directory.next_at, "I")] if directory.whole else []

    def ranges(self, directories: Iterable[_Directory]) -> Iterator[Range]:
        """What the directories occupy: tables, values, thumbnails."""
        for directory in directories:
            yield directory.at, min(directory.next_at + 4, len(self.data))
            yield from (entry.value for entry in directory.entries)
            by_tag = {entry.tag: entry for entry in directory.entries}
            for tags in _THUMBNAILS:
                places, sizes = (
                    self.numbers(by_tag[tag], _MOST_STRIPS) if tag in by_tag else [] for tag in tags
                )
                for start, size in zip(places, sizes, strict=False):
                    if start + size <= len(self.data):
                        yield start, start + size

    def drop_chain(self, root: _Directory) -> None:
        """Unlink what follows IFD0, and blank it, or cut it off where it lies at the end."""
        first = self.next_of(root)
        self.put(root.next_at, "I", 0)
        dropped = _merged(self.ranges(self.family(first)))
        kept = _merged([(0, 8), *self.ranges(self.family([root.at]))])
        self._blank(dropped, kept)
        if dropped and dropped[-1][1] > kept[-1][1] and not any(self.data[dropped[-1][1] :]):
            del self.data[max(dropped[-1][0], kept[-1][1]) :]

    def drop_location(self) -> None:
        """Take the GPS entry out of every directory that has one, and blank what it points to."""
        everywhere = self.family([self.root().at], leave_out=_GPS)
        pointers = [entry for directory in everywhere for entry in directory.entries if entry.tag == _GPS]
        if not pointers:
            return
        if not all(directory.whole for directory in everywhere):
            raise _Malformed("a table is cut off")
        places = [at for entry in pointers for at in self.numbers(entry, 1)]
        dropped = _merged(self.ranges(self.family(places)))
        for directory in everywhere:
            self._remove(directory, _GPS)
        self._blank(dropped, _merged([(0, 8), *self.ranges(self.family([self.root().at]))]))

    def _remove(self, directory: _Directory, tag: int) -> None:
        """Close the gap in the table, which leaves zeros behind it."""
        kept = [entry for entry in directory.entries if entry.tag != tag]
        table = b"".join(bytes(self.data[entry.at : entry.at + 12]) for entry in kept)
        table += self.data[directory.next_at : directory.next_at + 4]
        self.put(directory.at, "H", len(kept))
        self.data[directory.at + 2 : directory.next_at + 4] = table.ljust(
            12 * len(directory.entries) + 4, b"\0"
        )

    def _blank(self, dropped: list[Range], kept: list[Range]) -> None:
        """Zero what is dropped and not kept by others as well; both are merged."""
        ends = [stop for _, stop in kept]
        for start, stop in dropped:
            for low, high in kept[bisect_right(ends, start) :]:
                if low >= stop:
                    break
                self.data[start:low] = bytes(max(0, low - start))  # nothing where low comes first
                start = min(high, stop)
            self.data[start:stop] = bytes(stop - start)


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """The same bytes, as ranges in order that do not touch."""
    merged: list[Range] = []
    for start, stop in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        elif start < stop:
            merged.append((start, stop))
    return merged
