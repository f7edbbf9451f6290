# SPDX-License-Identifier: Apache-2.0
"""How alike two pictures are, as `--target-psnr` and `--target-ssim` mean it.

PSNR: ten times the logarithm of the squared peak over the mean squared error of all samples of all channels.

SSIM: of Wang, Bovik, Sheikh and Simoncelli (IEEE Transactions on Image Processing, 2004), in its plain form: the luma
of BT.601, one scale and no downsampling, a Gaussian window of 11x11 with sigma 1.5, K of 0.01 and 0.03, and the mean
over all places where the window fits. A side under 11 pixels is lengthened by repeating its last ones. It is not
MS-SSIM, which `mzt compare` prints, and not the mean over three channels, which some programs take.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mezzotint.runtime import deadline
from mezzotint.runtime.pictures.picture import Samples

Plane = NDArray[np.float32]  # (H, W)

_BAND = 128  # rows at a time, so that a band stays in the processor's cache
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_RADIUS, _SIGMA = 5, 1.5
_K1, _K2 = 0.01, 0.03


def psnr(one: Samples, other: Samples, peak: int) -> float:
    """dB over two arrays of one shape and samples of 0..peak; infinite if they are equal."""
    total = 0
    for top in range(0, len(one), _BAND):
        deadline.check()
        difference = one[top : top + _BAND].astype(np.int64) - other[top : top + _BAND]
        total += int(np.square(difference).sum())
    if total == 0:
        return math.inf
    return 10 * math.log10(peak**2 * int(one.size) / total)


def ssim(one: Samples, other: Samples, peak: int) -> float:
    """At most 1, which equal pictures have, over two arrays (H, W, 3) or (H, W) with samples of 0..peak."""
    height, width = int(one.shape[0]), int(one.shape[1])
    size = 2 * _RADIUS + 1
    rows, columns = max(height, size) - size + 1, max(width, size) - size + 1
    total = 0.0
    for top in range(0, rows, _BAND):
        deadline.check()
        covered = slice(top, top + min(_BAND, rows - top) + size - 1)
        a, b = (_luma(samples[covered], peak, size) for samples in (one, other))
        total += float(_map(a, b).sum(dtype=np.float64))
    return total / (rows * columns)


def _luma(samples: Samples, peak: int, least: int) -> Plane:
    """0..1, at least so many samples a side."""
    plane: Plane = samples.astype(np.float32)
    if samples.ndim == 3:
        plane = plane @ _LUMA
    plane *= np.float32(1 / peak)
    short = [(0, max(0, least - side)) for side in plane.shape]
    return np.pad(plane, short, mode="edge") if any(after for _, after in short) else plane


def _map(a: Plane, b: Plane) -> Plane:
    """SSIM at every place, from four smoothed planes: 2 cov(a, b) = var(a) + var(b) - var(a - b)."""
    mean_a, mean_b = _smooth(a), _smooth(b)
    mean_squares = mean_a * mean_a + mean_b * mean_b
    mean_error = np.square(mean_a - mean_b)
    variances = _smooth(a * a + b * b) - mean_squares
    error_variance = _smooth(np.square(a - b)) - mean_error
    structure = np.float32(1) - error_variance / (variances + np.float32(_K2**2))
    luminance = np.float32(1) - mean_error / (mean_squares + np.float32(_K1**2))
    similarity: Plane = luminance * structure
    return similarity


def _smooth(plane: Plane) -> Plane:
    """Where the window fits: (H, W) -> (H - 10, W - 10)."""
    return _down(_down(plane).T).T


def _down(plane: Plane) -> Plane:
    length = len(plane) - 2 * _RADIUS
    out: Plane = plane[_RADIUS : _RADIUS + length] * _TAPS[_RADIUS]
    for tap in range(_RADIUS):  # equal weights share one product
        pair = plane[tap : tap + length] + plane[2 * _RADIUS - tap :][:length]
        pair *= _TAPS[tap]
        out += pair
    return out


def _taps() -> NDArray[np.float32]:
    bell = np.exp(-np.square(np.arange(-_RADIUS, _RADIUS + 1)) / (2 * _SIGMA**2))
    taps: NDArray[np.float32] = (bell / bell.sum()).astype(np.float32)
    return taps


_TAPS = _taps()
