# SPDX-License-Identifier: Apache-2.0
"""The thousand images that several threads and processes code at once, and what comes of one as a short text.

Forty small pictures of every kind go round with modes, qualities and tiles; one in twenty is coded by the default
model, the others by the hand-made ones. `done` is the same text wherever and beside whatever it is called.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

import mezzotint.pillow
from attacks.files import cut, deep, model, seen_through
from mezzotint.bundle import Bundle
from mezzotint.runtime.pictures.picture import Samples

IMAGES = 1000
PICTURES = 40


@dataclass(frozen=True)
class Job:
    picture: Samples
    model: Bundle | None  # None: the default one
    options: dict[str, Any] = field(default_factory=dict)
    threads: int = 1


def ready() -> None:
    """Make what all images share, which is not for several threads at once."""
    model(), model(context=True), cut(1, 1)


def job(number: int) -> Job:
    which = number % PICTURES
    height, width = 5 + which * 37 % 89, 3 + which * 53 % 97
    kinds = (cut(height, width), cut(height, width)[..., 1], seen_through(height, width), deep(height, width))
    picture: Samples = kinds[which % 4]
    quality = number * 7 % 101
    if number % 20 == 0:
        return Job(picture, None, {"quality": quality}, threads=1 + number // 20 % 2)
    if number % 5 == 1:
        return Job(picture, model(), {"lossless": True, "tile_log2": 6 + number % 3})
    if number % 5 == 2:
        return Job(picture, model(), {"max_error": 1 + number % 9})
    return Job(picture, model(context=number % 2 == 1), {"quality": quality, "tile_log2": 6 + number % 3})


def coded(number: int) -> bytes:
    each = job(number)
    return mezzotint.encode(each.picture, model=each.model, threads=each.threads, **each.options)


def done(number: int) -> str:
    """Of the file and of the picture that is decoded from it."""
    each, data = job(number), coded(number)
    back = mezzotint.decode(data, model=each.model, threads=each.threads)
    return told(data, back)


def told(data: bytes, back: Samples) -> str:
    return f"{_digest(data)} {back.shape} {back.dtype} {_digest(back.tobytes())}"


def opens(number: int) -> bool:
    """Whether Pillow holds all of a picture, and finds its model: there is none, or it is the default one."""
    return number % 4 != 3 and (number % 20 == 0 or number % 5 in (1, 2))


def opened(number: int) -> str:
    """The same through Pillow."""

    data = coded(number)
    with Image.open(io.BytesIO(data)) as image:
        return f"{_digest(data)} {image.mode} {_digest(np.asarray(image).tobytes())}"


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
