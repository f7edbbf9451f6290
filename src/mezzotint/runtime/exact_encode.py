# SPDX-License-Identifier: Apache-2.0
"""Pixels to words without a network: lossless and near-lossless files (docs/format.md, lossless coding).

The mirror of `exact_decode`. Integers throughout, so that every machine gives the same bytes and the same pixels.
"""

from __future__ import annotations

from mezzotint.bitstream import Alpha, Container, Header, Limits, Mode
from mezzotint.errors import UsageError
from mezzotint.runtime import lossless, pictures, tiles
from mezzotint.runtime.latents import check_size
from mezzotint.runtime.memory import check_memory, encoding_memory
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.tiles import BLOCK

MOST_ERROR = 4095  # the header has 12 bits for it


def encode_exact(picture: Picture, max_error: int, tile_log2: int, limits: Limits) -> Container:
    """The parts of a file in which no sample is off by more than `max_error`, in units of the picture's own depth.

    UsageError for a largest error outside 0..4095 or beyond the range of the samples.
    """
    most = min(MOST_ERROR, (1 << picture.bit_depth) - 1)
    if not 0 <= max_error <= most:
        raise UsageError(f"a largest error of {max_error} is outside 0..{most}", "choose a smaller one")
    header = Header(
        width=picture.width,
        height=picture.height,
        channels=1 if picture.colour.ndim == 2 else 3,
        quality=max_error,
        model_id=lossless.TABLES_ID,
        layer_count=lossless.LAYERS,
        mode=Mode.NEAR_LOSSLESS if max_error else Mode.LOSSLESS,
        alpha=Alpha.NONE if picture.alpha is None else Alpha.STRAIGHT,
        bit_depth=picture.bit_depth,
        tile_log2=tiles.checked_log2(tile_log2),
    )
    check_size(header, limits, "cut it into parts, or ")
    check_memory(encoding_memory(header, None), limits, "cut it into parts, or ")
    coded = []
    for tile in tiles.tile_grid(picture.height, picture.width, tile_log2):
        place = tile.scaled(BLOCK)
        with stage(Stage.ENTROPY):
            coded.append(
                lossless.encode_tile(picture.colour[place.rows, place.columns], picture.bit_depth, max_error)
            )
    with stage(Stage.CONTAINER):
        boxes = pictures.to_boxes(picture)
    return Container(header, boxes, tuple(zip(*coded, strict=True)))
