# SPDX-License-Identifier: Apache-2.0
"""The codecs that we measure beside ours, all through one pair of calls; Mezzotint is one of them.

Settings are those that a careful person would use, and they are part of every name, so that no table can hide them.
The trap: Pillow's AVIF takes as many threads as it likes unless told; `threads` sets them for every codec that has any.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image

import mezzotint

Pixels = NDArray[np.uint8]  # (H, W, 3)


class Codec(Protocol):
    """What is measured: named settings, an encoder and a decoder."""

    @property
    def name(self) -> str: ...
    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes: ...
    def decode(self, data: bytes, threads: int) -> Pixels: ...


@dataclass(frozen=True)
class Mezzotint:
    name: str = "Mezzotint"
    model: str | None = None

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        return mezzotint.encode(pixels, quality, model=self.model, threads=threads)

    def decode(self, data: bytes, threads: int) -> Pixels:
        pixels = mezzotint.decode(data, model=self.model, threads=threads)
        assert isinstance(pixels, np.ndarray)
        return pixels


@dataclass(frozen=True)
class PillowCodec:
    """A codec of Pillow with fixed settings and an integer quality 0..100."""

    name: str
    form: str
    settings: tuple[tuple[str, Any], ...]

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        buffer = io.BytesIO()
        settings = dict(self.settings) | ({"max_threads": threads} if self.form == "AVIF" else {})
        Image.fromarray(pixels).save(buffer, self.form, quality=round(quality), **settings)
        return buffer.getvalue()

    def decode(self, data: bytes, threads: int) -> Pixels:
        AvifImagePlugin.DEFAULT_MAX_THREADS = threads
        with Image.open(io.BytesIO(data), formats=[self.form]) as image:
            return np.asarray(image.convert("RGB"))


JPEG = PillowCodec("JPEG optimize 4:2:0", "JPEG", (("optimize", True), ("subsampling", "4:2:0")))
WEBP = PillowCodec("WebP method 6", "WEBP", (("method", 6),))
AVIF = PillowCodec("AVIF speed 6 4:2:0", "AVIF", (("speed", 6), ("subsampling", "4:2:0")))
AVIF_444 = PillowCodec("AVIF speed 4 4:4:4", "AVIF", (("speed", 4), ("subsampling", "4:4:4")))


def nearest(codec: Codec, pixels: Pixels, size: int, threads: int) -> tuple[int, bytes]:
    """(quality, bytes) of the file whose size is nearest to `size`, by bisection over whole qualities 1..100."""
    low, high = 1, 100
    tried: dict[int, bytes] = {}

    def at(quality: int) -> bytes:
        if quality not in tried:
            tried[quality] = codec.encode(pixels, quality, threads)
        return tried[quality]

    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if len(at(middle)) < size else (low, middle)
    quality = min((low, high), key=lambda q: abs(len(at(q)) - size))
    return quality, at(quality)
