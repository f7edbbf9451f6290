# SPDX-License-Identifier: Apache-2.0
"""The lattice decoder again, sample by sample in plain Python integers: slow, to be read beside docs/format.md.

It shares nothing with the fast decoder but the file of frozen numbers, and the reference coder of section 9.
"""

from __future__ import annotations

import numpy as np

from mezzotint.entropy import reference
from mezzotint.entropy.reference import PlainTable
from mezzotint.runtime.lossless.tables import FILE

CLASSES, SCALES, SHAPES, PHASES = 15, 36, 3, 5
PASSES = ((1, 1), (0, 1), (1, 0))
DIAGONAL = [(-1, -1), (-1, 1), (1, -1), (1, 1)]
STRAIGHT = [(0, -1), (0, 1), (-1, 0), (1, 0)]
FAR = [(-2, -1), (-2, 1), (2, -1), (2, 1)]
WIDE = [(-1, -2), (-1, 2), (1, -2), (1, 2)]
TWO = [(0, -2), (0, 2), (-2, 0), (2, 0)]
OWN = [
    DIAGONAL + [(y, x) for y in (-3, -1, 1, 3) for x in (-3, -1, 1, 3) if 3 in (abs(y), abs(x))],
    [*STRAIGHT, (0, -3), (0, 3), (-3, 0), (3, 0), *WIDE, *FAR],
]
OWN.append(OWN[1] + DIAGONAL)
CROSS = [(0, 0), *STRAIGHT, *DIAGONAL]
ALONG = [
    [
        *(((-1, -1), (1, 1)), ((-3, -1), (-1, 1)), ((-1, -3), (1, -1)), ((1, -1), (3, 1)), ((-1, 1), (1, 3))),
        *(((-3, -3), (-1, -1)), ((1, 1), (3, 3))),
    ],
    [
        *(((0, -1), (0, 1)), ((-1, -2), (-1, 0)), ((-1, 0), (-1, 2)), ((1, -2), (1, 0)), ((1, 0), (1, 2))),
        *(((0, -3), (0, -1)), ((0, 1), (0, 3))),
    ],
]
ACROSS = [
    [((a, -b), (c, -d)) for (a, b), (c, d) in ALONG[0]],
    [((b, a), (d, c)) for (a, b), (c, d) in ALONG[1]],
]
OWN_ERRORS = [
    [DIAGONAL],
    [[(-1, 0), (1, 0)], WIDE, [(0, -1), (0, 1)]],
    [[(0, -1), (0, 1)], DIAGONAL, FAR, [(-1, 0), (1, 0)]],
]
CROSS_ERRORS = [
    [[(0, 0)], STRAIGHT, TWO, DIAGONAL],
    [[(0, 0)], [(-1, 0), (1, 0), *DIAGONAL], TWO, [(0, -1), (0, 1)]],
    [[(0, 0)], [(0, -1), (0, 1), *DIAGONAL], TWO, [(-1, 0), (1, 0)]],
]
BORDERS = (1116, 1328, 1579, 1878)

Grid = dict[tuple[int, int], int]


class Tables:
    def __init__(self) -> None:
        self.arrays = dict(np.load(FILE, allow_pickle=False))
        frequencies = [256 * int(f) for f in self.arrays["frequencies"]]
        self.residuals, start = [], 0
        for length, minimum in zip(self.arrays["lengths"], self.arrays["minima"], strict=True):
            part = tuple(frequencies[start : start + int(length)])
            self.residuals.append(PlainTable(int(minimum), part, True))
            start += int(length)
        self.plain_bits = [PlainTable(0, (2 ** (24 - bits),) * 2**bits) for bits in range(17)]


