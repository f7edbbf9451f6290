# SPDX-License-Identifier: Apache-2.0
"""Row 10: every size from 1x1 to 70x70, the longest strips, and sides that are primes, there and back.

Each size goes once with loss, by a hand-made model, and once without. What else a picture can be (planes, bit depth,
side of the tiles, content) goes round with the sizes, so that all of it meets all widths. Lossless has to come back as
it was; with loss the shape has to be right and a second decode equal. One in five is also asked for at 1/8, and for a
region, which has to be what stands there in the whole.

Trap: a region with loss is synthesised through another window, and a sample may differ by a rounding: by one step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from statistics import median
from time import process_time

import numpy as np
from numpy.typing import NDArray

import mezzotint
from attacks import memory
from attacks.bits import part
from attacks.files import model, photo
from attacks.trial import Outcome, nothing
from mezzotint.runtime.pictures.picture import Samples

PRIMES = (127, 251, 509, 1021)
EVERY = tuple(product(range(1, 71), repeat=2))
SIZES = (*EVERY, (1, 20_000), (20_000, 1), *product(PRIMES, repeat=2))  # height, width
PLANES = ("grey", "colour", "grey and alpha", "colour and alpha")
BITS = tuple(range(1, 17))
TILES = (6, 7, 10)
CONTENTS = ("photo", "noise", "drawing", "flat")
QUALITIES = (0, 20, 50, 75, 90, 95, 100)
KINDS = tuple(product(PLANES, BITS, TILES, CONTENTS))  # 768
MODES = ("lossy", "lossless")
WHOLE = len(SIZES) * len(MODES)
SLOWEST = 20.0  # seconds of the processor, which wait for nobody; 1021x1021 there and back takes three


@dataclass(frozen=True)
class Trip:
    """A picture to be made, and how it goes."""

    number: int  # of its size
    mode: str

    @property
    def size(self) -> tuple[int, int]:
        return SIZES[self.number]

    @property
    def turn(self) -> int:
        """By which all else goes round; a row of 70 sizes begins one later, or a width would always meet the same."""
        return self.number + self.number // 70

    @property
    def kind(self) -> tuple[str, int, int, str]:
        return KINDS[self.turn % len(KINDS)]

    @property
    def quality(self) -> int:
        return QUALITIES[self.turn % len(QUALITIES)]

    @property
    def parts(self) -> bool:
        """Whether a region and 1/8 are asked for too; not of every fourth, which would be one content only."""
        return self.turn % 5 == 0

    def __str__(self) -> str:
        height, width = self.size
        return f"{width}x{height}, {self.mode}, quality {self.quality}, {self.kind}"


def trips() -> list[Trip]:
    return [Trip(number, mode) for number in range(len(SIZES)) for mode in MODES]


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """`count` of the trips, by chance where it is not all of them."""
    times, faults = [], []
    before = memory.begin()
    for trip in part(trips(), count, np.random.default_rng(seed)):
        start = process_time()
        fault = fault_of(trip)
        times.append(process_time() - start)
        if not fault and times[-1] > SLOWEST:
            fault = f"took {times[-1]:.1f} s"
        if fault:
            faults.append(f"{trip}: {fault}")
        tick()
    return Outcome(
        len(times), 0, len(faults), max(times), memory.rise(before), median(times), tuple(faults[:5])
    )


def fault_of(trip: Trip) -> str:
    """What is wrong with the way there and back; "" where nothing is."""
    try:
        picture = pictured(trip)
        return compared(trip, picture, encoded(trip, picture))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of compiled code is no Exception
        return f"{type(error).__name__}: {error}"


def encoded(trip: Trip, picture: mezzotint.Picture) -> bytes:
    options = {"lossless": True} if trip.mode == "lossless" else {"quality": trip.quality}
    return mezzotint.encode(picture, model=model(), threads=1, tile_log2=trip.kind[2], **options)


def compared(trip: Trip, picture: mezzotint.Picture, data: bytes) -> str:
    """What a file has to do with the picture that it was made from."""
    header = mezzotint.read_header(data)
    if (header.height, header.width) != trip.size:
        return f"the header says {header.width}x{header.height}"
    back = mezzotint.decode(data, as_="picture", model=model(), threads=1)
    again = mezzotint.decode(data, as_="picture", model=model(), threads=1)
    for name, before, found, second in (
        ("colour", picture.colour, back.colour, again.colour),
        ("alpha", picture.alpha, back.alpha, again.alpha),
    ):
        if before is None or found is None or second is None:
            if before is not None or found is not None:
                return f"{name} is lost, or comes from nowhere"
            continue
        if found.shape != before.shape or found.dtype != before.dtype:
            return f"{name} of {before.shape} {before.dtype} came back as {found.shape} {found.dtype}"
        if not np.array_equal(found, second):
            return f"{name} is another one in a second decode"
        exact = trip.mode == "lossless" or name == "alpha"
        if exact and not np.array_equal(found, before):
            return f"{name} is not what it was"
    if back.bit_depth != picture.bit_depth:
        return f"{picture.bit_depth} bits became {back.bit_depth}"
    return _parts(trip, data, back) if trip.parts else ""


def _parts(trip: Trip, data: bytes, whole: mezzotint.Picture) -> str:
    """A region and the picture at 1/8."""
    height, width = trip.size
    rng = np.random.default_rng(trip.number)
    left, top = (int(rng.integers(side)) for side in (width, height))
    across, down = int(rng.integers(1, width - left + 1)), int(rng.integers(1, height - top + 1))
    region = (left, top, across, down)
    piece = mezzotint.decode(data, as_="picture", region=region, model=model(), threads=1).colour
    there = whole.colour[top : top + down, left : left + across]
    if piece.shape != there.shape:
        return f"region {region} came as {piece.shape}"
    step = 0 if trip.mode == "lossless" else -(-(2**whole.bit_depth - 1) // 255)
    worst = int(np.abs(piece.astype(np.int32) - there).max())
    if worst > step:
        return f"region {region} is off by {worst}"
    small = mezzotint.decode(data, as_="picture", scale=1 / 8, model=model(), threads=1).colour
    if small.shape[:2] != (-(-height // 8), -(-width // 8)):
        return f"at 1/8 it came as {small.shape}"
    return ""


# -- pictures ---------------------------------------------------------------------------------------------


def pictured(trip: Trip) -> mezzotint.Picture:
    planes, bits, _, content = trip.kind
    height, width = trip.size
    samples = _content(content, height, width, trip.number)  # (H, W, 4), 16 bits
    samples = (samples >> np.uint16(16 - bits)).astype(np.uint8 if bits <= 8 else np.uint16)
    colour: Samples = samples[..., 1] if planes.startswith("grey") else samples[..., :3]
    alpha = samples[..., 3] if planes.endswith("alpha") else None
    return mezzotint.Picture(colour, alpha, bit_depth=bits)


def _content(name: str, height: int, width: int, seed: int) -> NDArray[np.uint16]:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 1 << 16, (height, width, 4)).astype(np.uint16)
    if name == "noise":
        return noise
    if name == "flat":
        return np.broadcast_to(rng.integers(0, 1 << 16, 4).astype(np.uint16), noise.shape)
    rows, columns = (np.arange(side) + int(rng.integers(500)) for side in (height, width))
    found = photo()[rows % len(photo())][:, columns % photo().shape[1]]  # (H, W, 3)
    found = np.concatenate([found, found[..., :1]], 2)
    if name == "drawing":  # few colours in large areas
        return ((found >> 6).astype(np.uint16) * 21_845) & np.uint16(0xFFFF)
    return (found.astype(np.uint16) << 8) | (noise & np.uint16(0xFF))
