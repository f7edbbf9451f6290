# SPDX-License-Identifier: Apache-2.0
"""HEIC by x265, through pillow-heif and libheif; x265 is under the GPL, so it is in the extra `eval` only.

Preset slow and the other options are libheif's defaults, tuned for the eye. "tune psnr" is for comparisons by PSNR; it
must also undo what libheif sets after x265's own tuning, psycho-visual rate-distortion and adaptive quantisation.
Decoding is libde265's, on one thread.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from mezzotint.errors import MissingExtra
from mezzotint.evaluate.codecs.protocol import Codec, Family, Pixels

_REMEDY = "pip install 'mezzotint[eval]'"
_PSNR = (("tune", "psnr"), ("x265:psy-rd", "0"), ("x265:psy-rdoq", "0"), ("x265:aq-mode", "0"))


@dataclass(frozen=True)
class Heic:
    """x265 with one chroma sampling, tuned by libheif or for PSNR. Bytes do not depend on `threads`."""

    subsampling: str
    for_psnr: bool
    version: str
    fast_qualities: tuple[float, ...] = ()
    id: str = "heic"
    qualities: tuple[float, ...] = (1, 10, 15, 20, 25, 30, 35, 40, 50, 60, 65)

    @property
    def settings(self) -> str:
        return f"preset slow, {self.subsampling}" + (", tune psnr, no psy, no aq" if self.for_psnr else "")

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        import pillow_heif

        height, width, _ = pixels.shape
        buffer = io.BytesIO()
        parameters = {"preset": "slow", "x265:pools": str(threads)} | (dict(_PSNR) if self.for_psnr else {})
        pillow_heif.encode(
            "RGB",
            (width, height),
            pixels.tobytes(),
            buffer,
            quality=round(quality),
            subsampling=self.subsampling,
            enc_params=parameters,
        )
        return buffer.getvalue()

    def decode(self, data: bytes, threads: int) -> Pixels:
        import pillow_heif

        image = pillow_heif.open_heif(io.BytesIO(data)).to_pillow()  # its own array may hold padded rows
        return np.asarray(image.convert("RGB"))


def _open() -> tuple[Codec, ...]:
    import pillow_heif

    encoder = pillow_heif.libheif_info()["encoders"].get("x265")  # "x265 HEVC encoder (4.3+1-e9b8812)"
    if encoder is None:
        raise MissingExtra("this pillow-heif is built without x265", _REMEDY)
    x265 = encoder.rpartition("(")[2].rstrip(")")
    libheif = pillow_heif.libheif_version()
    version = f"x265 {x265}, libheif {libheif} (pillow-heif {pillow_heif.__version__})"
    return (
        Heic("4:2:0", False, version, fast_qualities=(20, 30, 40, 50)),
        Heic("4:4:4", False, version),
        Heic("4:4:4", True, version),
    )


FAMILY = Family("heic", "HEIC", _REMEDY, _open)