class Plane:
    """One plane at one level; cells of a phase that are outside are those at its border."""

    def __init__(self, rows: int, columns: int, cells: Grid) -> None:
        self.rows, self.columns, self.cells = rows, columns, cells

    def at(self, y: int, x: int) -> int:
        py, px = y % 2, x % 2
        rows, columns = (self.rows + 1 - py) // 2, (self.columns + 1 - px) // 2
        if rows == 0 or columns == 0:  # this phase has no cells: phase (0, 0) stands in, cell for cell
            y, x, py, px = y - py, x - px, 0, 0
            rows, columns = (self.rows + 1) // 2, (self.columns + 1) // 2
        i, j = (y - py) // 2, (x - px) // 2
        i, j = min(max(i, 0), rows - 1), min(max(j, 0), columns - 1)
        return self.cells[2 * i + py, 2 * j + px]


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def take(self, count: int) -> bytes:
        self.place += count
        assert self.place <= len(self.data)
        return self.data[self.place - count : self.place]

    def byte(self) -> int:
        return self.take(1)[0]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value += (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value


def decode(chunks: list[bytes], shape: tuple[int, ...], depth: int, max_error: int) -> list[Grid]:
    """The planes of a lattice tile in coding order, as {(row, column): sample}."""
    height, width = shape[:2]
    readers = [Bytes(chunk) for chunk in chunks]
    assert readers[0].byte() == 0
    top = 4
    while max(-(-height // 2**top), -(-width // 2**top)) > 8:
        top += 1
    count = 1 if len(shape) == 2 else 3
    rows, columns = -(-height // 2**top), -(-width // 2**top)
    planes: list[Grid] = []
    for _ in range(count):
        size = 2 if depth > 8 else 1
        cells = [(y, x) for y in range(rows) for x in range(columns)]
        planes.append({cell: int.from_bytes(readers[0].take(size), "little") for cell in cells})
    errors: list[Grid] = [dict.fromkeys(plane, 0) for plane in planes]
    tables = Tables()
    for level in range(top - 1, -1, -1):
        reader = readers[max(4 - level, 0)]
        size = -(-height // 2**level), -(-width // 2**level)
        known: list[Plane] = []
        wrong: list[Plane] = []
        for number in range(count):
            known.append(Plane(*size, {(2 * y, 2 * x): v for (y, x), v in planes[number].items()}))
            kept = errors[number] if level < 2 else dict.fromkeys(errors[number], 0)
            wrong.append(Plane(*size, {(2 * y, 2 * x): v for (y, x), v in kept.items()}))
            for place in range(3):
                refine(known, wrong, place, level, reader, depth, max_error, tables)
            planes[number], errors[number] = known[-1].cells, wrong[-1].cells
    assert all(reader.place == len(reader.data) for reader in readers)
    return planes


def refine(
    known: list[Plane],
    wrong: list[Plane],
    place: int,
    level: int,
    reader: Bytes,
    depth: int,
    max_error: int,
    tables: Tables,
) -> None:
    py, px = PASSES[place]
    places = [(y, x) for y in range(py, known[-1].rows, 2) for x in range(px, known[-1].columns, 2)]
    if not places:
        return
    name = f"{min(level, 2)}{len(known) - 1}{place}"
    first = reader.byte()
    sets = list(reader.take(CLASSES)) if first % 32 == 31 else [first % 32] * CLASSES
    own, before = len(OWN[place]), len(known) - 1
    correction = [0] * (own + 9 * before)
    if first >= 32:
        for start, end in [(0, own), *((own + 9 * k, own + 9 * k + 9) for k in range(before))]:
            for k in range(start + 1, end):
                correction[k] = 4 * ((reader.byte() + 128) % 256 - 128)
            correction[start] = -sum(correction[start + 1 : end])
    table_map = [int(entry) for entry in tables.arrays[f"map{name}"]]
    first = reader.byte()
    if first != 255:
        changed = reader.take(reader.byte())
        table_map[first : first + len(changed)] = changed
    words, plain = reader.varint(), reader.varint()
    words_of = [as_words(reader.take(size)) for size in (words, plain)]

    step, top = 2 * max_error + 1, 2**depth - 1
    guesses = [guess(known, wrong, place, y, x, sets, correction, name, depth, tables) for y, x in places]
    numbers, lows, signs, wholes = [], [], [], []
    for prediction, spread in guesses:
        whole = (prediction + 8) // 16
        rest = prediction - 16 * whole
        phase = (abs(rest) // step + 1) // 2
        scale = scale_of(max(spread, 0) // step)
        low = min(max(scale - 35 + 3, 0) // 4, 16)
        if low:
            scale, phase = min(scale - 4 * low, 35), 0
        numbers.append(table_map[scale] * PHASES + phase)
        lows.append(low)
        signs.append(-1 if rest < 0 else 1)
        wholes.append(whole)
    high = reference.decode(words_of[0], numbers, tables.residuals)
    bits = reference.decode(words_of[1], lows, tables.plain_bits)
    for k, cell in enumerate(places):
        residual = high[k] * 2 ** lows[k] + bits[k] - 2 ** lows[k] // 2
        sample = wholes[k] + signs[k] * residual * step
        assert -max_error <= sample <= top + max_error
        sample = min(max(sample, 0), top)
        known[-1].cells[cell] = sample
        wrong[-1].cells[cell] = abs(16 * sample - guesses[k][0]) // 4


def guess(
    known: list[Plane],
    wrong: list[Plane],
    place: int,
    y: int,
    x: int,
    sets: list[int],
    correction: list[int],
    name: str,
    depth: int,
    tables: Tables,
) -> tuple[int, int]:
    """Prediction and spread of one sample."""
    own = known[-1]

    def size(pair: tuple[tuple[int, int], tuple[int, int]]) -> int:
        (a, b), (c, d) = pair
        return abs(own.at(y + a, x + b) - own.at(y + c, x + d))

    kind = min(place, 1)
    along = sum(map(size, ALONG[kind])) + size(ALONG[kind][0])
    across = sum(map(size, ACROSS[kind])) + size(ACROSS[kind][0])
    up = max(depth - 8, 0)
    p, q = along + 2**up, across + 2**up
    direction = (5 * p > 2 * q) + (7 * p > 5 * q) + (5 * p > 7 * q) + (2 * p > 5 * q)
    kind_of = 3 * direction + (p + q >= 27 * 2**up) + (p + q >= 82 * 2**up)

    taps = [own.at(y + a, x + b) for a, b in OWN[place]]
    for plane in known[:-1]:
        taps += [plane.at(y + a, x + b) for a, b in CROSS]
    weights = tables.arrays[f"weights{name}"][sets[kind_of], :, kind_of]
    total = sum((int(weight) + c) * tap for weight, c, tap in zip(weights, correction, taps, strict=True))
    prediction = min(max((total + 128) // 256, 0), 16 * (2**depth - 1))

    a, b, c, d = taps[:4]
    if place == 0:
        sides = [abs(a - b) + abs(c - d), abs(a - c) + abs(b - d)]
    else:
        sides = [abs(a - c) + abs(b - d), abs(a - d) + abs(b - c)]
    found = [size(ALONG[kind][0]), size(ACROSS[kind][0]), *sides, min(along, across)]
    found += [sum(wrong[-1].at(y + a, x + b) for a, b in group) for group in OWN_ERRORS[place]]
    for plane in wrong[:-1]:
        found += [sum(plane.at(y + a, x + b) for a, b in group) for group in CROSS_ERRORS[place]]
    spreads = [int(weight) for weight in tables.arrays[f"spread{name}"][:, kind_of]]
    spread = spreads[-1] + sum(f * weight for f, weight in zip(found, spreads[:-1], strict=True))
    return prediction, spread


def scale_of(spread: int) -> int:
    """How many borders lie at or below a spread; above 2^20, ten octaves lower and 40 more."""
    value = spread // 16
    if value >= 2**16:
        return scale_of(value // 2**10 * 16) + 40
    octaves = range(-5, 11)
    borders = [
        (border * 64 * 2**o if o >= 0 else border * 64 // 2**-o) // 1024
        for o in octaves
        for border in BORDERS
    ]
    return sum(value >= border for border in borders)


def as_words(data: bytes) -> list[int]:
    return [int.from_bytes(data[k : k + 4], "little") for k in range(0, len(data), 4)]
