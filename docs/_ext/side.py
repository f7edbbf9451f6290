# SPDX-License-Identifier: Apache-2.0
"""A part of an example photo as it is, as JPEG and as ours in no more bytes; coded while the site is built."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from grid import table
from PIL import Image

import mezzotint
from mezzotint.evaluate.metrics import psnr

PHOTO = Path(__file__).resolve().parents[2] / "examples" / "chelsea.png"
BYTES = 5000
CROP = (105, 35, 285, 215)  # left, top, right, bottom


def markdown(folder: Path, beside: Path) -> str:
    """A table of three pictures, which are written into `folder`; their paths count from `beside`."""
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(PHOTO) as image:
        photo = image.convert("RGB")
    original = np.asarray(photo)
    theirs = _jpeg(photo, BYTES)
    ours = mezzotint.encode(original, target_bytes=len(theirs), threads=1)
    decoded = {
        "original": original,
        "jpeg": np.asarray(Image.open(io.BytesIO(theirs))),
        "mezzotint": mezzotint.decode(ours, threads=1),
    }
    shown = []
    for name, pixels in decoded.items():
        path = folder / f"side-{name}.png"
        Image.fromarray(pixels).crop(CROP).resize((360, 360), Image.Resampling.LANCZOS).save(path)
        shown.append(f"![{name}]({os.path.relpath(path, beside)})")
    words = [
        f"as PNG {PHOTO.stat().st_size:,} bytes",
        *(
            f"{len(coded):,} bytes, {psnr(original, decoded[name]):.1f} dB"
            for name, coded in (("jpeg", theirs), ("mezzotint", ours))
        ),
    ]
    return table(("the original", "JPEG (optimize, 4:2:0)", "Mezzotint"), (shown, words))


def _jpeg(photo: Image.Image, most: int) -> bytes:
    """The best JPEG of at most so many bytes; the worst one where none is so small."""
    found = b""
    for quality in range(1, 96):
        buffer = io.BytesIO()
        photo.save(buffer, "JPEG", quality=quality, optimize=True)
        if found and len(buffer.getvalue()) > most:
            break
        found = buffer.getvalue()
    return found
