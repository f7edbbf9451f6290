# SPDX-License-Identifier: Apache-2.0
"""SSIMULACRA2, version 2.1 (Sneyers, Cloudinary, 2022-23): a perceptual score, tuned on people's ratings.

Three error maps (less structure, edges that were not there, edges that are gone) of three XYB components at six scales
are each averaged twice, plainly and by the fourth power; a weighted sum of these 108 numbers is bent to the scale of
the ratings: 100 is identical, 90 visually lossless, 70 good, 50 medium, 30 poor, and there is no lower bound.

The definition is the tool `ssimulacra2` of libjxl, and every constant below is its; the arithmetic is ours. The tool
filters by a recursion in float32 whose rounding lowers its scores, by another amount on each instruction set. This is
what it computes without: with its filter in double precision it agrees to 0.001 on average and 0.05 at worst. On 72
pairs from Kodak the tool for AVX2 is 0.03 lower on average below 85 points and 0.17 above, where up to 1.8 was seen.
The Python package ssimulacra2 0.3 filters otherwise and is about a point away, and far off below 256 pixels.

Trap: a picture too small for six scales takes the weights in order, and so those of other maps. So does the tool.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mezzotint.evaluate.metrics.pair import Picture, planes
from mezzotint.evaluate.metrics.smooth import Plane, bands, smooth
from mezzotint.evaluate.metrics.xyb import linear, xyb

SMALLEST = 8  # pixels on the shorter side

_Layers = NDArray[Any]  # (3, H, W): 8-bit sRGB, or float32 linear light

_SCALES = 6
_C2 = 0.0009

# What the recursive filter of the tool, a truncated sum of cosines (Charalampidis 2016, sigma 1.5), does to an impulse.
_HALF = (0.00941436780965374, 0.0360111146583644, 0.1093353727774603, 0.2129285920104222)
_TAPS = (*_HALF, 0.2646211054881985, *_HALF[::-1])
_REACH = len(_TAPS) // 2

# Two lines a component and scale, for the plain mean and the fourth-power mean: less structure, new edges, lost edges.
# The scales go from the finest on, the components are X, Y and B.
_WEIGHTS = np.array(
    [
        [0.0, 0.0007376606707406586, 0.0],
        [0.0, 0.0007793481682867309, 0.0],
        [0.0, 0.0004371155730107379, 0.0],
        [1.1041726426657346, 0.00066284834129271, 0.00015231632783718752],
        [0.0, 0.0016406437456599754, 0.0],
        [1.8422455520539298, 11.441172603757666, 0.0],
        [0.0007989109436015163, 0.000176816438078653, 0.0],
        [1.8787594979546387, 10.94906990605142, 0.0],
        [0.0007289346991508072, 0.9677937080626833, 0.0],
        [0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053],
        [0.0004550992113792063, 0.0, 0.0],
        [0.0013648766163243398, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [7.466890328078848, 0.0, 17.445833984131262],
        [0.0006235601634041466, 0.0, 0.0],
        [6.683678146179332, 0.00037724407979611296, 1.027889937768264],
        [225.20515300849274, 0.0, 0.0],
        [19.213238186143016, 0.0011401524586618361, 0.001237755635509985],
        [176.39317598450694, 0.0, 0.0],
        [24.43300999870476, 0.28520802612117757, 0.0004485436923833408],
        [0.0, 0.0, 0.0],
        [34.77906344483772, 44.835625328877896, 0.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.0008680556573291698, 0.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.0005313191874358747, 0.0],
        [0.00016533814161379112, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [0.0004179171803251336, 0.0017290828234722833, 0.0],
        [0.0020827005846636437, 0.0, 0.0],
        [8.826982764996862, 23.19243343998926, 0.0],
        [95.1080498811086, 0.9863978034400682, 0.9834382792465353],
        [0.0012286405048278493, 171.2667255897307, 0.9807858872435379],
        [0.0, 0.0, 0.0],
        [0.0005130064588990679, 0.0, 0.00010854057858411537],
    ]
)


def ssimulacra2(one: Picture, other: Picture) -> float | None:
    """At most 100, which is for identical pictures; None where the shorter side is under `SMALLEST` pixels.

    `one` is the original and `other` what became of it: the two are not interchangeable. Both are uint8 arrays
    (H, W, 3), sRGB; UsageError for anything else. Memory: about 15 bytes a pixel, and 20 MB.
    """
    pair: tuple[_Layers, _Layers] = planes(one, other)  # (3, H, W)
    scales = _count(min(one.shape[:2]))
    if not scales:
        return None
    weights = _WEIGHTS.reshape(-1)[: 18 * scales].reshape(3, scales, 6)
    error = 0.0
    for scale in range(scales):
        if scale:
            pair = _halved(pair[0]), _halved(pair[1])
        error += float((_norms(*pair, weights[:, scale] != 0) * weights[:, scale]).sum())
    return _score(error)


def _count(side: int) -> int:
    """Scales of a picture whose shorter side is given: one more than those that are not too small themselves."""
    scales = int(side >= SMALLEST)
    while side >= SMALLEST and scales < _SCALES:
        scales += 1
        side = (side + 1) // 2
    return scales


def _score(error: float) -> float:
    """The weighted sum of the norms, bent to the scale of people's ratings."""
    error *= 0.9562382616834844
    error = 2.326765642916932 * error - 0.020884521182843837 * error**2 + 6.248496625763138e-05 * error**3
    return 100 - 10 * error**0.6276336467831387 if error > 0 else 100.0


