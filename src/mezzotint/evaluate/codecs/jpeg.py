# SPDX-License-Identifier: Apache-2.0
"""JPEG by libjpeg-turbo, which most of the world's encoders are.

Huffman tables are always fitted to the picture. 4:2:0 is the usual choice, and has the better PSNR below about 1 bit a
pixel; 4:4:4 has it above. That one is progressive, which saves some percent there and costs bytes below half a bit.
"""

from __future__ import annotations

from PIL import features

from mezzotint.evaluate.codecs.pillow_codec import (
    REMEDY,
    Options,
    PillowCodec,
    integer_quality,
    through,
    version_of,
)
from mezzotint.evaluate.codecs.protocol import Codec, Family

QUALITIES = (5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0)
FAST_QUALITIES = (5.0, 20.0, 50.0, 80.0)
_SETTINGS: tuple[tuple[str, Options, tuple[float, ...]], ...] = (
    ("optimize, 4:2:0", (("optimize", True), ("subsampling", "4:2:0")), FAST_QUALITIES),
    (
        "optimize, progressive, 4:4:4",
        (("optimize", True), ("progressive", True), ("subsampling", "4:4:4")),
        (),
    ),
)


def _open() -> tuple[Codec, ...]:
    version = through(_library())
    return tuple(
        PillowCodec("jpeg", settings, version, "JPEG", options, integer_quality, QUALITIES, fast)
        for settings, options, fast in _SETTINGS
    )


def _library() -> str:
    """Whichever of the three libraries with one interface this Pillow is built with."""
    turbo = features.version("libjpeg_turbo")
    if turbo is None:
        return f"libjpeg {version_of('jpg', 'JPEG')}"
    return f"{'MozJPEG' if features.check('mozjpeg') else 'libjpeg-turbo'} {turbo}"


FAMILY = Family("jpeg", "JPEG", REMEDY, _open)
