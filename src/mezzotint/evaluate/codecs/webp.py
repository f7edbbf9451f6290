# SPDX-License-Identifier: Apache-2.0
"""WebP by libwebp, lossy (always 4:2:0) and lossless, both at the greatest effort, method 6."""

from __future__ import annotations

from mezzotint.evaluate.codecs.pillow_codec import (
    REMEDY,
    Options,
    PillowCodec,
    integer_quality,
    through,
    version_of,
)
from mezzotint.evaluate.codecs.protocol import Codec, Family

_QUALITIES = (0.0, 5.0, 10.0, 20.0, 35.0, 50.0, 65.0, 80.0, 90.0, 95.0)
_LOSSLESS: Options = (("lossless", True), ("method", 6), ("exact", True))


def _open() -> tuple[Codec, ...]:
    options = (("method", 6),)
    fast = (5.0, 20.0, 50.0, 80.0)
    return (PillowCodec("webp", "method 6", _version(), "WEBP", options, integer_quality, _QUALITIES, fast),)


def _open_lossless() -> tuple[Codec, ...]:
    name = "lossless, method 6, quality 100, exact"  # quality is effort here
    return (
        PillowCodec(
            "webp-lossless", name, _version(), "WEBP", _LOSSLESS, integer_quality, (100.0,), (100.0,)
        ),
    )


def _version() -> str:
    return through(f"libwebp {version_of('webp', 'WebP')}")


FAMILY = Family("webp", "WebP", REMEDY, _open)
LOSSLESS = Family("webp-lossless", "WebP lossless", REMEDY, _open_lossless, lossless=True)
