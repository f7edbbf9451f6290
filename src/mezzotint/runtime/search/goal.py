# SPDX-License-Identifier: Apache-2.0
"""A target on a scale on which searching is easy: what is near linear in quality, and when to stop.

    reached (bytes, dB, SSIM) --level--> ln of the coded bytes, dB, or dB of 1 - SSIM

Sizes are aimed a little below, qualities a little above the value, so that the first try that is near enough holds too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mezzotint.bitstream import MAX_QUALITY

# Where to begin, and the usual slope of a level a step of quality: fitted to training photos and the default model.
# Another model may be far from them; the search then takes longer.
_BYTES_SLOPE = 0.00098
_START, _OF_SIZE, _OF_BUSYNESS = 3300, 1025, -1615  # logarithms of bits a pixel, of the file and of its JPEG
_PSNR_SLOPE, _PSNR_MIDDLE, _PSNR_AT_MIDDLE = 0.0042, 2000, 32.6
_SSIM_SLOPE, _SSIM_MIDDLE, _SSIM_AT_MIDDLE = 0.0031, 2000, 11.1

SIZE_TOLERANCE = 0.02  # of the target
_SIZE_AIM = 0.009  # below it
QUALITY_TOLERANCE = 0.1  # dB
_QUALITY_AIM = 0.03
_HIGHEST_SSIM = 90.0  # dB, for identical pictures


@dataclass(frozen=True)
class Goal:
    at_most: bool  # a size; otherwise a quality that must be reached
    value: float  # what is asked for
    nearest: float  # reaching this much is near enough
    level: Callable[[float], float]  # of what was reached; rises with quality
    aim: float  # the level to search for
    slope: float  # of the level, a step of quality: usually
    start: int  # the quality to begin with

    def held(self, reached: float) -> bool:
        return reached <= self.value if self.at_most else reached >= self.value

    def close(self, reached: float) -> bool:
        return self.held(reached) and (reached >= self.nearest if self.at_most else reached <= self.nearest)


def size_goal(most: int, beside: int, pixels: int, busy: float) -> Goal:
    """A file of at most so many bytes, of which about `beside` are not coded pixels; see busyness.py for `busy`."""

    def level(reached: float) -> float:
        return math.log(max(1.0, reached - beside))

    aim = level(most * (1 - _SIZE_AIM))
    start = _inside(_START + _OF_SIZE * (aim - math.log(pixels / 8)) + _OF_BUSYNESS * math.log(8 * busy))
    return Goal(True, most, most * (1 - SIZE_TOLERANCE), level, aim, _BYTES_SLOPE, start)


def psnr_goal(least: float) -> Goal:
    start = _inside(_PSNR_MIDDLE + (least - _PSNR_AT_MIDDLE) / _PSNR_SLOPE)
    return Goal(False, least, least + QUALITY_TOLERANCE, _as_it_is, least + _QUALITY_AIM, _PSNR_SLOPE, start)


def ssim_goal(least: float) -> Goal:
    level = _decibels(least)
    start = _inside(_SSIM_MIDDLE + (level - _SSIM_AT_MIDDLE) / _SSIM_SLOPE)
    nearest = 1 - (1 - least) * 10 ** (-QUALITY_TOLERANCE / 10)
    return Goal(False, least, nearest, _decibels, level + _QUALITY_AIM, _SSIM_SLOPE, start)


def _as_it_is(reached: float) -> float:
    return min(reached, _HIGHEST_SSIM)


def _decibels(ssim: float) -> float:
    return _HIGHEST_SSIM if ssim >= 1 else min(_HIGHEST_SSIM, -10 * math.log10(1 - ssim))


def _inside(quality: float) -> int:
    return round(min(max(quality, 0), MAX_QUALITY))
