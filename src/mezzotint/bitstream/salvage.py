# SPDX-License-Identifier: Apache-2.0
"""What is left of a damaged file: `read` with every refusal behind the header turned into something that is missing.

    header   must be sound                     boxes   those whose checksum agrees; the others are left out by name
    index    where `layout` can place it       chunks  those whose checksum agrees; a tile that lacks one is lost

Nothing is taken on trust: a chunk or a box is here only where its own checksum agrees. What a reader may not skip, a
critical box that it does not know, it may not skip damaged either.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from mezzotint.bitstream.boxes import ALPHA, KNOWN, MIN_SIZE, check_boxes, name, unpack_box
from mezzotint.bitstream.container import Between
from mezzotint.bitstream.header import Preamble, unpack_preamble
from mezzotint.bitstream.layout import CHECKSUM, Layout, Proofs, adds_up, checksum_at, find, length_at
from mezzotint.bitstream.limits import DEFAULT, Limits
from mezzotint.bitstream.reader import Reader
from mezzotint.bitstream.records import Alpha, Box, Container, Header
from mezzotint.errors import DamagedFile, UnsupportedMode

_TAGS = (ALPHA, *KNOWN)
_TAG = re.compile(b"|".join(map(re.escape, _TAGS)))
_MOST_ENTRIES = 1 << 19  # read while the index is looked for behind a damaged box: about half a second
_MOST_STARTS = 16  # that are looked into because an index there would fill the file
_MOST_TAGS = 1000
_TAG_SIZE = 4


def _nothing() -> None:
    """What is done between two checksums where nobody waits."""


@dataclass(frozen=True)
class Remains:
    """A container in which each lost tile misses the first of its layers that is damaged, and all behind it."""

    container: Container
    lost_boxes: tuple[str, ...]  # tags of ignorable boxes that are damaged, "?" where even the tag is
    alpha_lost: bool

    @property
    def lost_tiles(self) -> frozenset[int]:
        return frozenset(tile for _, tile in self.container.missing)


@dataclass(frozen=True)
class _Found:
    """A box and where it ends, or the tag of one that is damaged and where it seems to end."""

    box: Box | None
    tag: bytes
    end: int


def read_damaged(
    data: bytes | bytearray | memoryview, limits: Limits = DEFAULT, between: Between = _nothing
) -> Remains | None:
    """What can be read of a file whose header is sound; None where no tile of it is whole.

    Errors as of `read` for a damaged header, for limits, and for a critical box that is not known. `between` is called
    before every checksum: it may raise, as a deadline does.
    """
    preamble = unpack_preamble(data, limits)
    header, view = preamble.header, memoryview(data).cast("B")
    proofs = Proofs(view, between)
    found, surely = _boxes(view, preamble, limits, proofs)
    boxes = tuple(each.box for each in found if each.box is not None)
    alpha_lost = header.alpha is not Alpha.NONE and all(box.tag != ALPHA for box in boxes)
    check_boxes(replace(header, alpha=Alpha.NONE) if alpha_lost else header, boxes)
    count = header.layer_count * header.tile_count
    for start in _starts(view, found, surely, preamble, count, between):
        layout = find(view, start, count, preamble.total_length, proofs)
        if layout is not None:
            container = _chunks(view, header, boxes, layout, between)
            if len(container.missing) < header.tile_count:
                return Remains(container, _lost(found, preamble.box_count, alpha_lost), alpha_lost)
    return None


# -- boxes ------------------------------------------------------------------------------------------------


def _boxes(view: memoryview, preamble: Preamble, limits: Limits, proofs: Proofs) -> tuple[list[_Found], bool]:
    """Boxes one by one as their lengths say, then known ones by their tags; and whether all are sound."""
    found: list[_Found] = []
    at, sure = preamble.size, True  # whether a box begins here
    for _ in range(preamble.box_count):
        each = _box(view, at, preamble.header, limits, proofs)
        if each is None:
            break
        if sure and each.box is None and each.tag[:1].isupper() and each.tag != ALPHA:
            raise UnsupportedMode(f"the file needs the box {name(each.tag)}, which is damaged")
        if not sure and each.box is None and each.tag not in _TAGS:
            each = replace(each, tag=b"")  # behind a damaged box it may be the middle of another
        found.append(each)
        at, sure = each.end, each.box is not None
    if len(found) == preamble.box_count and all(each.box for each in found):
        return found, True
    within = _whole_extents(view, preamble, found)
    for match in islice(_TAG.finditer(view, preamble.size), _MOST_TAGS):
        seen = {each.box.tag for each in found if each.box is not None}
        known = match[0] in seen or any(match.start() in extent for extent in within)
        each = None if known else _box(view, match.start(), preamble.header, limits, proofs)
        while each is not None and each.box is not None and each.box.tag not in seen:
            found.append(each)  # and what follows it
            seen.add(each.box.tag)
            each = _box(view, each.end, preamble.header, limits, proofs)
    return found, False


def _whole_extents(view: memoryview, preamble: Preamble, found: list[_Found]) -> list[range]:
    """The insides of damaged boxes whose length is right, as a sound box or the index follows: no box lies there."""
    ends = [preamble.size, *(each.end for each in found)]
    count = preamble.header.layer_count * preamble.header.tile_count
    extents = []
    for place, each in enumerate(found):
        if place + 1 < len(found):
            follows = found[place + 1].box is not None
        else:
            last = len(found) == preamble.box_count and count <= _MOST_ENTRIES
            follows = last and adds_up(view, each.end, count, preamble.total_length)[0]
        if each.box is None and follows:
            extents.append(range(ends[place] + 1, each.end))
    return extents


def _box(view: memoryview, at: int, header: Header, limits: Limits, proofs: Proofs) -> _Found | None:
    """What begins here as a box does; a wrong tag alone is put right. LimitExceeded for a sound one over its limit."""
    if at + MIN_SIZE > len(view) or (found := length_at(view, at + _TAG_SIZE)) is None:
        return None
    length, size = found
    tag, start = bytes(view[at : at + _TAG_SIZE]), at + _TAG_SIZE + size + CHECKSUM
    checksum = checksum_at(view, start - CHECKSUM)
    for right in dict.fromkeys((tag, *_TAGS)):
        if proofs.agree(start, length, checksum, right):
            sound = Reader(right + bytes(view[at + _TAG_SIZE : start + length]), past_end=DamagedFile)
            return _Found(unpack_box(sound, header, limits), right, start + length)
    return _Found(None, tag, start + length)


def _lost(found: list[_Found], count: int, alpha_lost: bool) -> tuple[str, ...]:
    """Names of as many boxes as are not there."""
    there = {each.box.tag for each in found if each.box is not None}
    names = [_shown(each.tag) for each in found if each.box is None and each.tag not in (*there, ALPHA)]
    missing = count - sum(each.box is not None for each in found) - alpha_lost
    return tuple([*names, *["?"] * missing][: max(0, missing)])


def _shown(tag: bytes) -> str:
    plain = tag[:1].isalpha() and all(0x20 <= byte <= 0x7E for byte in tag)
    return tag.decode("ascii").strip() if plain else "?"


# -- index and chunks -------------------------------------------------------------------------------------


def _starts(
    view: memoryview, found: list[_Found], surely: bool, preamble: Preamble, count: int, between: Between
) -> Iterator[int]:
    """Where the index may begin: behind the boxes if all are sound, else also wherever it would fill the file."""
    sound = max((each.end for each in found if each.box is not None), default=preamble.size)
    if surely:
        yield sound
        return
    if len(found) >= preamble.box_count:
        yield found[preamble.box_count - 1].end
    yield sound
    left, adding_up = _MOST_ENTRIES, 0
    for start in range(sound, len(view)):
        between()
        full, entries = adds_up(view, start, count, preamble.total_length)
        left -= entries
        adding_up += full
        if left < 0 or adding_up > _MOST_STARTS:
            return
        if full:
            yield start


def _chunks(
    view: memoryview, header: Header, boxes: tuple[Box, ...], layout: Layout, between: Between
) -> Container:
    """The chunks whose checksums agree, tile by tile up to the first that does not."""
    layers: list[list[bytes]] = []
    missing: set[tuple[int, int]] = set()
    lost: set[int] = set()
    for layer in range(header.layer_count):
        layers.append([])
        for tile in range(header.tile_count):
            between()
            chunk = None if tile in lost else _chunk(view, layout, layer * header.tile_count + tile)
            if chunk is None and tile not in lost:
                lost.add(tile)
                missing.add((layer, tile))
            layers[-1].append(chunk or b"")
    return Container(header, boxes, tuple(map(tuple, layers)), frozenset(missing))


def _chunk(view: memoryview, layout: Layout, number: int) -> bytes | None:
    length = layout.lengths[number]
    if not length:  # it lies nowhere, and behind a cut as well
        return b"" if layout.adds_up and not layout.checksums[number] else None
    for starts in layout.starts:
        start = starts[number]
        if layout.index_end <= start <= len(view) - length:
            piece = view[start : start + length]
            if zlib.crc32(piece) == layout.checksums[number]:
                return bytes(piece)
    return None
