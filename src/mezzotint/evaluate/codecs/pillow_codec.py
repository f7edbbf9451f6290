# SPDX-License-Identifier: Apache-2.0
"""Codecs that Pillow brings along: whole files in memory, and one class for those that use a single thread.

The trap: what Pillow is built with differs from wheel to wheel, so that a version is always asked of the library.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL
from PIL import Image, features

from mezzotint.errors import MissingExtra
from mezzotint.evaluate.codecs.protocol import Pixels

REMEDY = "pip install --upgrade pillow"
Options = tuple[tuple[str, Any], ...]  # keyword arguments of Image.save, in a form that cannot change


@dataclass(frozen=True)
class PillowCodec:
    """A format of Pillow with fixed options; `dial` turns a quality into those options that depend on it."""

    id: str
    settings: str
    version: str
    form: str  # Pillow's name of the format
    options: Options
    dial: Callable[[float], Options]  # a function of a module, which can be pickled
    qualities: tuple[float, ...]
    fast_qualities: tuple[float, ...]

    def encode(self, pixels: Pixels, quality: float, threads: int) -> bytes:
        """A whole file. These libraries code one picture on one thread, whatever `threads` says."""
        return save(pixels, self.form, self.options + self.dial(quality))

    def decode(self, data: bytes, threads: int) -> Pixels:
        return load(data, self.form)


def integer_quality(quality: float) -> Options:
    """`quality=` of Pillow's JPEG, WebP and AVIF, whole numbers 0..100."""
    return (("quality", round(quality)),)


def no_quality(quality: float) -> Options:
    """A lossless codec has nothing to turn."""
    return ()


def save(pixels: Pixels, form: str, options: Options) -> bytes:
    """The bytes of a file of Pillow's format `form`."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **dict(options))
    return buffer.getvalue()


def load(data: bytes, form: str) -> Pixels:
    """The pixels of a file of Pillow's format `form`; another format is refused, not guessed."""
    with Image.open(io.BytesIO(data), formats=[form]) as image:
        return np.asarray(image.convert("RGB"))


def version_of(feature: str, title: str) -> str:
    """The version of a library in this Pillow, which calls it `feature`; MissingExtra where it was left out."""
    found = features.version(feature)
    if found is None:
        raise MissingExtra(f"this Pillow is built without {title}", REMEDY)
    return found


def through(library: str) -> str:
    """`library`, and the Pillow that holds it, as in a row: "libwebp 1.6.0 (Pillow 13.0.0)"."""
    return f"{library} (Pillow {PIL.__version__})"
