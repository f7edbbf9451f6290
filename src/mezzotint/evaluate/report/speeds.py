# SPDX-License-Identifier: Apache-2.0
"""Mean speeds from the rows of a sweep. Several files are coded at once there, so they only say which codec is slow."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mezzotint.evaluate.curves import Curves, Series
from mezzotint.evaluate.report.contents import Speed
from mezzotint.evaluate.rows import Row


def means(rows: Sequence[Row], found: Curves) -> dict[Series, Speed]:
    """Pixels over seconds, for the images and qualities of the curves; none where the numbers of threads differ."""
    images = frozenset(found.images)
    qualities = {series: {point.quality for point in curve.points} for series, curve in found.means.items()}
    counted: dict[Series, list[Row]] = {series: [] for series in found.means}
    names = {(image.name, image.digest) for image in images}
    for row in rows:
        series = Series.of(row)
        if (row.image, row.digest) in names and row.quality in qualities.get(series, ()):
            counted[series].append(row)
    if len({row.threads for some in counted.values() for row in some}) != 1:
        return {}
    return {series: speed for series, some in counted.items() if (speed := _speed(some))}


def _speed(rows: Sequence[Row]) -> Speed | None:
    megapixels = sum(row.width * row.height for row in rows) / 1e6
    encode, decode = math.fsum(row.encode_s for row in rows), math.fsum(row.decode_s for row in rows)
    if not (0 < encode < math.inf and 0 < decode < math.inf):
        return None
    return Speed(megapixels / encode, megapixels / decode, rows[0].threads)
