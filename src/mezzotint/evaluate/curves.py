# SPDX-License-Identifier: Apache-2.0
"""Rows -> curves: mean bits per pixel and mean metric at each quality, over the images that all codecs have.

MS-SSIM is averaged as it is and then put on a scale of decibels, -10 log10(1 - mean), as published curves are. The trap
is the set of images: a mean over other images is another curve. So one set holds for all codecs of a metric, and what
had to be left out for it is said. A sweep that is half done leaves little out: a quality, or a codec, with less than
half of the images goes before the images do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mezzotint.evaluate.images import natural
from mezzotint.evaluate.rows import PSNR_CAP, Row


@dataclass(frozen=True)
class Metric:
    """A column of rows.csv, and how its mean is shown and compared."""

    column: str
    title: str
    unit: str
    decibels: bool = False  # of the distance to 1
    least: float = -math.inf  # values below are of no use to anybody

    def measured(self, row: Row) -> float | None:
        """The row's own value; None where there is none that counts."""
        value: float | None = getattr(row, self.column)
        return value if value is not None and math.isfinite(value) else None

    def scale(self, mean: float) -> float:
        """A mean as it is shown and compared, in `unit`."""
        return -10 * math.log10(max(1 - mean, 5e-7)) if self.decibels else mean  # rows hold six digits


PSNR = Metric("psnr", "PSNR", "dB")
MS_SSIM = Metric("ms_ssim", "MS-SSIM", "dB", decibels=True)
SSIMULACRA2 = Metric("ssimulacra2", "SSIMULACRA2", "points", least=0)
METRICS = (PSNR, MS_SSIM, SSIMULACRA2)


@dataclass(frozen=True)
class Series:
    """What one curve is of: one version of one codec at fixed settings."""

    codec: str
    version: str
    settings: str

    @classmethod
    def of(cls, row: Row) -> Series:
        return cls(row.codec, row.version, row.settings)


@dataclass(frozen=True)
class Image:
    name: str
    digest: str


@dataclass(frozen=True)
class Point:
    quality: float  # in the codec's own unit
    bpp: float
    mean: float  # of the metric as it stands in the rows
    value: float  # the mean on the metric's scale


@dataclass(frozen=True)
class Curve:
    points: tuple[Point, ...]  # by rising quality of the codec

    def pairs(self) -> list[tuple[float, float]]:
        """(bpp, value) by rising rate; of points with equal rates or equal values only the better one."""
        kept: list[tuple[float, float]] = []
        for bpp, value in sorted(
            ((p.bpp, p.value) for p in self.points), key=lambda pair: (pair[0], -pair[1])
        ):
            if all(bpp != other_bpp and value != other for other_bpp, other in kept):
                kept.append((bpp, value))
        return kept


@dataclass(frozen=True)
class LeftOut:
    """An image, a series or one quality of a series that the curves do without, and why."""

    reason: str
    image: str | None = None
    series: Series | None = None
    quality: float | None = None


@dataclass(frozen=True)
class Lossless:
    """A quality at which pictures come back as they were: no point of a curve."""

    series: Series
    quality: float
    bpp: float


@dataclass(frozen=True)
class Curves:
    """All curves of one metric. Both mappings have the same series, and `by_image` has every image for each."""

    metric: Metric
    images: tuple[Image, ...]
    means: Mapping[Series, Curve]
    by_image: Mapping[Series, Mapping[Image, Curve]]
    left_out: tuple[LeftOut, ...] = ()
    lossless: tuple[Lossless, ...] = ()


Table = dict[Series, dict[float, dict[Image, Row]]]


def sound(rows: Iterable[Row]) -> tuple[list[Row], tuple[LeftOut, ...]]:
    """The rows with a size, of the latest pixels of each image; and what is wrong with others, once for each image."""
    rows = list(rows)
    latest = {row.image: row.digest for row in rows}
    kept: list[Row] = []
    left: dict[str, LeftOut] = {}
    for row in rows:
        if latest[row.image] != row.digest:
            left[row.image] = LeftOut("they are of earlier pixels", row.image)
        elif not (math.isfinite(row.bpp) and row.bpp > 0 and math.isfinite(row.quality)):
            left[row.image] = LeftOut("they have no size or no quality", row.image)
        else:
            kept.append(row)
    return kept, tuple(left.values())


