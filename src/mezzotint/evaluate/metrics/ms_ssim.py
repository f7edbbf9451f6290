# SPDX-License-Identifier: Apache-2.0
"""MS-SSIM (Wang, Simoncelli and Bovik, Asilomar 2003) of RGB pictures: five scales, mean over the three channels.

Papers on learned codecs compute it with the package pytorch-msssim; this agrees with it, in its odd corners too: where
a side is odd, its pooling sets a row or column of zeros before the first one, and negative structure counts as 0.

With a and b the two pictures, e = a - b and var the local variance, 2 cov(a, b) = var(a) + var(b) - var(e). So a map
needs four smoothed planes and not five, and identical pictures give 1 exactly.
"""

from __future__ import annotations

import math

import numpy as np

from mezzotint.evaluate.metrics.pair import Picture, planes
from mezzotint.evaluate.metrics.smooth import Plane, bands, smooth

SMALLEST = 161  # pixels; on a shorter side the filter does not fit the fifth scale

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # exponents of the scales, from the finest on
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2
_REACH = 5
_SIGMA = 1.5


def _gaussian() -> tuple[float, ...]:
    bell = [math.exp(-(distance**2) / (2 * _SIGMA**2)) for distance in range(-_REACH, _REACH + 1)]
    return tuple(value / sum(bell) for value in bell)


_TAPS = _gaussian()


def ms_ssim(one: Picture, other: Picture) -> float | None:
    """Between 0 and 1, and 1 for identical pictures; None where the shorter side is under `SMALLEST` pixels.

    Takes two uint8 arrays (H, W, 3), RGB; UsageError for anything else. Memory: about 20 bytes a pixel.
    """
    pair = planes(one, other)  # (3, H, W)
    if min(pair[0].shape[1:]) < SMALLEST:
        return None
    return sum(_channel(*channel) for channel in zip(*pair, strict=True)) / 3


def _channel(one: Picture, other: Picture) -> float:
    """MS-SSIM of one channel, uint8 (H, W)."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    product = 1.0
    for scale, weight in enumerate(_WEIGHTS, start=1):
        structure, similarity = _scale(a, b)
        if scale == len(_WEIGHTS):
            return product * float(max(similarity, 0.0) ** weight)
        product *= float(max(structure, 0.0) ** weight)
        a, b = _halved(a), _halved(b)
    raise AssertionError("the last scale returns")


def _scale(a: Plane, b: Plane) -> tuple[float, float]:
    """Means of the contrast-structure map and of the whole SSIM map, at one scale."""
    height, width = (side - 2 * _REACH for side in a.shape)
    structure = similarity = 0.0
    for rows in bands(height, width):
        covered = slice(rows.start, rows.stop + 2 * _REACH)
        cs, ssim = _maps(a[covered], b[covered])
        structure += float(cs.sum(dtype=np.float64))
        similarity += float(ssim.sum(dtype=np.float64))
    return structure / (height * width), similarity / (height * width)


def _maps(a: Plane, b: Plane) -> tuple[Plane, Plane]:
    """The contrast-structure map and the SSIM map, float32, where the filter fits."""
    mean_a, mean_b = smooth(a, _TAPS), smooth(b, _TAPS)
    mean_squares = mean_a * mean_a + mean_b * mean_b
    mean_error = np.square(mean_a - mean_b)
    variances = smooth(a * a + b * b, _TAPS) - mean_squares
    error_variance = smooth(np.square(a - b), _TAPS) - mean_error
    structure = np.float32(1) - error_variance / (variances + np.float32(_C2))
    luminance = np.float32(1) - mean_error / (mean_squares + np.float32(_C1))
    return structure, luminance * structure


def _halved(plane: Plane) -> Plane:
    """Means of 2x2 samples; an odd side is preceded by zeros, which count, and its last sample ends a pair."""
    height, width = plane.shape
    padded = np.pad(plane, ((height % 2, 0), (width % 2, 0)))
    return (padded[::2, ::2] + padded[::2, 1::2] + padded[1::2, ::2] + padded[1::2, 1::2]) * np.float32(0.25)
