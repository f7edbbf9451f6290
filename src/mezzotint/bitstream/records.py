# SPDX-License-Identifier: Apache-2.0
"""The values that cross the border of bitstream/: what a .mzt file says, without how it says it.

Trap: a record checks nothing. `write` and `read` do (header.py, boxes.py, container.py), so that a broken law
is named once and a damaged file never surfaces as a constructor's complaint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Mode(IntEnum):
    """How pixels were coded (docs/format.md 2)."""

    LOSSY = 0
    NEAR_LOSSLESS = 1  # no sample is off by more than the header's quality
    LOSSLESS = 2


class Alpha(IntEnum):
    """Where transparency is (docs/format.md 2)."""

    NONE = 0
    STRAIGHT = 1  # not premultiplied; the plane is in the box ALPH


@dataclass(frozen=True)
class Colour:
    """Code points of ITU-T H.273 (CICP) for the samples that decoding gives. The default is sRGB."""

    primaries: int = 1
    transfer: int = 13
    matrix: int = 0
    full_range: bool = True


@dataclass(frozen=True, kw_only=True)
class Header:
    """Everything that a reader knows before it looks at a box or a chunk."""

    width: int
    height: int
    channels: int  # 1 or 3, transparency not counted
    quality: int  # 0..4095; the largest error in near-lossless mode, 0 in lossless mode
    model_id: bytes  # 8 bytes; of the frozen tables in the two modes without a network
    layer_count: int  # 1..15
    mode: Mode = Mode.LOSSY
    alpha: Alpha = Alpha.NONE
    bit_depth: int = 8
    colour: Colour = field(default_factory=Colour)
    tile_log2: int = 10  # 6..15
    version: int = 0

    @property
    def sample_bytes(self) -> int:
        """Of a stored sample of alpha; 1 up to 8 bits, 2 above."""
        return 1 if self.bit_depth <= 8 else 2

    @property
    def tile_columns(self) -> int:
        return -(-self.width >> self.tile_log2)

    @property
    def tile_rows(self) -> int:
        return -(-self.height >> self.tile_log2)

    @property
    def tile_count(self) -> int:
        return self.tile_columns * self.tile_rows


@dataclass(frozen=True)
class Box:
    """A tagged piece beside the picture: no reader may skip a tag that begins with a capital."""

    tag: bytes  # 4 bytes
    payload: bytes

    @property
    def critical(self) -> bool:
        return self.tag[:1].isupper()


@dataclass(frozen=True)
class Container:
    """A whole file, or the front of one. `layers[layer][tile]` is one chunk; tiles go row by row."""

    header: Header
    boxes: tuple[Box, ...]
    layers: tuple[tuple[bytes, ...], ...]
    missing: frozenset[tuple[int, int]] = (
        frozenset()
    )  # (layer, tile) of chunks behind the cut, empty in `layers`

    def has(self, layer: int, tile: int) -> bool:
        return (layer, tile) not in self.missing
