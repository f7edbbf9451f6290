# SPDX-License-Identifier: Apache-2.0
"""Ours against every other series on each image, since a mean hides failures."""

from __future__ import annotations

from collections.abc import Mapping

from mezzotint.evaluate.curves import Curve, Image, Metric
from mezzotint.evaluate.report.contents import PerImage
from mezzotint.evaluate.report.difference import rate
from mezzotint.evaluate.report.entries import Entry

ByImage = Mapping[Entry, Mapping[Image, Curve]]


def per_image(curves: ByImage, ours: Entry | None, judge: Entry, metric: Metric) -> tuple[PerImage, ...]:
    """One for each image by rising difficulty: the bits that `judge` spends on it; none without ours."""
    if ours is None or ours not in curves:
        return ()
    found = [
        PerImage(
            image,
            difficulty=_middle(curves[judge][image]),
            rates={
                rival: rate(curves[rival][image], curve, metric.unit, metric.least)
                for rival in curves
                if rival is not ours
            },
        )
        for image, curve in curves[ours].items()
    ]
    return tuple(sorted(found, key=lambda one: one.difficulty))


def _middle(curve: Curve) -> float:
    return curve.points[len(curve.points) // 2].bpp
