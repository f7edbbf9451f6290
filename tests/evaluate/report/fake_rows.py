# SPDX-License-Identifier: Apache-2.0
"""Rows of codecs whose curves are known: one needs `factor` times the bits of another at the same quality."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from mezzotint.evaluate import rows
from mezzotint.evaluate.about import About
from mezzotint.evaluate.machine import Machine, Package
from mezzotint.evaluate.rows import Row

IMAGES = ("a.png", "b.png", "c.png")
QUALITIES = (10, 30, 50, 70, 90)
ALL = "psnr ms_ssim ssimulacra2"


def row(codec: str, quality: float, image: str, factor: float = 1.0, **fields: object) -> Row:
    """One file. Later letters of the alphabet are harder images; `fields` replace any of its fields."""
    hard = 1 + (ord(image[0]) - ord("a")) * 0.5
    bpp = 0.05 * factor * hard * math.exp(quality / 25)
    values: dict[str, object] = {
        "codec": codec,
        "version": f"lib{codec} 1.0",
        "settings": "default",
        "quality": float(quality),
        "image": image,
        "digest": f"{image} digest",
        "width": 768,
        "height": 512,
        "bytes": round(bpp * 768 * 512 / 8),
        "bpp": bpp,
        "psnr": 24 + quality / 6 - hard,
        "ms_ssim": 1 - 10 ** -(0.8 + quality / 100),
        "ssimulacra2": 20 + 0.7 * quality,
        "encode_s": 0.2 * factor,
        "decode_s": 0.1,
        "threads": 1,
        "metrics": ALL,
    }
    return Row(**(values | fields))  # type: ignore[arg-type]


def sweep(
    codec: str,
    factor: float = 1.0,
    images: Iterable[str] = IMAGES,
    qualities: Sequence[float] = QUALITIES,
    **fields: object,
) -> list[Row]:
    """A whole codec."""
    return [row(codec, quality, image, factor, **fields) for image in images for quality in qualities]


def usual() -> list[Row]:
    """Ours at 80 % of JPEG, two settings of AVIF at 60 and 70 %, WebP at 90 %."""
    return [
        *sweep("mezzotint", 0.8, version="mezzotint 0.1.0, model one 0123456789abcdef"),
        *sweep("jpeg", settings="optimize, 4:2:0"),
        *sweep("webp", 0.9, settings="method 6"),
        *sweep("avif", 0.6, settings="speed 4, 4:4:4"),
        *sweep("avif", 0.7, settings="speed 6, 4:2:0"),
    ]


def kodak(made: Iterable[Row], digests: Iterable[str]) -> list[Row]:
    """The same for each of these digests, as if they were its images."""
    first = [one for one in made if one.image == IMAGES[0]]
    return [
        Row(**(vars(one) | {"image": f"{number}.png", "digest": digest}))
        for number, digest in enumerate(sorted(digests), 1)
        for one in first
    ]


def put(folder: Path, made: Iterable[Row]) -> Path:
    """rows.csv in a folder, as `mzt eval` leaves it."""
    rows.start(folder / rows.NAME, list(made)).close()
    return folder


def about(**fields: object) -> About:
    machine = Machine(
        command="mzt eval photos -o out",
        commit="0123456789ab",
        processor="some processor",
        cores=2,
        system="Linux x86_64",
        python="3.11.7",
        packages=(Package("numpy", "2.0"),),
        model="one 0123456789abcdef",
    )
    values: dict[str, object] = {
        "machine": machine,
        "set_name": "photos",
        "images": 3,
        "metrics": ALL,
        "threads": 1,
    }
    return About(**(values | {"jobs": 2, "finished": True} | fields))  # type: ignore[arg-type]
