# SPDX-License-Identifier: Apache-2.0
"""Levels that were measured at some qualities, and the quality at which another level must lie.

Between two points the curve is a line. Beyond the last it goes on as it came, or as it usually does where there is one
point, or two that say something absurd. Nothing is assumed to rise for certain: a file may be a word larger at a lower
quality.
"""

from __future__ import annotations

from mezzotint.bitstream import MAX_QUALITY

_NEAR = 40  # steps: two points this close tell no slope
_ABSURD = 4  # times the usual slope, or a part of it


class Curve:
    """Points (quality, level), and lines through them."""

    def __init__(self, slope: float) -> None:
        """`slope` is the usual one, of a level a step of quality."""
        self.slope = slope
        self._levels: dict[int, float] = {}

    def __contains__(self, quality: int) -> bool:
        return quality in self._levels

    def __len__(self) -> int:
        return len(self._levels)

    def add(self, quality: int, level: float) -> None:
        self._levels[quality] = level

    def where(self, level: float) -> int:
        """The quality, 0..4095, of a level; there must be a point."""
        low = max((quality for quality, known in self._levels.items() if known <= level), default=None)
        high = min((quality for quality in self._levels if low is None or quality > low), default=None)
        if low is not None and high is not None:
            share = (level - self._levels[low]) / (self._levels[high] - self._levels[low])
            found = low + (high - low) * share
        else:
            end = low if low is not None else min(self._levels)
            found = end + (level - self._levels[end]) / self._slope_at(end)
        return round(min(max(found, 0), MAX_QUALITY))

    def at(self, quality: int) -> float:
        """The level at a quality; there must be a point."""
        near = min(self._levels, key=lambda known: abs(known - quality))
        return self._levels[near] + (quality - near) * self._slope_at(near)

    def distance(self, level: float) -> float:
        """How far the nearest measured level is from this one."""
        return min(abs(known - level) for known in self._levels.values())

    def _slope_at(self, near: int) -> float:
        far = [quality for quality in self._levels if abs(quality - near) >= _NEAR]
        if not far:
            return self.slope
        other = min(far, key=lambda quality: abs(quality - near))
        slope = (self._levels[other] - self._levels[near]) / (other - near)
        return min(max(slope, self.slope / _ABSURD), self.slope * _ABSURD)
