# SPDX-License-Identifier: Apache-2.0
"""What can be read of damaged containers: all that is sound, nothing that is not, and no chunk in another's place."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest

from mezzotint.bitstream import Alpha, Box, Container, Header, Limits, read, unpack_preamble, varint, write
from mezzotint.bitstream.header import pack_preamble
from mezzotint.bitstream.salvage import Remains, read_damaged
from mezzotint.errors import DamagedFile, LimitExceeded, TruncatedFile, UnsupportedMode

RNG = np.random.default_rng(11)


def header(width: int, height: int, layer_count: int, alpha: Alpha = Alpha.NONE) -> Header:
    return Header(
        width=width,
        height=height,
        channels=3,
        quality=1234,
        model_id=bytes(range(8)),
        layer_count=layer_count,
        alpha=alpha,
        tile_log2=6,
    )


def chunks(sizes: list[list[int]]) -> tuple[tuple[bytes, ...], ...]:
    return tuple(tuple(RNG.bytes(size) for size in layer) for layer in sizes)


BOXES = (
    Box(b"iCCP", RNG.bytes(70)),
    Box(b"ALPH", RNG.bytes(200)),
    Box(b"note", b"some words"),
    Box(b"xMP ", RNG.bytes(300)),
)
FILES = {
    "tiles": Container(
        header(300, 100, 2), (), chunks([[30, 30, 40, 9, 12, 130, 20, 20, 8, 77], [200] * 5 + [90] * 5])
    ),
    "empty ones": Container(
        header(200, 64, 4), (), chunks([[50, 9, 300, 60], [0, 0, 40, 0], [0, 30, 0, 0], [0] * 4])
    ),
    "boxes": Container(header(128, 60, 3, Alpha.STRAIGHT), BOXES, chunks([[20, 30], [150, 200], [99, 4000]])),
}
DATA = {name: write(container) for name, container in FILES.items()}


def places(container: Container) -> list[tuple[int, int]]:
    """Where the varint of each chunk's length begins, and the chunk itself."""
    data = write(container)
    parts = [chunk for layer in container.layers for chunk in layer]
    at = len(data) - sum(map(len, parts))
    entry = at - sum(varint.size(len(chunk)) + 4 for chunk in parts)
    found = []
    for chunk in parts:
        found.append((entry, at))
        entry, at = entry + varint.size(len(chunk)) + 4, at + len(chunk)
    return found


def held(name: str, data: bytes) -> Remains:
    """What is left, once everything in it is what was there.

    Whether a chunk is empty follows from those before it, so that the coder refuses one that should not be, or should.
    """
    sound, found = FILES[name], read_damaged(data)
    assert found is not None
    for before, after in zip(sound.layers, found.container.layers, strict=True):
        for tile, (right, chunk) in enumerate(zip(before, after, strict=True)):
            assert chunk == right or tile in found.lost_tiles or (not chunk) != (not right)
    assert all(box in sound.boxes for box in found.container.boxes)
    there = len(found.container.boxes) + len(found.lost_boxes) + found.alpha_lost
    assert there == len(sound.boxes)
    return found


def flipped(data: bytes, place: int, bits: int = 1) -> bytes:
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


