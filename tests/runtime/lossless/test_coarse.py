# SPDX-License-Identifier: Apache-2.0
"""Scales and missing chunks: a prefix of the layers is the same picture, coarser."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.runtime.lossless import LAYERS, decode_coarse, decode_tile, encode_tile


@pytest.mark.parametrize("shape", [(70, 45, 3), (33, 64), (3, 90, 3), (1, 1), (2, 5, 3)])
@pytest.mark.parametrize("bound", [0, 3])
def test_scales_need_their_layers_only(scenes, shape, bound):
    chunks = encode_tile(scenes.make("photo", shape, 8), 8, bound)
    whole = decode_tile(chunks, shape, 8, bound)
    for scale in range(4):
        first = [*chunks[: LAYERS - scale], *[None] * scale]
        for given in (first, chunks[: LAYERS - scale], chunks):
            coarse = decode_coarse(given, shape, 8, bound, scale)
            np.testing.assert_array_equal(coarse, whole[:: 1 << scale, :: 1 << scale])
            assert coarse.dtype == whole.dtype


@pytest.mark.parametrize("depth", [8, 12])
def test_missing_layers_are_predicted(scenes, depth):
    shape = (90, 61, 3)
    pixels = scenes.make("photo", shape, depth).astype(np.int64)
    chunks = encode_tile(pixels.astype(np.uint8 if depth == 8 else np.uint16), depth, 0)
    errors = []
    for count in range(LAYERS + 1):
        coarse = decode_coarse(chunks[:count], shape, depth, 0, 0)
        assert coarse.shape == shape and int(coarse.max()) < 1 << depth
        errors.append(float(np.abs(coarse - pixels).mean()))
    assert errors == sorted(errors, reverse=True) and errors[-1] == 0 and errors[-2] < errors[0] / 4


def test_behind_a_missing_chunk_nothing_is_read(scenes):
    shape = (40, 40, 3)
    chunks = encode_tile(scenes.make("photo", shape, 8), 8, 0)
    gap = [*chunks[:2], None, b"\xff damaged", chunks[4]]
    np.testing.assert_array_equal(
        decode_coarse(gap, shape, 8, 0, 0), decode_coarse(chunks[:2], shape, 8, 0, 0)
    )


def test_plain_tiles_have_scales_too(scenes):
    shape = (70, 80, 3)
    pixels = scenes.make("cards", shape, 8)
    chunks = encode_tile(pixels, 8, 0)
    assert chunks[0][0] == 1 and not any(chunks[1:])
    for scale in range(4):
        coarse = decode_coarse(chunks[:1], shape, 8, 0, scale)
        np.testing.assert_array_equal(coarse, pixels[:: 1 << scale, :: 1 << scale])
