# SPDX-License-Identifier: Apache-2.0
"""A folder of photos as uint8 tensors (3, H, W), decoded once and kept in one file for the next start."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from tqdm import tqdm

SUFFIXES = {".avif", ".bmp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".ppm"}


def find(folder: Path) -> list[Path]:
    """All pictures below a folder, sorted; ValueError when there is none."""
    if not folder.is_dir():
        raise ValueError(f"no folder {folder}: give a folder of photos with --photos")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise ValueError(f"no photo in {folder}: put AVIF, JPEG, PNG, TIFF or WebP files there")
    return paths


def load(folder: Path, least_side: int = 64, progress: bool = True) -> list[tuple[str, Tensor]]:
    """(name, photo) pairs; files that do not decode or are too small are named on the bar and left out."""
    photos = []
    bar = tqdm(find(folder), desc="photos", unit="file", disable=not progress)
    for path in bar:
        try:
            with Image.open(path) as image:
                pixels = np.asarray(image.convert("RGB"))
        except (OSError, UnidentifiedImageError) as error:
            bar.write(f"left out {path.name}: {error}")
            continue
        if min(pixels.shape[:2]) < least_side:
            bar.write(f"left out {path.name}: smaller than {least_side} pixels")
            continue
        photos.append((path.name, torch.from_numpy(pixels.transpose(2, 0, 1).copy())))
    if not photos:
        raise ValueError(f"no photo in {folder} could be used")
    return photos


def split(photos: list[tuple[str, Tensor]], held_out: int) -> tuple[list[Tensor], list[Tensor]]:
    """(training, held out): which photo goes where depends on its name alone, so that it survives added photos."""
    ranked = sorted(photos, key=lambda p: hashlib.sha256(p[0].encode()).digest())
    return [t for _, t in ranked[held_out:]], [t for _, t in ranked[:held_out]]