def _light(layers: _Layers, rows: slice) -> NDArray[np.float32]:
    """Rows of a picture in linear light, (3, rows, W). The finest scale comes as 8-bit samples, to save memory."""
    part = layers[:, rows]
    light: NDArray[np.float32] = linear(part) if part.dtype == np.uint8 else part
    return light


def _halved(layers: _Layers) -> NDArray[np.float32]:
    """The next scale, in linear light: means of 2x2 samples, where the last row and column of an odd side repeat."""
    _, height, width = layers.shape
    out = np.empty((3, (height + 1) // 2, (width + 1) // 2), np.float32)
    for rows in bands(height, width):
        light = _light(layers, rows)
        light = np.pad(light, ((0, 0), (0, light.shape[1] % 2), (0, width % 2)), mode="edge")
        pairs = light[:, ::2] + light[:, 1::2]
        half = out[:, rows.start // 2 : (rows.stop + 1) // 2]
        np.add(pairs[..., ::2], pairs[..., 1::2], out=half)
        half *= np.float32(0.25)
    return out


def _norms(one: _Layers, other: _Layers, wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The norms of one scale, (3, 6) in the order of `_WEIGHTS`; maps with no norm in `wanted` are left at 0."""
    _, height, width = one.shape
    sums = np.zeros((3, 6))
    for rows in bands(height, width):
        for component, a, b in zip(range(3), _padded(one, rows), _padded(other, rows), strict=True):
            sums[component] += _sums(a, b, wanted[component])
    norms: NDArray[np.float64] = sums / (height * width)
    norms[:, 3:] **= 0.25
    return norms


def _padded(layers: _Layers, rows: slice) -> NDArray[np.float32]:
    """These rows in XYB with the margin that the filter needs, which is zero beyond the picture's border."""
    _, height, width = layers.shape
    top, bottom = max(rows.start - _REACH, 0), min(rows.stop + _REACH, height)
    out = np.zeros((3, rows.stop - rows.start + 2 * _REACH, width + 2 * _REACH), np.float32)
    first = top - (rows.start - _REACH)
    out[:, first : first + bottom - top, _REACH:-_REACH] = xyb(_light(layers, slice(top, bottom)))
    return out


def _sums(a: Plane, b: Plane, wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Sums and sums of fourth powers of the three error maps of one component, (6,); a and b have their margins."""
    sums = np.zeros(6)
    if not wanted.any():
        return sums
    mean_a, mean_b = smooth(a, _TAPS), smooth(b, _TAPS)
    if wanted[::3].any():
        sums[::3] = _powers(_structure(a, b, mean_a, mean_b))
    if wanted[1::3].any() or wanted[2::3].any():
        inner = np.s_[_REACH:-_REACH, _REACH:-_REACH]
        edges = (1 + np.abs(b[inner] - mean_b)) / (1 + np.abs(a[inner] - mean_a)) - 1
        sums[1::3], sums[2::3] = _powers(edges), _powers(-edges)
    return sums


def _structure(a: Plane, b: Plane, mean_a: Plane, mean_b: Plane) -> Plane:
    """1 - SSIM without its division by luma; with e = a - b, 2 cov(a, b) = var(a) + var(b) - var(e) saves a filter."""
    variances = smooth(a * a + b * b, _TAPS) - (mean_a * mean_a + mean_b * mean_b)
    mean_error = np.square(mean_a - mean_b)
    error: Plane = (smooth(np.square(a - b), _TAPS) - mean_error) / (variances + np.float32(_C2))
    error += mean_error - mean_error * error  # 1 - (1 - mean_error) (1 - error)
    return error


def _powers(errors: Plane) -> tuple[float, float]:
    """The sum of what is positive, and the sum of its fourth powers."""
    positive = np.maximum(errors, 0)
    fourth = np.square(np.square(positive))
    return float(positive.sum(dtype=np.float64)), float(fourth.sum(dtype=np.float64))