def curves(rows: Sequence[Row], metric: Metric) -> Curves:
    """The curves of one metric from `sound` rows; without any where the codecs have no image in common."""
    table: Table = {Series.of(row): {} for row in rows}
    for row in rows:
        if metric.measured(row) is not None:
            cells = table[Series.of(row)].setdefault(row.quality, {})
            cells[Image(row.image, row.digest)] = row
    left = [
        LeftOut(f"{metric.title} was not measured", series=s)
        for s, qualities in table.items()
        if not qualities
    ]
    lossless = _take_lossless(table)
    left += _drop_rare_qualities(table)
    left += _drop_short_series(table)
    everything = {Image(row.image, row.digest) for row in rows}
    images, missing = _common(table, sorted(everything, key=lambda image: natural(image.name)))
    means = {}
    by_image = {}
    for series, qualities in table.items() if images else ():
        means[series] = _mean(qualities, images, metric)
        by_image[series] = {image: _mean(qualities, (image,), metric) for image in images}
    return Curves(metric, images, means, by_image, tuple(left + missing), tuple(lossless))


def _take_lossless(table: Table) -> list[Lossless]:
    """Take out the qualities at which half of the pictures or more come back identical."""
    found = []
    for series, qualities in list(table.items()):
        for quality, cells in list(qualities.items()):
            if 2 * sum(map(_identical, cells.values())) >= len(cells):
                found.append(Lossless(series, quality, sum(row.bpp for row in cells.values()) / len(cells)))
                del qualities[quality]
        if not qualities:
            del table[series]
    return found


def _identical(row: Row) -> bool:
    return row.psnr is not None and row.psnr >= PSNR_CAP


def _drop_rare_qualities(table: Table) -> list[LeftOut]:
    left = []
    for series, qualities in table.items():
        most = max(map(len, qualities.values()))
        for quality, cells in list(qualities.items()):
            if 2 * len(cells) < most:
                left.append(LeftOut(f"{len(cells)} of {most} images", series=series, quality=quality))
                del qualities[quality]
    return left


def _drop_short_series(table: Table) -> list[LeftOut]:
    left = []
    complete = {
        series: len(set.intersection(*map(set, qualities.values()))) for series, qualities in table.items()
    }
    most = max(complete.values(), default=0)
    for series, count in complete.items():
        if 2 * count < most:
            left.append(LeftOut(f"{count} of {most} images at every quality", series=series))
            del table[series]
    return left


def _common(table: Table, everything: Sequence[Image]) -> tuple[tuple[Image, ...], list[LeftOut]]:
    """The images that every series has at every quality and changes a little, in the order given; and the others."""
    kept, left = [], []
    for image in everything:
        reason = next(filter(None, (_missing(image, s, qualities) for s, qualities in table.items())), None)
        if reason is None:
            kept.append(image)
        else:
            left.append(reason)
    return tuple(kept), left


def _missing(image: Image, series: Series, qualities: Mapping[float, Mapping[Image, Row]]) -> LeftOut | None:
    for quality, cells in qualities.items():
        if image not in cells:
            return LeftOut("not measured", image.name, series, quality)
        if _identical(cells[image]):  # an infinite PSNR has no mean with others
            return LeftOut("comes back identical", image.name, series, quality)
    return None


def _mean(qualities: Mapping[float, Mapping[Image, Row]], images: Sequence[Image], metric: Metric) -> Curve:
    points = []
    for quality in sorted(qualities):
        rows = [qualities[quality][image] for image in images]
        mean = math.fsum(getattr(row, metric.column) for row in rows) / len(rows)
        points.append(
            Point(quality, math.fsum(row.bpp for row in rows) / len(rows), mean, metric.scale(mean))
        )
    return Curve(tuple(points))
