# SPDX-License-Identifier: Apache-2.0
"""PNG with Pillow's `optimize`: the filters chosen row by row, deflate at its greatest effort."""

from __future__ import annotations

from PIL import features

from mezzotint.evaluate.codecs.pillow_codec import (
    REMEDY,
    Options,
    PillowCodec,
    no_quality,
    through,
    version_of,
)
from mezzotint.evaluate.codecs.protocol import Codec, Family


def _open() -> tuple[Codec, ...]:
    options: Options = (("optimize", True),)
    version = through(_library())
    return (PillowCodec("png-lossless", "optimize", version, "PNG", options, no_quality, (100.0,), (100.0,)),)


def _library() -> str:
    ng = features.version("zlib_ng")
    return f"zlib {version_of('zlib', 'PNG')}" if ng is None else f"zlib-ng {ng}"


LOSSLESS = Family("png-lossless", "PNG", REMEDY, _open, lossless=True)
