# SPDX-License-Identifier: Apache-2.0
"""Published curves as lines of a report. They are facts about 24 Kodak images, so they stand beside those alone."""

from __future__ import annotations

from collections.abc import Sequence

from mezzotint.evaluate import published
from mezzotint.evaluate.curves import MS_SSIM, PSNR, Curve, Image, Metric, Point
from mezzotint.evaluate.published import Published
from mezzotint.evaluate.report import entries
from mezzotint.evaluate.report.entries import Entry


def is_kodak(images: Sequence[Image]) -> bool:
    """Whether they are the 24 images, all of them and no other."""
    return published.is_kodak(image.digest for image in images)


def load() -> dict[Entry, Published]:
    """Every published curve with its entry."""
    return {entries.published(one.id, one.title, one.source, one.note): one for one in published.load()}


def curve(one: Published, metric: Metric) -> Curve | None:
    """Its curve of a metric; None where none was published. The qualities are mere numbers of the points."""
    column = {PSNR: 1, MS_SSIM: 2}.get(metric)
    if column is None:
        return None
    pairs = sorted((point[0], mean) for point in one.points if (mean := point[column]) is not None)
    points = [Point(index, bpp, mean, metric.scale(mean)) for index, (bpp, mean) in enumerate(pairs)]
    return Curve(tuple(points)) if points else None
