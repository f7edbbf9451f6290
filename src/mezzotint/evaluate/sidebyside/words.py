# SPDX-License-Identifier: Apache-2.0
"""What is said about two pictures, in words: on the page and in the table of the command."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mezzotint.evaluate.sidebyside.apart import Apart
from mezzotint.evaluate.sidebyside.crop import Crop
from mezzotint.evaluate.sidebyside.samples import Pair

if TYPE_CHECKING:
    from mezzotint.evaluate.sidebyside.page import Side


@dataclass(frozen=True)
class Number:
    name: str
    value: str
    meaning: str


def costs(a: Side, b: Side, pixels: int) -> Iterator[tuple[str, str, str]]:
    """(what, of A, of B): what each file costs."""
    yield "bytes", f"{a.size:,}", f"{b.size:,}"
    yield "relative size", "100 %", f"{100 * b.size / a.size:.3g} %"  # a picture file is never empty
    yield "bits per pixel", f"{8 * a.size / pixels:.3f}", f"{8 * b.size / pixels:.3f}"
    yield "coded as", a.coding, b.coding


def numbers(apart: Apart) -> Iterator[Number]:
    """How far the pictures are apart, each number with what it means."""
    psnr = f"{apart.psnr:.2f} dB" if math.isfinite(apart.psnr) else "infinite: all samples are equal"
    yield Number("PSNR", psnr, "mean squared error on a logarithmic scale; 3 dB more is half the error")
    yield Number(
        "MS-SSIM", _or_small(apart.ms_ssim, 4), "likeness of structure at five scales; 1 is identical"
    )
    points = _or_small(apart.ssimulacra2, 2)
    yield Number("SSIMULACRA2", points, "as people would rate it; 90 looks identical, 70 is good, 50 medium")
    most = 2**apart.bit_depth - 1
    yield Number("largest error", f"{apart.max_error} of {most}", "the worst sample; 0 is lossless")


def notices(a: Side, b: Side, pair: Pair, part: Crop) -> Iterator[str]:
    """What a person should know before trusting their eyes."""
    height, width = pair.one.colour.shape[:2]
    if (part.width, part.height) != (width, height):
        yield (
            f"You see {part.width}x{part.height} pixels of {width}x{height}, from {part.x},{part.y} on; the numbers "
            "are of the whole pictures. To see another part: mzt compare --html FILE --crop X,Y,W,H."
        )
    if pair.bit_depth > 8:
        yield (
            f"PSNR and the largest error are taken at {pair.bit_depth} bits a sample; the other numbers and what you "
            "see are at 8."
        )
    if pair.transparent:
        yield "Transparency: the numbers are the worse ones of the pictures over black and over white."
    if a.icc != b.icc:
        yield "The two have different colour profiles: you see them through these, the numbers do without."


def _or_small(value: float | None, digits: int) -> str:
    return "too small for it" if value is None else f"{value:.{digits}f}"
