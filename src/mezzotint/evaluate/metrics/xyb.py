# SPDX-License-Identifier: Apache-2.0
"""sRGB to XYB, the colour space of JPEG XL, with components scaled into 0 to 1 as SSIMULACRA2 wants them.

X is red against green, Y is luma, and the third is blue against yellow. The matrix is for linear light of sRGB's
primaries, and every constant is libjxl's. A colour profile inside a picture must have been applied before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]  # (3, H, W)

# To the response of the eye's three kinds of cones, the bias that keeps its cube root tame, and from the roots to X, Y
# and B - Y, stretched and shifted.
_ABSORBANCE = np.array(
    [
        [0.3, 0.622, 0.078],
        [0.23, 0.692, 0.078],
        [0.24342268924547819, 0.20476744424496821, 0.5518098665095536],
    ],
    np.float32,
)
_BIAS = np.full(3, 0.0037930732552754493, np.float32)
_OPPONENTS = np.array([[7.0, -7.0, 0.0], [0.5, 0.5, 0.0], [-0.5, -0.5, 1.0]], np.float32)
_SHIFT = np.array([0.42, 0.01, 0.55], np.float32) - _OPPONENTS.sum(axis=1) * np.cbrt(_BIAS)


def _curve() -> NDArray[np.float32]:
    samples = np.arange(256) / 255
    light = np.where(samples <= 0.04045, samples / 12.92, ((samples + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


_LIGHT = _curve()  # of each 8-bit sample


def linear(samples: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Linear light, 0 to 1, of 8-bit sRGB samples in an array of any shape."""
    return _LIGHT[samples]


def xyb(light: Planes) -> Planes:
    """Planes X, Y, B - Y (3, H, W) of linear light (3, H, W)."""
    cones = _mixed(light, _ABSORBANCE, _BIAS)
    np.cbrt(cones, out=cones)
    return _mixed(cones, _OPPONENTS, _SHIFT)


def _mixed(planes: Planes, matrix: NDArray[np.float32], shift: NDArray[np.float32]) -> Planes:
    """A matrix product written out: BLAS would wake its threads for it, which costs more than it saves."""
    out = np.empty_like(planes)
    for plane, weights, offset in zip(out, matrix, shift, strict=True):
        np.multiply(planes[0], weights[0], out=plane)
        plane += planes[1] * weights[1]
        plane += planes[2] * weights[2]
        plane += offset
    return out
