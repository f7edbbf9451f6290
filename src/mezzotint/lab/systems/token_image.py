# SPDX-License-Identifier: Apache-2.0
"""An image codec of tokens: a graph with a few levels of rate (`models.tokens` and its like), and its files.

As image.py, but for the dial: a quality is one of a few numbers that say what is sent, the codes of a codebook or the
scales of a pyramid, and no other quality exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from mezzotint.errors import DamagedFile
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.systems import stream
from mezzotint.lab.systems.image import CELL, Pixels, padded, picture_sides, to_bytes
from mezzotint.lab.systems.still import reading, still


class Levelled(Protocol):
    """What a system of tokens is made of; levels count from 0, the least rate first."""

    def encode(self, x: Tensor, level: int) -> tuple[bytes, ...]: ...
    def decode(self, chunks: Sequence[bytes], level: int, height: int, width: int) -> Tensor: ...
    def rebuilt(self, x: Tensor, level: int) -> Tensor: ...


class TokenImage(nn.Module):
    """A system but for ``learn``. ``name`` stands in its streams; ``qualities`` has one number a level of ``codec``."""

    media, gives = "photo", "same"

    def __init__(self, name: str, codec: nn.Module, qualities: tuple[int, ...]) -> None:
        super().__init__()
        self.name, self.codec, self.qualities = name, codec, qualities

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        """As `System` says; each system's own."""
        raise NotImplementedError

    @still
    def compress(self, media: Pixels, quality: int) -> bytes:
        level, x = self.level_of(quality), padded(media)
        chunks = self.codec.encode(x, level)
        weights = stream.identity(self)
        return stream.write(stream.Stream(self.name, weights, int(quality), media.shape, tuple(chunks)))

    @reading
    def decompress(self, data: bytes) -> Pixels:
        found, level, rows, columns = self.opened(data)
        return self.cut(self.codec.decode(found.chunks, level, rows, columns), found.shape)

    @still
    def rebuilt(self, media: Pixels, quality: int) -> Pixels:
        level = self.level_of(quality)
        return self.cut(self.codec.rebuilt(padded(media), level), media.shape)

    def opened(self, data: bytes) -> tuple[stream.Stream, int, int, int]:
        """A checked stream, its level, and the cells of y down and across; errors as `stream.read`."""
        found = stream.read(data, self.name, stream.identity(self))
        if found.quality not in self.qualities:
            raise DamagedFile(f"a stream of quality {found.quality}, where one of {self.qualities} is read")
        return found, self.level_of(found.quality), *cells_of(found.shape)

    def level_of(self, quality: int) -> int:
        """ValueError for a quality that is none of ours."""
        if isinstance(quality, bool) or quality not in self.qualities:
            raise ValueError(f"quality {quality}: give one of {', '.join(map(str, self.qualities))}")
        return self.qualities.index(quality)

    @staticmethod
    def cut(x_hat: Tensor, shape: tuple[int, ...]) -> Pixels:
        """(1, 3, H', W') -> uint8 (H, W, 3)."""
        return to_bytes(x_hat[0, :, : shape[0], : shape[1]])


def cells_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Cells of y down and across, of a stream's padded picture; DamagedFile where the shape is not a picture's."""
    height, width = picture_sides(shape)
    return -(-height // CELL) * CELL // 16, -(-width // CELL) * CELL // 16