@pytest.mark.parametrize("name", FILES)
def test_a_sound_file_is_read_whole(name: str) -> None:
    for data in (DATA[name], bytearray(DATA[name]), memoryview(DATA[name])):
        assert read_damaged(data) == Remains(read(data), (), alpha_lost=False)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_costs_one_tile_at_most(name: str) -> None:
    """Of a length nothing, whatever the bit makes of it; of a checksum or a chunk its tile."""
    container, count = FILES[name], FILES[name].header.tile_count
    entries = places(container)
    for number, (entry, chunk) in enumerate(entries):
        length = len(container.layers[number // count][number % count])
        size = varint.size(length)
        for place in range(entry, entry + size + 4):
            for bit in range(8):
                lost = held(name, flipped(DATA[name], place, 1 << bit)).lost_tiles
                assert lost == (frozenset() if place < entry + size else {number % count})
        for place in {chunk, chunk + length - 1} if length else ():
            assert held(name, flipped(DATA[name], place)).lost_tiles == {number % count}


def test_a_length_of_another_size_is_found() -> None:
    """Spelled with more bytes and with fewer, so that all entries behind it are elsewhere."""
    container = FILES["tiles"]
    data, count = DATA["tiles"], container.header.tile_count
    for number, (entry, _) in enumerate(places(container)):
        right = len(container.layers[number // count][number % count])
        end = entry + varint.size(right)
        for spelled in (varint.pack(5), varint.pack(300), varint.pack(70_000), varint.pack(2**34)):
            changed = data[:entry] + spelled + data[end:]
            if len(spelled) == end - entry:
                assert held("tiles", changed).lost_tiles == frozenset()
            elif len(changed) > len(data):  # the file has grown by that, and its header does not know
                assert read_damaged(changed[: len(data)]) is None or held("tiles", changed[: len(data)])


def test_two_wrong_lengths_leave_what_lies_before_and_behind_them() -> None:
    entries = places(FILES["tiles"])
    data = flipped(flipped(DATA["tiles"], entries[3][0], 1), entries[6][0], 2)
    assert held("tiles", data).lost_tiles == {3, 4, 5, 6}


def test_every_cut_leaves_the_tiles_that_are_whole() -> None:
    for name, container in FILES.items():
        count = container.header.tile_count
        parts = [chunk for layer in container.layers for chunk in layer]
        ends = [start + len(chunk) for (_, start), chunk in zip(places(container), parts, strict=True)]
        for length in range(unpack_preamble(DATA[name]).size, len(DATA[name]), 3):
            cut = DATA[name][:length]
            lost = {number % count for number, end in enumerate(ends) if end > length and parts[number]}
            if length < min(ends) or len(lost) == count:
                assert read_damaged(cut) is None
            else:
                assert held(name, cut).lost_tiles == lost


def test_bytes_too_many_and_bytes_that_are_gone() -> None:
    assert held("tiles", DATA["tiles"] + b"more").lost_tiles == frozenset()
    start = places(FILES["tiles"])[4][1]
    gone = DATA["tiles"][: start + 2] + DATA["tiles"][start + 7 :]
    assert held("tiles", gone).lost_tiles == {4}
    put_in = DATA["tiles"][: start + 2] + b"strange" + DATA["tiles"][start + 2 :]
    assert held("tiles", put_in).lost_tiles == {4}


def test_zeros_in_place_of_an_index_are_no_empty_chunks() -> None:
    for name, container in FILES.items():
        entry, start = places(container)[0]
        assert read_damaged(DATA[name][:entry] + bytes(start - entry) + DATA[name][start:]) is None


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_damaged_no_chunk_is_taken_for_another(seed: int) -> None:
    """Many at once, most of it in the index, where numbers could go wrong; `held` compares every chunk."""
    rng = np.random.default_rng(seed)
    found = 0
    for _ in range(400):
        name = list(FILES)[int(rng.integers(len(FILES)))]
        data = bytearray(DATA[name])
        first, last = unpack_preamble(data).size, places(FILES[name])[-1][1]
        for _ in range(int(rng.integers(1, 5))):
            start = int(rng.integers(first, min(last, len(data))))
            kind, length = rng.integers(4), int(rng.integers(1, 9))
            if kind == 0:
                data[start] ^= 1 << int(rng.integers(8))
            elif kind == 1:
                data[start : start + length] = rng.bytes(length)
            elif kind == 2:
                del data[start : start + length]
            else:
                data[start:start] = rng.bytes(length)
        try:
            if read_damaged(data) is not None:
                held(name, bytes(data))
                found += 1
        except UnsupportedMode:  # a tag that looks like a critical one
            pass
    assert 100 < found < 390


# -- boxes ------------------------------------------------------------------------------------------------


def box_places() -> list[int]:
    """Where the boxes of the file with boxes begin."""
    found = [unpack_preamble(DATA["boxes"]).size]
    for box in BOXES:
        found.append(found[-1] + 4 + varint.size(len(box.payload)) + 4 + len(box.payload))
    return found


@pytest.mark.parametrize(
    ("number", "lost", "alpha_lost"),
    [(0, ("iCCP",), False), (1, (), True), (2, ("note",), False), (3, ("xMP",), False)],
)
def test_a_damaged_box_is_left_out_by_name(number: int, lost: tuple[str, ...], alpha_lost: bool) -> None:
    start, end = box_places()[number : number + 2]
    length = start + 4
    for place in (end - 1, end - 5, length, length + 1, length + 2):  # payload, length, checksum
        found = held("boxes", flipped(DATA["boxes"], place, 0x81))
        assert (found.alpha_lost, found.lost_tiles) == (alpha_lost, frozenset())
        # Behind a wrong length only the known tags can be found again, and what follows them.
        assert found.lost_boxes == lost or (
            number == 1 and place <= length + 1 and found.lost_boxes == ("?",)
        )
        assert len(found.container.boxes) + len(found.lost_boxes) + alpha_lost == len(BOXES)


def test_a_wrong_tag_alone_is_put_right() -> None:
    for number, start in enumerate(box_places()[:-1]):
        found = held("boxes", flipped(DATA["boxes"], start + 1, 4))
        assert len(found.container.boxes) + (number == 2) == len(BOXES)  # nobody knows what `note` was


def test_two_damaged_boxes() -> None:
    starts = box_places()
    data = flipped(flipped(DATA["boxes"], starts[1] - 1), starts[3] - 1)
    assert held("boxes", data).lost_boxes == ("iCCP", "note")
    found = held("boxes", flipped(flipped(data, starts[0] + 4, 3), starts[3] + 4, 3))  # and lengths
    assert "iCCP" in found.lost_boxes and not found.lost_tiles


def test_a_critical_box_is_not_skipped() -> None:
    container = replace(FILES["tiles"], boxes=(Box(b"note", b"abc"),))
    data = write(container)
    start = unpack_preamble(data).size
    critical = data.replace(b"note", b"Note")
    with pytest.raises(UnsupportedMode, match="'Note', which is damaged"):
        read_damaged(critical)
    sound = data[:start] + b"Note" + varint.pack(0) + bytes(4)
    with pytest.raises(UnsupportedMode, match="'Note'"):
        read_damaged(sound)


def test_limits_hold_for_what_is_sound() -> None:
    data = flipped(DATA["boxes"], len(DATA["boxes"]) - 1)
    with pytest.raises(LimitExceeded):
        read_damaged(data, Limits(max_box_bytes=100))
    with pytest.raises(LimitExceeded):
        read_damaged(data, Limits(max_pixels=100))


# -- header, time -----------------------------------------------------------------------------------------


def test_a_damaged_header_is_refused() -> None:
    for place in range(5, unpack_preamble(DATA["tiles"]).size):
        with pytest.raises((DamagedFile, TruncatedFile)):
            read_damaged(flipped(DATA["tiles"], place))


def test_a_long_index_takes_no_time() -> None:
    """A wrong length among a thousand, none that is right, and zeros in which any place could be the index."""
    container = Container(header(64 * 250, 64, 4), (), chunks([[20] * 250] * 4))
    data, entries = write(container), places(container)
    zeros = data[: entries[0][0]] + bytes(100_000)
    boxed = pack_preamble(container.header, 1, 400_000) + b"eXIF" + varint.pack(9) + bytes(400_000)
    start = perf_counter()
    found = read_damaged(flipped(data, entries[500][0], 0x80))
    assert found is not None and not found.lost_tiles
    assert read_damaged(data[: entries[0][0]] + RNG.bytes(len(data) - entries[0][0])) is None
    assert read_damaged(zeros) is None and read_damaged(boxed) is None
    assert perf_counter() - start < 10


def test_somebody_may_stop_it() -> None:
    calls = []

    def stop() -> None:
        calls.append(1)
        if len(calls) > 3:
            raise LimitExceeded("it takes too long")

    with pytest.raises(LimitExceeded):
        read_damaged(flipped(DATA["tiles"], len(DATA["tiles"]) - 1), between=stop)
