# SPDX-License-Identifier: Apache-2.0
"""What lies beyond quality 100: files that no network makes, lossless or with a largest error.

For a size: the smallest error whose file fits. For a quality: the largest error that reaches it. Errors are whole
numbers, so that no tolerance can be promised here; the size or quality is held all the same.
"""

from __future__ import annotations

import math

from mezzotint.bitstream import Limits, write
from mezzotint.runtime.exact_encode import MOST_ERROR, encode_exact
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.search.approach import Trial
from mezzotint.runtime.search.goal import Goal
from mezzotint.runtime.search.measure import Measure
from mezzotint.runtime.search.sample import Sample

_LARGEST = 2  # steps of 8 bits: with more, the network is as good and the smaller file
_HOPELESS = 12  # times smaller than the samples: no photograph is, without loss
_HOPE = 1.1  # the whole picture may take so much less than its sample foretells


class Exact:
    """The files of a picture at a largest error, which `Trial.quality` holds here."""

    def __init__(
        self, picture: Picture, part: Sample | None, tile_log2: int, limits: Limits, measure: Measure
    ) -> None:
        self._picture, self._part, self._measure = picture, part, measure
        self._tile_log2, self._limits = tile_log2, limits
        self._largest = _LARGEST << max(0, picture.bit_depth - 8)

    def within(self, goal: Goal) -> Trial | None:
        """The file with the smallest error that is small enough, if there is one worth having.

        Such files take several times as long as others, so the sample is asked first.
        """
        samples = self._picture.colour.size
        if goal.value < samples * self._picture.bit_depth / 8 / _HOPELESS:
            return None
        error = 0
        while error <= self._largest:
            size = self._foretold(error)
            if size <= _HOPE * goal.value:
                trial = self._trial(error)
                if goal.held(trial.reached):
                    return trial
                size = trial.reached
            # An error of e leaves one value of 2e + 1, and so saves that many bits.
            over = 8 * (size - goal.value) / samples
            error = max(error + 1, math.ceil(((2 * error + 1) * 2**over - 1) / 2))
        return None

    def reaching(self, goal: Goal, kind: str) -> Trial:
        """The file with the largest error that is good enough; a lossless one always is."""
        error = self._likely(goal.value) if kind == "psnr" else self._largest
        while True:
            trial = self._trial(error)
            if goal.held(trial.reached) or error == 0:
                return trial
            error = min(error - 1, error * 3 // 4)

    def _trial(self, error: int) -> Trial:
        container = encode_exact(self._picture, error, self._tile_log2, self._limits)
        data = write(container)
        return Trial(error, data, self._measure(container, data))

    def _foretold(self, error: int) -> float:
        """About the bytes of the whole picture; 0 where there is no sample."""
        if self._part is None:
            return 0
        container = encode_exact(self._part.picture, error, self._tile_log2, self._limits)
        return self._part.times * sum(len(chunk) for layer in container.layers for chunk in layer)

    def _likely(self, decibels: float) -> int:
        """The largest error at which errors evenly spread over -e..e, a mean square of e (e + 1) / 3, reach so much."""
        peak = (1 << self._picture.bit_depth) - 1
        mean_square = peak**2 / 10 ** (decibels / 10)
        return min(int((math.sqrt(1 + 12 * mean_square) - 1) / 2), MOST_ERROR, peak)
