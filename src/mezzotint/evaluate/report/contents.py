# SPDX-License-Identifier: Apache-2.0
"""Everything that a report says, as data: what the tables, the plots, the page and report.json are made from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mezzotint.evaluate.about import About
from mezzotint.evaluate.curves import Curve, Image, Metric
from mezzotint.evaluate.report.difference import Comparison, Difference
from mezzotint.evaluate.report.entries import Entry

WORST = 5


@dataclass(frozen=True)
class Speed:
    """Means over a whole sweep, several files at a time: which codec is slow, and no more."""

    encode: float  # megapixels a second
    decode: float
    threads: int  # of each encoder and decoder


@dataclass(frozen=True)
class Level:
    """What equal quality costs."""

    value: float  # on the metric's scale
    bpp: Mapping[Entry, float]  # of the curves that reach it


@dataclass(frozen=True)
class Lossless:
    """A codec at a quality at which pictures come back as they were."""

    entry: Entry
    quality: float
    bpp: float


@dataclass(frozen=True)
class PerImage:
    """Ours against every other series on one image."""

    image: Image
    difficulty: float  # bpp that the judge of the section spends on it, at the middle of its qualities
    rates: Mapping[Entry, Difference]  # BD-rate of ours against each


@dataclass(frozen=True)
class Section:
    """One metric."""

    metric: Metric
    images: tuple[Image, ...]
    judge: Entry  # the anchor, or a measured one in its place where it has no curve of each image
    lines: Mapping[Entry, Curve]  # measured ones first, then published ones
    compared: Mapping[
        tuple[Entry, Entry], Comparison
    ]  # (candidate, anchor); not published ones with each other
    levels: tuple[Level, ...]  # rising
    per_image: tuple[PerImage, ...]  # by rising difficulty; empty without ours

    @property
    def rivals(self) -> tuple[Entry, ...]:
        """Everything that the images are compared with."""
        return tuple(self.per_image[0].rates) if self.per_image else ()

    def mean_of_images(self, rival: Entry) -> float | None:
        """The geometric mean of the BD-rates of ours on single images, in percent; None where no image has one.

        It may differ in sign from that of the mean curves: a codec that spends the same bits on every image gets more
        of a mean in decibels than one that aims at the same quality, without being better on any image.
        """
        rates = [one.rates[rival].value for one in self.per_image if rival in one.rates]
        logs = [math.log1p(rate / 100) for rate in rates if rate is not None]
        return 100 * math.expm1(math.fsum(logs) / len(logs)) if logs else None

    def worst(self, rival: Entry) -> list[tuple[Image, float]]:
        """The images at which ours does worst against a rival, the worst first."""
        rates = [(one.image, one.rates[rival].value) for one in self.per_image if rival in one.rates]
        found = [(image, rate) for image, rate in rates if rate is not None]
        return sorted(found, key=lambda pair: -round(pair[1], 3))[:WORST]  # noise of floats does not count


@dataclass(frozen=True)
class Report:
    count: int  # of images in the rows
    kodak: bool  # whether the curves are means over the 24 Kodak images and nothing else
    anchor: Entry
    ours: Entry | None  # the latest of ours, which the images are about
    entries: tuple[Entry, ...]  # measured ones first, then published ones
    sections: tuple[Section, ...]
    speeds: Mapping[Entry, Speed]  # empty where the numbers of threads differ
    lossless: tuple[Lossless, ...]
    about: About | None  # where the rows come from
    notes: tuple[str, ...]  # what was left out, and other things to know

    @property
    def measured(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if not entry.published)

    @property
    def published(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.published)
