# SPDX-License-Identifier: Apache-2.0
"""Whatever the chunks hold: pixels of the right shape and depth, or DamagedFile."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest

from mezzotint.errors import DamagedFile
from mezzotint.runtime.lossless import LAYERS, decode_coarse, decode_tile, encode_tile

CASES = [
    ("photo", (40, 31, 3), 8, 0),
    ("photo", (24, 40), 12, 5),
    ("noise", (33, 18, 3), 16, 0),
    ("cards", (40, 40, 3), 8, 0),
    ("slope", (20, 20), 4, 0),
]


def outcome(chunks, shape, depth, bound):
    """True when it was taken, False when it was refused; anything else raises."""
    try:
        pixels = decode_tile(chunks, shape, depth, bound)
    except DamagedFile:
        return False
    assert pixels.shape == shape and int(pixels.max()) < 1 << depth
    return True


@pytest.mark.parametrize("case", CASES)
def test_truncations(scenes, case):
    kind, shape, depth, bound = case
    chunks = encode_tile(scenes.make(kind, shape, depth), depth, bound)
    for number, chunk in enumerate(chunks):
        for size in {0, 1, 2, len(chunk) // 3, len(chunk) // 2, len(chunk) - 4, len(chunk) - 1}:
            if 0 <= size < len(chunk):
                cut = [*chunks[:number], chunk[:size], *chunks[number + 1 :]]
                assert not outcome(cut, shape, depth, bound)
        assert not outcome([*chunks[:number], chunk + b"\0", *chunks[number + 1 :]], shape, depth, bound)
    assert not outcome(chunks[:-1], shape, depth, bound)
    assert not outcome([*chunks, b""], shape, depth, bound)


@pytest.mark.parametrize("case", CASES)
def test_flips(scenes, case):
    kind, shape, depth, bound = case
    chunks = encode_tile(scenes.make(kind, shape, depth), depth, bound)
    rng = random.Random(7)
    refused = 0
    for _ in range(60):
        number = rng.choice([k for k in range(LAYERS) if chunks[k]])
        data = bytearray(chunks[number])
        for _ in range(rng.choice((1, 1, 3))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        refused += not outcome([*chunks[:number], bytes(data), *chunks[number + 1 :]], shape, depth, bound)
    assert refused > 10


def test_splices(scenes):
    coded = [
        encode_tile(scenes.make(kind, shape, depth), depth, bound) for kind, shape, depth, bound in CASES
    ]
    for _, shape, depth, bound in CASES:
        for first in coded:
            for second in coded:
                outcome([*first[:3], *second[3:]], shape, depth, bound)
                outcome([first[0], second[1], *first[2:]], shape, depth, bound)


def test_random_bytes():
    rng = random.Random(3)
    for _ in range(80):
        chunks = [rng.randbytes(rng.choice((0, 1, 5, 40, 400))) for _ in range(LAYERS)]
        chunks[0] = bytes([rng.choice((0, 1, 2))]) + chunks[0]
        outcome(chunks, (17, 20, 3), rng.choice((1, 8, 16)), rng.choice((0, 1, 4095)))


def test_coarse_of_damage(scenes):
    chunks = encode_tile(scenes.make("photo", (40, 31, 3), 8), 8, 0)
    with pytest.raises(DamagedFile):
        decode_coarse([chunks[0][:-1], *chunks[1:]], (40, 31, 3), 8, 0, 2)
    with pytest.raises(DamagedFile):
        decode_coarse([b""], (40, 31, 3), 8, 0, 0)


def test_far_escapes_do_not_wrap(scenes):
    """Words that spell residuals of 2^27 in a pass whose samples step by 8191."""
    from mezzotint import entropy
    from mezzotint.runtime.lossless.residuals import Expected, from_words
    from mezzotint.runtime.lossless.tables import SCALES, SHAPES, frozen

    usual = (np.arange(SCALES) * SHAPES).astype(np.uint8)
    for value in (1 << 17, -(1 << 17), 1 << 20, (1 << 27) - 300, -(1 << 27) + 300):
        none = np.zeros(3, np.uint8)
        expected = Expected(np.zeros(3, np.int32), np.ones(3, np.int32), none + 9, none, none)
        values = np.array([0, value, 0], np.int32)
        words = entropy.encode(values, expected.numbers(usual), frozen().residuals)
        with pytest.raises(DamagedFile):
            from_words(words, b"", expected, usual, frozen())


def test_garbage_costs_no_more_than_a_picture(scenes):
    shape = (300, 300, 3)
    chunks = encode_tile(np.tile(scenes.make("photo", (50, 50, 3), 8), (6, 6, 1)), 8, 0)
    began = time.process_time()
    decode_tile(chunks, shape, 8, 0)
    good = time.process_time() - began
    last = bytearray(chunks[-1])
    for place in range(100, len(last), 97):
        last[place] ^= 0x55
    began = time.process_time()
    outcome([*chunks[:-1], bytes(last)], shape, 8, 0)
    assert time.process_time() - began < 5 * good + 0.2
