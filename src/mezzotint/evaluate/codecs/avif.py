# SPDX-License-Identifier: Apache-2.0
"""AVIF by libaom, in one tile (tiles cost rate, and their number would depend on the threads).

Traps. Pillow takes whatever AV1 encoder it finds and as many threads as there are cores, unless told. libaom's bytes on
one thread differ a little from those on two or more, which are all equal. libavif 1.4 and later tunes stills for the
eye ("iq"), which costs PSNR; "tune psnr" is for comparisons by PSNR.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import AvifImagePlugin

from mezzotint.errors import MissingExtra
from mezzotint.evaluate.codecs.pillow_codec import REMEDY, Options, load, save, through, version_of
from mezzotint.evaluate.codecs.protocol import Codec, Family, Pixels

_MAX_THREADS = 64  # libaom fails above


@dataclass(frozen=True)
class Avif:
    """libaom at one speed, chroma sampling and tuning; "" is libavif's own choice of tuning."""

    speed: int
    subsampling: str
    tune: str
    version: str
    fast_qualities: tuple[float, ...] = ()
    id: str = "avif"
    qualities: tuple[float, ...] = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90)

    @property
    def settings(self) -> str:
        return f"speed {self.speed}, {self.subsampling}" + (f", tune {self.tune}" if self.tune else "")

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        options: Options = (
            ("quality", round(quality)),
            ("speed", self.speed),
            ("subsampling", self.subsampling),
            ("codec", "aom"),
            ("autotiling", False),
            ("max_threads", min(threads, _MAX_THREADS)),
        )
        advanced: Options = (("advanced", (("tune", self.tune),)),) if self.tune else ()
        return save(pixels, "AVIF", options + advanced)

    def decode(self, data: bytes, threads: int) -> Pixels:
        AvifImagePlugin.DEFAULT_MAX_THREADS = threads  # the only way to tell the decoder
        return load(data, "AVIF")


def _open() -> tuple[Codec, ...]:
    libavif = version_of("avif", "AVIF")
    libaom = AvifImagePlugin.get_codec_version("aom")
    if libaom is None:
        raise MissingExtra("this Pillow is built without libaom", REMEDY)
    version = through(f"libaom {libaom}, libavif {libavif}")
    return (
        Avif(4, "4:4:4", "", version),
        Avif(4, "4:2:0", "", version),
        Avif(4, "4:4:4", "psnr", version),
        Avif(6, "4:4:4", "", version, fast_qualities=(20, 40, 60, 80)),
        Avif(6, "4:2:0", "", version),
        Avif(6, "4:4:4", "psnr", version),
    )


FAMILY = Family("avif", "AVIF", REMEDY, _open)
