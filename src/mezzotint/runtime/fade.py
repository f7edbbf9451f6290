# SPDX-License-Identifier: Apache-2.0
"""Less fine contrast in some blocks of a picture, for patterns that the network cannot code (steady.py)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mezzotint.runtime.tiles import BLOCK, Rect

_SMOOTH = 16  # pixels to each side, over which contrast is fine
_NEAR = 4  # pixels to each side over which contrast makes a pattern
_HARD = 32  # steps of it that are none yet; twice as many fade wholly

Contrast = NDArray[np.float32]  # (rows, columns) of blocks of the picture: 1 as it is, 0 none
Pixels = NDArray[np.uint8]  # (H, W, 3)


def faded(pixels: Pixels, reach: Rect, contrast: Contrast) -> Pixels:
    """The pixels of some blocks, of which those with less contrast are nearer to a smooth version of themselves.

    What is no pattern in them stays as it is.
    """
    share = contrast[reach.rows, reach.columns]
    if (share == 1).all():
        return pixels
    smooth, hard = _smooth_and_hard(pixels)
    found = pixels.copy()
    for row, column in np.argwhere(share < 1).tolist():
        place = Rect(row, column, 1, 1).scaled(BLOCK)
        part = place.rows, place.columns
        pattern = np.clip(hard[part][..., None] / np.float32(_HARD) - 1, 0, 1)
        kept = 1 - pattern * (1 - share[row, column])
        found[part] = np.rint(smooth[part] + kept * (pixels[part] - smooth[part].astype(np.float32)))
    return found


def patterned(pixels: Pixels) -> NDArray[np.bool_]:
    """(H, W): where there is a pattern that would fade."""
    found: NDArray[np.bool_] = _smooth_and_hard(pixels)[1] > _HARD
    return found


def _smooth_and_hard(pixels: Pixels) -> tuple[Pixels, NDArray[np.uint8]]:
    """A blurred version, and how far pixels are from it on average round each place, (H, W)."""
    from PIL import Image, ImageFilter

    smooth = np.asarray(Image.fromarray(pixels).filter(ImageFilter.BoxBlur(_SMOOTH)))
    apart = np.maximum(pixels, smooth) - np.minimum(pixels, smooth)
    hard = np.asarray(Image.fromarray(apart.max(axis=2)).filter(ImageFilter.BoxBlur(_NEAR)))
    return smooth, hard
