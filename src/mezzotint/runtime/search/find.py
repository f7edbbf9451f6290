# SPDX-License-Identifier: Apache-2.0
"""The best file that is small enough, or the smallest that is good enough.

sample -> guide -> whole picture, two or three qualities --effort--> refined --beyond quality 100--> exact
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mezzotint.bitstream import MAX_QUALITY, Box, Limits
from mezzotint.errors import UsageError
from mezzotint.runtime import pictures
from mezzotint.runtime.choice import lossless_if_smaller
from mezzotint.runtime.effort import Refine
from mezzotint.runtime.encode import header_of
from mezzotint.runtime.latents import Model, check_size
from mezzotint.runtime.memory import check_memory, searching_memory
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.search.approach import Guide, Trial, approach, best_of
from mezzotint.runtime.search.busyness import busyness
from mezzotint.runtime.search.coders import REACH, Held, Streamed, coder
from mezzotint.runtime.search.exact import Exact
from mezzotint.runtime.search.found import Found
from mezzotint.runtime.search.goal import Goal, psnr_goal, size_goal, ssim_goal
from mezzotint.runtime.search.measure import Measure, bytes_beside, file_size, likeness, size_of_whole
from mezzotint.runtime.search.sample import Sample, sample
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.targets import Target

_MOST_TRIALS = 16  # photographs take two or three; files of few words need to be pinned down
_MOST_REFINED = 3  # each takes as long as all else a hundred times
_PERFECT = {"psnr": math.inf, "ssim": 1.0}  # what lossless reaches


def find(
    picture: Picture,
    target: Target,
    model: Model,
    tile_log2: int,
    limits: Limits,
    refine: Refine | None = None,
) -> Found:
    """The file of a picture that holds a target; see `Found` for how near it comes.

    Sizes (bytes of the whole file, metadata included; bits a pixel are turned into bytes) are never above the target,
    and within 2 % below it, but for files of a few hundred bytes, which grow by words of 4. Qualities (metrics.py) are
    never below the target, and within 0.1 dB above it (for SSIM: dB of 1 - SSIM), unless quality 0 is better. Where
    quality 100 is not as large, or not as good, as asked for, files without a network are tried: lossless, or with a
    largest error (exact.py).

    `refine` (effort.py) works at the quality that was found, and again at a better one where it leaves room. Files that
    would be smaller without loss are lossless.

    UsageError for a size that no file of this picture can have, with the smallest that it can. LimitExceeded as in
    `encode_picture`.
    """
    header = header_of(picture, MAX_QUALITY, model, tile_log2)
    check_size(header, limits, "cut it into parts, or ")
    check_memory(searching_memory(header, model.card), limits, "cut it into parts, or ")
    with stage(Stage.CONTAINER):
        boxes = pictures.to_boxes(picture)
    with stage(Stage.PIXELS):
        busy = busyness(picture)
    most = target.most_bytes(picture.width * picture.height)
    if most is not None:
        beside = bytes_beside(header, boxes)
        goal = size_goal(most, beside, picture.width * picture.height, busy)
    else:
        beside = 0
        goal = psnr_goal(target.value) if target.kind == "psnr" else ssim_goal(target.value)
    return _Task(picture, boxes, target, model, tile_log2, limits, goal, busy, beside).find(refine)


@dataclass(frozen=True, eq=False)
class _Task:
    picture: Picture
    boxes: tuple[Box, ...]
    target: Target
    model: Model
    tile_log2: int
    limits: Limits
    goal: Goal
    busy: float  # see busyness.py
    beside: int  # bytes that are no coded pixels

    def find(self, refine: Refine | None) -> Found:
        part = sample(self.picture, self.busy)
        guide, measure = self._guide(part), self._measure(self.picture)
        whole = coder(self.picture, self.boxes, self.model, self.tile_log2, self.limits)
        start = self.goal.start if guide is None else guide.start()
        trials = approach(self.goal, whole, measure, guide, start, _MOST_TRIALS)
        best = best_of(self.goal, trials)
        analyses, encodes = whole.analyses, len(trials)
        del whole  # it may hold y
        if refine is not None and best is not None:
            finer = Streamed(self.picture, self.model, self.tile_log2, self.limits, refine)
            refined = approach(self.goal, finer, measure, guide, best.quality, _MOST_REFINED)
            best = best_of(self.goal, refined) or best
            analyses, encodes = analyses + finer.analyses, encodes + len(refined)
        exact = self._exact(part, best, trials)
        chosen = exact or best
        if chosen is None:
            raise self._too_small(trials)
        return Found(
            chosen.data,
            self.target,
            reached=self._in_unit(chosen.reached),
            close=self.goal.close(chosen.reached),
            quality_index=chosen.quality if exact is None else None,
            max_error=None if exact is None else exact.quality,
            encodes=encodes,
            analyses=analyses,
            probes=0 if guide is None else guide.probes,
        )

    def _guide(self, part: Sample | None) -> Guide | None:
        """The curve of a sample."""
        if part is None:
            return None
        # A size hardly depends on where y was analysed.
        reach = MAX_QUALITY if self.goal.at_most else REACH
        code = Held(part.picture, (), self.model, self.tile_log2, reach)
        size = size_of_whole(part, self.beside)
        return Guide(self.goal, code, size if self.goal.at_most else self._measure(part.picture))

    def _measure(self, picture: Picture) -> Measure:
        return file_size if self.goal.at_most else likeness(self.target.kind, picture, self.model)

    def _exact(self, part: Sample | None, best: Trial | None, trials: list[Trial]) -> Trial | None:
        """A file without a network in the place of the best one that a network made, where that is due."""
        measure = self._measure(self.picture)
        exact = Exact(self.picture, part, self.tile_log2, self.limits, measure)
        found = None
        if best is None and not self.goal.at_most:
            found = exact.reaching(self.goal, self.target.kind)
        elif best is not None and best.quality == MAX_QUALITY and self.goal.at_most:
            found = exact.within(self.goal)
        least = found or best or min(trials, key=lambda trial: len(trial.data))
        if found is None or found.quality:
            data = lossless_if_smaller(self.picture, least.data, self.tile_log2, self.limits)
            if data is not least.data:
                reached = float(len(data)) if self.goal.at_most else _PERFECT[self.target.kind]
                found = Trial(0, data, reached)
        return found if found is not None and self.goal.held(found.reached) else None

    def _in_unit(self, reached: float) -> float:
        """Bytes as the target has them."""
        if self.target.kind != "bpp":
            return reached
        return 8 * reached / (self.picture.width * self.picture.height)

    def _too_small(self, trials: list[Trial]) -> UsageError:
        smallest = min((trial.data for trial in trials), key=len)
        least = len(lossless_if_smaller(self.picture, smallest, self.tile_log2, self.limits))
        asked = f"no file of this picture is as small as {int(self.goal.value):,} bytes"
        beside = sum(len(box.payload) for box in self.boxes)
        less = f", leave out metadata or transparency ({beside:,} bytes)" if beside else ""
        return UsageError(
            f"{asked}: the smallest has {least:,}", f"allow {least:,}{less}, or scale the picture down"
        )
