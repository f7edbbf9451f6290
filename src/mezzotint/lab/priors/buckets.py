# SPDX-License-Identifier: Apache-2.0
"""Whole numbers of either sign as a token out of 64 and bits below it, so that an alphabet stays small.

Up to EXACT a token is a value; beyond, each doubling of the magnitude has two tokens, and which value of the token's it
is comes as plain bits. Tokens rise with the values (token 31 is zero; 63 is never used). The trap: within a token all
values are taken to be as likely, which holds for tokens that are short against the scale of their values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mezzotint.entropy import TOTAL_BITS, Table, TableSet

EXACT = 15
TOKENS = 64  # a power of two: a token is six halvings
ZERO = 31
OCTAVES = 8
LIMIT = (EXACT + 1) << OCTAVES  # magnitudes end below it: 4096, where blocks of pixels reach 1911
# The smallest magnitude and the number of plain bits of the tokens ZERO + 0, + 1, ...
STARTS = np.array([*range(EXACT + 1), *((16 + 8 * half) << o for o in range(OCTAVES) for half in (0, 1))])
BITS = np.array([0] * (EXACT + 1) + [o + 3 for o in range(OCTAVES) for _ in (0, 1)])

Whole = NDArray[np.int64]


def to_tokens(values: Whole) -> tuple[Whole, Whole]:
    """Values of any shape -> tokens in 0..62 and what is left of the magnitude. ValueError from LIMIT on."""
    magnitude = np.abs(values)
    if values.size and int(magnitude.max()) >= LIMIT:
        raise ValueError(f"a coefficient is beyond {LIMIT - 1}: give pixels in 0..255")
    place = np.searchsorted(STARTS, magnitude, side="right") - 1
    return ZERO + np.sign(values) * place, magnitude - STARTS[place]


def to_values(tokens: Whole, rest: Whole) -> Whole:
    """The inverse of `to_tokens`."""
    place = np.abs(tokens - ZERO)
    return np.sign(tokens - ZERO) * (STARTS[np.minimum(place, STARTS.size - 1)] + rest)


def bits(tokens: Whole) -> Whole:
    """How many plain bits belong to each token."""
    return BITS[np.minimum(np.abs(tokens - ZERO), BITS.size - 1)]


def plain_tables() -> TableSet:
    """Table n codes n plain bits, 0 to 10."""
    widths = range(int(BITS.max()) + 1)
    return TableSet(tuple(Table(0, np.full(1 << n, 1 << (TOTAL_BITS - n), np.uint32)) for n in widths))


def laplace(scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Masses (..., 64) of the tokens of a discrete Laplace density, proportional to exp(-|v| / scale (...))."""
    starts, ends = STARTS, STARTS + (1 << BITS)
    ratio = 1 / np.asarray(scale, np.float64)[..., None]
    half = np.exp(-starts * ratio) - np.exp(-ends * ratio)  # a geometric sum, up to one factor
    half[..., 0] *= 0.5  # zero is of both signs
    both = np.concatenate((half[..., :0:-1], 2 * half[..., :1], half[..., 1:], 0 * half[..., :1]), -1)
    return both / both.sum(-1, keepdims=True)
