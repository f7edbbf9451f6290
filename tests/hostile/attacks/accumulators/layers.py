# SPDX-License-Identifier: Apache-2.0
"""The largest accumulator of every integer layer of a bundle, proved in Python integers from the weights alone.

Laws of docs/format.md 8 and 8.1, written anew: nothing of mezzotint.intnet is asked for a bound, only for what type it
multiplies in. All terms are counted with their magnitude, so a bound holds for every partial sum in any order too.
"""

from __future__ import annotations

from dataclasses import dataclass

from mezzotint.bundle import Bundle

LIMITS = {"float32": 1 << 24, "float64": 1 << 53, "int32": 1 << 31, "int64": 1 << 63}
Z_LARGEST = 127
OCTAVE_LARGEST = 128
WINDOW = 16  # sum of the weights of [1 2 1] x [1 2 1]
HALF_INDEX = 128


@dataclass(frozen=True)
class Layer:
    name: str
    bound: int  # on the magnitude of everything that is added up


def layers(bundle: Bundle) -> list[Layer]:
    """In the order in which they run."""
    rows, sums = _scale(bundle)
    found = [Layer("scale product", rows), Layer("scale sums", sums)]
    if bundle.scale_context is None:
        return found
    cells, features, outer = _context(bundle)
    added = (outer >> 5) + 1
    return [
        *found,
        Layer("context inner product", cells),
        Layer("context features", features),
        Layer("context outer product", outer),
        Layer("scale sums and context", sums + added),
    ]


def _scale(bundle: Bundle) -> tuple[int, int]:
    """Of W z + b, and of v + o + 128."""
    weight, bias = bundle.scale_map.weight.tolist(), bundle.scale_map.bias.tolist()
    rows = [Z_LARGEST * sum(map(abs, row)) + abs(b) for row, b in zip(weight, bias, strict=True)]
    offsets = [max(map(abs, anchors)) for anchors in bundle.scale_map.offset.T.tolist()]
    worst = [max(rows[start : start + 16]) for start in range(0, len(rows), 16)]
    return max(rows), max(WINDOW * row + o + HALF_INDEX for row, o in zip(worst, offsets, strict=True))


def _context(bundle: Bundle) -> tuple[int, int, int]:
    """Of one half of `inner`, of a before its shift, of b before its shift."""
    context = bundle.scale_context
    assert context is not None
    halves = [
        [sum(map(abs, half)) for half in both]
        for group in context.inner.tolist()
        for both in group  # (2, channels)
    ]
    cells = OCTAVE_LARGEST * max(max(both) for both in halves)
    features = OCTAVE_LARGEST * WINDOW * max(sum(both) for both in halves)
    largest = (features >> 8) + 1
    return cells, features, largest * max(sum(map(abs, row)) for row in context.outer.tolist())
