# SPDX-License-Identifier: Apache-2.0
"""Rate-distortion curves that others have published for the 24 Kodak images: facts with their source.

Nothing here was measured by us, and the traps are in how it was: some count the bits that a model estimates or leave
out a file's header, some compare pixels before they are rounded to 8 bits. Each source says what is known of that.
The data lie in published/kodak.json, made by dev/published.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

Point = tuple[
    float, float, float | None
]  # bits per pixel, PSNR in dB, MS-SSIM 0..1 or None: means over the 24 images


@dataclass(frozen=True)
class Published:
    """One codec's curve."""

    id: str  # "vtm"
    title: str  # "VTM 9.1 (VVC)", for a legend
    source: str  # where the numbers stand, and how they were measured
    note: str  # what a reader should know besides, or ""
    points: tuple[Point, ...]  # by rising rate


def load() -> tuple[Published, ...]:
    """All curves: standards first, then learned codecs by year."""
    return _read()[0]


def is_kodak(digests: Iterable[str]) -> bool:
    """Whether these are the digests (`images.digest`) of the 24 Kodak images, all of them and no other."""
    return frozenset(digests) == kodak_digests()


def kodak_digests() -> frozenset[str]:
    """The digests of the pixels of the 24 Kodak images, 768x512 and 512x768."""
    return _read()[1]


@cache
def _read() -> tuple[tuple[Published, ...], frozenset[str]]:
    text = resources.files("mezzotint.evaluate").joinpath("published", "kodak.json").read_text("utf-8")
    document = json.loads(text)
    curves = tuple(
        Published(
            one["id"],
            one["title"],
            one["source"],
            one["note"],
            tuple(zip(one["bpp"], one["psnr"], one.get("ms_ssim", [None] * len(one["bpp"])), strict=True)),
        )
        for one in document["curves"]
    )
    return curves, frozenset(document["kodak"])
