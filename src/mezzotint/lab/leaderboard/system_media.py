# SPDX-License-Identifier: Apache-2.0
"""What a system takes, made of a photo: the photo, what a camera would have given, or a pan over it."""

from __future__ import annotations

import numpy as np

from mezzotint.lab.systems import Media, System
from mezzotint.lab.systems.image import Pixels

FRAMES, HEIGHT, WIDTH = 8, 96, 128  # of a clip


def from_photo(system: System, photo: Pixels) -> Media:
    """Media of the system's kind, no larger than it asks for; ValueError for a kind that nothing is made of."""
    if system.media == "photo":
        side = getattr(system, "side_at_most", max(photo.shape))
        return np.ascontiguousarray(photo[:side, :side])
    if system.media == "linear":
        return linear(photo)
    if system.media == "clip":
        return pan(photo)
    raise ValueError(f"a system of '{system.media}': nothing makes that of a photo")


def linear(photo: Pixels) -> Media:
    """sRGB uint8 (H, W, 3) -> linear light uint16 (H, W, 3) (IEC 61966-2-1)."""
    v = photo / 255.0
    light = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    return (light * 65535).round().astype(np.uint16)


def pan(photo: Pixels) -> Media:
    """uint8 (FRAMES, HEIGHT, WIDTH, 3): a window of the photo that moves two pixels right and one down a frame."""
    top, left = (photo.shape[0] - HEIGHT) // 2, (photo.shape[1] - WIDTH) // 2
    windows = [photo[top + t : top + t + HEIGHT, left + 2 * t : left + 2 * t + WIDTH] for t in range(FRAMES)]
    return np.stack(windows)
