# SPDX-License-Identifier: Apache-2.0
"""Scale map, scale context and their operations again, in plain Python integers, written from docs/format.md section 8.

Loaded by path (tests are no package). Nothing here is shared with the package.
"""

from __future__ import annotations

from collections.abc import Sequence

Plane = list[list[int]]  # rows of a plane
Cube = list[Plane]  # (channels, rows, columns)


def product(weight: Sequence[Sequence[int]], z: Cube) -> Cube:
    height, width = len(z[0]), len(z[0][0])
    return [
        [
            [sum(w * plane[y][x] for w, plane in zip(row, z, strict=True)) for x in range(width)]
            for y in range(height)
        ]
        for row in weight
    ]


def pixel_shuffle(acc: Cube, factor: int) -> Cube:
    height, width = factor * len(acc[0]), factor * len(acc[0][0])
    return [
        [
            [
                acc[c * factor**2 + y % factor * factor + x % factor][y // factor][x // factor]
                for x in range(width)
            ]
            for y in range(height)
        ]
        for c in range(len(acc) // factor**2)
    ]


def window(u: Cube) -> Cube:
    height, width = len(u[0]), len(u[0][0])
    taps = [(dy, dx, (2 - abs(dy)) * (2 - abs(dx))) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return [
        [
            [
                sum(
                    gain * plane[min(max(y + dy, 0), height - 1)][min(max(x + dx, 0), width - 1)]
                    for dy, dx, gain in taps
                )
                for x in range(width)
            ]
            for y in range(height)
        ]
        for plane in u
    ]


def floor_shift(value: int, bits: int) -> int:
    return (value + 2 ** (bits - 1)) // 2**bits


def offset(anchors: Sequence[Sequence[int]], quality: int) -> list[int]:
    position = quality * (len(anchors) - 1) * 128 // 4095
    k = min(position // 128, len(anchors) - 2)
    f = position - 128 * k
    return [floor_shift(a * (128 - f) + b * f, 7) for a, b in zip(anchors[k], anchors[k + 1], strict=True)]


def sums(
    weight: Sequence[Sequence[int]],
    bias: Sequence[int],
    anchors: Sequence[Sequence[int]],
    z: Cube,
    quality: int,
) -> Cube:
    """v + o + 128."""
    acc = [[[x + b for x in row] for row in plane] for plane, b in zip(product(weight, z), bias, strict=True)]
    v = window(pixel_shuffle(acc, 4))
    return [
        [[x + o + 128 for x in row] for row in plane]
        for plane, o in zip(v, offset(anchors, quality), strict=True)
    ]


def scale_map(
    weight: Sequence[Sequence[int]],
    bias: Sequence[int],
    anchors: Sequence[Sequence[int]],
    z: Cube,
    quality: int,
) -> Cube:
    """The indices."""
    return [
        [[min(max(x // 256, 0), 63) for x in row] for row in plane]
        for plane in sums(weight, bias, anchors, z, quality)
    ]


OCTAVES = [0, 32, 51, 64, 74, 83, 90, 96, 101, 106, 111, 115, 118, 122, 125, 128]


def scale_context(
    inner: Sequence[Sequence[Sequence[Sequence[int]]]],
    outer: Sequence[Sequence[int]],
    groups: Sequence[int],
    known: Cube,
    group: int,
) -> Cube:
    """c of the channels of a group, counted from 0; `known` are the symbols of all groups before it and no others."""
    if group == 0:
        raise ValueError("the first group has no context")
    if len(known) != sum(groups[:group]):
        raise ValueError("these are not the earlier groups")
    e = [[[OCTAVES[min(abs(s), 15)] for s in row] for row in plane] for plane in known]
    n = window(e)  # of each channel; the codec takes it of their sum, which is the same
    t = [
        [
            [
                floor_shift(
                    sum(
                        cell * 16 * e[k][y][x] + near * n[k][y][x]
                        for k, (cell, near) in enumerate(zip(*halves, strict=True))
                        if k < len(known)
                    ),
                    8,
                )
                for x in range(len(e[0][0]))
            ]
            for y in range(len(e[0]))
        ]
        for halves in inner[group - 1]
    ]
    first = len(known) - groups[0]  # of the rows
    a = product(outer[first : first + groups[group]], t)
    return [[[floor_shift(value, 5) for value in row] for row in plane] for plane in a]


def indices(totals: Cube, context: Cube) -> Cube:
    """From v + o + 128 and c of the same channels."""
    return [
        [
            [min(max((total + c) // 256, 0), 63) for total, c in zip(*rows, strict=True)]
            for rows in zip(*planes, strict=True)
        ]
        for planes in zip(totals, context, strict=True)
    ]
