# SPDX-License-Identifier: Apache-2.0
"""JPEG XL by libjxl at effort 7, lossy (XYB) and lossless, through imagecodecs, which keeps every setting.

Quality is that of `cjxl -q`, so that it rises with the size; libjxl itself takes a distance in units of Butteraugli,
and `distance` is the mapping (JxlEncoderDistanceFromQuality in lib/jxl/encode.cc of libjxl 0.11).
The trap: from distance 20 on libjxl codes the picture at half its size, and its curve bends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mezzotint.evaluate.codecs.protocol import Codec, Family, Pixels

_EFFORT = 7
_REMEDY = "pip install 'mezzotint[eval]'"


@dataclass(frozen=True)
class JpegXl:
    """libjxl, lossy or lossless. Bytes do not depend on `threads`."""

    id: str
    settings: str
    version: str
    lossless: bool
    qualities: tuple[float, ...]
    fast_qualities: tuple[float, ...]

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        import imagecodecs

        data = imagecodecs.jpegxl_encode(
            pixels,
            effort=_EFFORT,
            distance=0.0 if self.lossless else distance(quality),
            lossless=self.lossless,
            photometric="RGB",
            numthreads=threads,
        )
        return bytes(data)

    def decode(self, data: bytes, threads: int) -> Pixels:
        import imagecodecs

        return np.asarray(imagecodecs.jpegxl_decode(data, numthreads=threads), np.uint8)


def distance(quality: float) -> float:
    """libjxl's distance, 25 (worst) to 0 (lossless), for `cjxl -q`, 0 to 100: 1 is "visually lossless", at 90."""
    if quality >= 100:
        return 0.0
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53 / 3000 * quality**2 - 23 / 20 * quality + 25


def _open() -> tuple[Codec, ...]:
    qualities = (0, 10, 20, 30, 45, 60, 75, 85, 90, 95)
    return (JpegXl("jxl", f"effort {_EFFORT}", _version(), False, qualities, (10, 30, 60, 85)),)


def _open_lossless() -> tuple[Codec, ...]:
    settings = f"lossless, effort {_EFFORT}"
    return (JpegXl("jxl-lossless", settings, _version(), True, (100,), (100,)),)


def _version() -> str:
    import imagecodecs

    return f"{imagecodecs.jpegxl_version()} (imagecodecs {imagecodecs.__version__})"


FAMILY = Family("jxl", "JPEG XL", _REMEDY, _open)
LOSSLESS = Family("jxl-lossless", "JPEG XL lossless", _REMEDY, _open_lossless, lossless=True)
