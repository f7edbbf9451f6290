# SPDX-License-Identifier: Apache-2.0
"""Sound files of every mode, for the attacks to damage: twenty of at most 8 kB, and five larger ones.

Lossy files are made with the hand-made model of tests/bundle/tiny.py, with and without a scale context.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import mezzotint
from mezzotint.bundle import Bundle

ROOT = Path(__file__).resolve().parents[3]
MOST = 8192  # bytes of a small file
EXIF = b"II*\0\x08\0\0\0" + bytes(6)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


@dataclass(frozen=True)
class Sample:
    name: str
    data: bytes
    model: Bundle


@cache
def model(context: bool = False) -> Bundle:
    """The hand-made model; the same module that the fixture `tiny` gives."""
    name = "mezzotint_tests_tiny"
    if name not in sys.modules:
        spec = spec_from_file_location(name, ROOT / "tests" / "bundle" / "tiny.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    found: Bundle = sys.modules[name].bundle(context)
    return found


@cache
def photo() -> NDArray[np.uint8]:
    with Image.open(ROOT / "examples" / "chelsea.png") as image:
        return np.asarray(image.convert("RGB"))


def cut(height: int, width: int) -> NDArray[np.uint8]:
    """From where the photo is busiest."""
    return photo()[60 : 60 + height, 120 : 120 + width].copy()


def deep(height: int, width: int, bits: int = 16) -> NDArray[np.uint16]:
    fine = np.random.default_rng(8).integers(0, 256, (height, width, 3)).astype(np.uint16)
    return (cut(height, width).astype(np.uint16) << 8 | fine) >> np.uint16(16 - bits)


def seen_through(height: int, width: int) -> NDArray[np.uint8]:
    """(H, W, 4) whose alpha changes from pixel to pixel."""
    alpha = np.random.default_rng(9).integers(0, 256, (height, width, 1), np.uint8)
    return np.concatenate([cut(height, width), alpha], 2)


def described(height: int, width: int) -> mezzotint.Picture:
    return mezzotint.Picture(cut(height, width), icc=b"a profile, opaque " * 20, exif=EXIF, xmp=XMP)


def _sample(name: str, picture: Any, *, context: bool = False, **options: Any) -> Sample:
    bundle = model(context)
    return Sample(name, mezzotint.encode(picture, model=bundle, threads=1, **options), bundle)


@cache
def small() -> tuple[Sample, ...]:
    """Twenty; every mode, depth, channel count, several tiles, transparency, metadata."""
    found = (
        _sample("lossy", cut(64, 64)),
        _sample("lossy low", cut(65, 143), quality=10),
        _sample("lossy high", cut(65, 143), quality=98),
        _sample("lossy tiles", cut(130, 150), tile_log2=6),
        _sample("lossy tiles context", cut(130, 150), tile_log2=6, context=True),
        _sample("lossy grey", cut(90, 71)[..., 1]),
        _sample("lossy alpha", seen_through(40, 60)),
        _sample("lossy deep", deep(70, 66)),
        _sample("lossy metadata", described(66, 64)),
        _sample("lossless", cut(30, 40), lossless=True),
        _sample("lossless tiles", cut(70, 66) // 64 * 85, lossless=True, tile_log2=6),
        _sample("lossless grey", cut(50, 41)[..., 0], lossless=True),
        _sample("lossless alpha", seen_through(20, 25), lossless=True),
        _sample("lossless deep", deep(20, 25), lossless=True),
        _sample("lossless ten bits", deep(25, 30, 10), lossless=True, bit_depth=10),
        _sample("lossless one pixel", cut(1, 1), lossless=True),
        _sample("lossless metadata", described(16, 18), lossless=True),
        _sample("near-lossless", cut(40, 53), max_error=3),
        _sample("near-lossless tiles", cut(70, 66), max_error=20, tile_log2=6),
        _sample("near-lossless deep", deep(30, 33), max_error=200),
    )
    for sample in found:
        assert len(sample.data) <= MOST, (sample.name, len(sample.data))
        assert (
            mezzotint.read_header(sample.data).mode.name.lower().replace("_", "-") == sample.name.split()[0]
        )
    return found


@cache
def large() -> tuple[Sample, ...]:
    """Five, from 4 to 200 kB."""
    return (
        _sample("large lossy", cut(230, 300), quality=98),
        _sample("large lossy tiles alpha", seen_through(230, 300), tile_log2=6),
        _sample("large lossless", cut(200, 250), lossless=True, tile_log2=6),
        _sample("large near-lossless", cut(200, 250), max_error=1),
        _sample("large lossless deep", deep(100, 150), lossless=True),
    )
