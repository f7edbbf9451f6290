# SPDX-License-Identifier: Apache-2.0
"""What a system takes, made of a photo: the photo, what a camera would have given, or a camera's move over it."""

from __future__ import annotations

import numpy as np

from mezzotint.lab.data.clips import moving
from mezzotint.lab.data.linear import linear_picture
from mezzotint.lab.systems import Media, System
from mezzotint.lab.systems.image import Pixels


def from_photo(system: System, photo: Pixels) -> Media:
    """Media of the system's kind, no larger than it asks for; ValueError for a kind that nothing is made of."""
    if system.media == "photo":
        side = getattr(system, "side_at_most", max(photo.shape))
        return np.ascontiguousarray(photo[:side, :side])
    if system.media == "linear":
        return linear_picture(photo)
    if system.media == "clip":
        return moving(photo)
    raise ValueError(f"a system of '{system.media}': nothing makes that of a photo")
