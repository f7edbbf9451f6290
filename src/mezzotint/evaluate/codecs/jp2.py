# SPDX-License-Identifier: Apache-2.0
"""JPEG 2000 by OpenJPEG: the irreversible 9/7 wavelet, one quality layer, coded to a rate.

Quality is that rate, in bits per pixel of RGB; `opj_compress -I -r 24/rate` makes the same. OpenJPEG can also code to a
PSNR in dB, but then it spends most bits on the hardest picture of a set, as no other codec here does, and means over
the set judge it far worse than any one picture does (30 % of JPEG's rate saved on Kodak's mean curve, 46 % by
picture; by rate, 48 and 44 %).
The trap: Pillow leaves the colour transform out unless told (`mct`), which more than doubles the file.
"""

from __future__ import annotations

from mezzotint.evaluate.codecs.pillow_codec import REMEDY, Options, PillowCodec, through, version_of
from mezzotint.evaluate.codecs.protocol import Codec, Family

_BITS = 24  # of a pixel before coding
_OPTIONS: Options = (("irreversible", True), ("mct", 1), ("quality_mode", "rates"))
_QUALITIES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5, 2.0, 2.5)


def _rate(quality: float) -> Options:
    """Bits per pixel to the ratio that OpenJPEG takes."""
    return (("quality_layers", (_BITS / quality,)),)


def _open() -> tuple[Codec, ...]:
    version = through(f"OpenJPEG {version_of('jpg_2000', 'JPEG 2000')}")
    fast = (0.15, 0.3, 0.7, 1.5)
    return (PillowCodec("jp2", "9/7, by rate", version, "JPEG2000", _OPTIONS, _rate, _QUALITIES, fast),)


FAMILY = Family("jp2", "JPEG 2000", REMEDY, _open)
