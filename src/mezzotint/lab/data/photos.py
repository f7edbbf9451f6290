# SPDX-License-Identifier: Apache-2.0
"""A folder of photos as uint8 tensors (3, H, W), all decoded at the start of a run and kept in memory.

A photo that cannot be read stops the run before it begins, with all such photos named at once: left out in silence, it
would move every later draw of crops and the split into training and held-out photos, so that a run could be resumed on
other data than it began with. Photos that are merely small are named and left out, which depends on nothing but them.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from mezzotint.one_line import one_line, spelled

SUFFIXES = {".avif", ".bmp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".ppm"}
NAMED = 5  # unreadable photos that an error names


def find(folder: Path) -> list[Path]:
    """All pictures below a folder, sorted; ValueError when there is none."""
    if not folder.is_dir():
        raise ValueError(f"no folder {folder}: give a folder of photos with --photos")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise ValueError(f"no photo in {folder}: put AVIF, JPEG, PNG, TIFF or WebP files there")
    return paths


def load(folder: Path, least_side: int = 64, progress: bool = True) -> list[tuple[str, Tensor]]:
    """(name, uint8 (3, H, W)) pairs in the order of `find`, without those of fewer than ``least_side`` pixels.

    ValueError where there is no folder or no photo, where photos cannot be read, and where none is large enough.
    """
    photos: list[tuple[str, Tensor]] = []
    broken: list[str] = []
    paths = find(folder)
    bar = tqdm(paths, desc="photos", unit="file", disable=not progress)
    for path in bar:
        try:
            with Image.open(path) as image:
                pixels = np.asarray(image.convert("RGB"))
        except MemoryError:
            raise
        except Exception as error:  # a damaged file makes Pillow raise nearly anything, SyntaxError included
            broken.append(f"{spelled(path.name)} ({one_line(error) or type(error).__name__})")
            continue
        if min(pixels.shape[:2]) < least_side:
            bar.write(f"left out {spelled(path.name)}: smaller than {least_side} pixels", file=sys.stderr)
            continue
        photos.append((path.name, torch.from_numpy(pixels.transpose(2, 0, 1).copy())))
    if broken:
        raise ValueError(_unreadable(broken, len(paths)))
    if not photos:
        raise ValueError(
            f"no photo in {folder} could be used: give some of {least_side} pixels a side or more"
        )
    return photos


def _unreadable(broken: list[str], count: int) -> str:
    more = f" and {len(broken) - NAMED} more" if len(broken) > NAMED else ""
    named = ", ".join(broken[:NAMED]) + more
    return f"{len(broken)} of {count} photos cannot be read: {named}: remove or replace them"


def split(photos: list[tuple[str, Tensor]], held_out: int) -> tuple[list[Tensor], list[Tensor]]:
    """(training, held out): which photo goes where depends on its name alone, so that it survives added photos."""
    ranked = sorted(photos, key=lambda p: hashlib.sha256(p[0].encode("utf-8", "surrogateescape")).digest())
    return [t for _, t in ranked[held_out:]], [t for _, t in ranked[:held_out]]
