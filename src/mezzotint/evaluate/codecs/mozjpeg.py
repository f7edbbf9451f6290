# SPDX-License-Identifier: Apache-2.0
"""JPEG by MozJPEG, as its own `cjpeg` would make it: the least bytes that any JPEG decoder still reads.

libvips carries it (pyvips with its binary package); options are MozJPEG's defaults: trellis quantisation, overshoot
deringing, progressive with searched scans, quantisation table 3. Decoding is any JPEG decoder's: here Pillow's.
The trap: a libvips with another JPEG library accepts all these options and ignores them, so it is tried first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint.errors import MissingExtra
from mezzotint.evaluate.codecs.jpeg import QUALITIES
from mezzotint.evaluate.codecs.pillow_codec import load
from mezzotint.evaluate.codecs.protocol import Codec, Family, Pixels

_REMEDY = "pip install 'mezzotint[eval]'"
_MOZJPEG = (
    ("trellis_quant", True),
    ("overshoot_deringing", True),
    ("optimize_scans", True),
    ("quant_table", 3),
)
_SUBSAMPLING = {"4:2:0": "on", "4:4:4": "off"}  # libvips's words


@dataclass(frozen=True)
class MozJpeg:
    """MozJPEG with one chroma sampling. It codes a picture on one thread, whatever `threads` says."""

    subsampling: str
    version: str
    fast_qualities: tuple[float, ...]
    id: str = "mozjpeg"
    qualities: tuple[float, ...] = QUALITIES

    @property
    def settings(self) -> str:
        return f"progressive, trellis, {self.subsampling}"

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        return _save(pixels, round(quality), subsample_mode=_SUBSAMPLING[self.subsampling], **dict(_MOZJPEG))

    def decode(self, data: bytes, threads: int) -> Pixels:
        return load(data, "JPEG")


def _save(pixels: Pixels, quality: int, **options: Any) -> bytes:
    import pyvips

    height, width, bands = pixels.shape
    image = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, bands, "uchar")
    image = image.copy(interpretation="srgb")
    data: bytes = image.jpegsave_buffer(
        Q=quality, keep="none", interlace=True, optimize_coding=True, **options
    )
    return data


def _open() -> tuple[Codec, ...]:
    try:
        import pyvips
    except OSError:  # pyvips alone finds no library to load
        raise MissingExtra("libvips is not installed", _REMEDY) from None

    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    if _save(noise, 50, trellis_quant=True) == _save(noise, 50, trellis_quant=False):
        raise MissingExtra("this libvips is built without MozJPEG", _REMEDY)
    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    version = f"MozJPEG of libvips {libvips} (pyvips {pyvips.__version__})"
    return MozJpeg("4:2:0", version, (5, 20, 50, 80)), MozJpeg("4:4:4", version, ())


FAMILY = Family("mozjpeg", "MozJPEG", _REMEDY, _open)
