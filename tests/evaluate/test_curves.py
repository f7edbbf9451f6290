# SPDX-License-Identifier: Apache-2.0
"""Means over the images that all codecs share, and what has to go for it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from mezzotint.evaluate.curves import METRICS, MS_SSIM, PSNR, Curve, Image, Point, Series, curves, sound
from mezzotint.evaluate.rows import PSNR_CAP

JPEG = Series("jpeg", "libjpeg 1.0", "default")
WEBP = Series("webp", "libwebp 1.0", "default")


@pytest.fixture(scope="session")
def fake(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    return load_module(Path(__file__).parent / "report" / "fake_rows.py", "mezzotint_tests_fake_rows")


def test_points_are_means_over_the_images(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg")
    found = curves(rows, PSNR)
    assert [image.name for image in found.images] == ["a.png", "b.png", "c.png"]
    points = found.means[JPEG].points
    assert [point.quality for point in points] == list(fake.QUALITIES)
    for point in points:
        here = [row for row in rows if row.quality == point.quality]
        assert point.bpp == pytest.approx(sum(row.bpp for row in here) / 3)
        assert point.value == point.mean == pytest.approx(sum(row.psnr for row in here) / 3)
    (only,) = (row for row in rows if row.quality == 50 and row.image == "b.png")
    one = found.by_image[JPEG][Image("b.png", only.digest)].points[2]
    assert (one.bpp, one.value) == (only.bpp, only.psnr)


def test_ms_ssim_is_averaged_before_it_becomes_decibels(fake: ModuleType) -> None:
    rows = [fake.row("jpeg", 50, image, ms_ssim=value) for image, value in (("a.png", 0.9), ("b.png", 0.99))]
    (point,) = curves(rows, MS_SSIM).means[JPEG].points
    assert point.mean == pytest.approx(0.945)
    assert point.value == pytest.approx(-10 * math.log10(0.055))


def test_the_order_of_rows_says_nothing(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg", images=("a10.png", "a9.png")) + fake.sweep("webp", images=("a9.png", "a10.png"))
    shuffled = random.Random(1).sample(rows, len(rows))
    for metric in METRICS:
        one, other = curves(rows, metric), curves(shuffled, metric)
        assert one.images == other.images and one.means == dict(other.means)
    assert [image.name for image in one.images] == ["a9.png", "a10.png"]


def test_an_image_that_one_codec_lacks_is_left_out_for_all(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg") + fake.sweep("webp")[:-1]
    found = curves(rows, PSNR)
    assert [image.name for image in found.images] == ["a.png", "b.png"]
    two = [fake.row("jpeg", 10, image).bpp for image in ("a.png", "b.png")]
    assert found.means[JPEG].points[0].bpp == pytest.approx(sum(two) / 2)
    assert [(one.image, one.series, one.quality) for one in found.left_out] == [("c.png", WEBP, 90.0)]


def test_a_quality_of_a_few_images_goes_before_the_images(fake: ModuleType) -> None:
    rows = [*fake.sweep("jpeg"), fake.row("jpeg", 95, "a.png")]
    found = curves(rows, PSNR)
    assert len(found.images) == 3
    assert [point.quality for point in found.means[JPEG].points] == list(fake.QUALITIES)
    assert [(one.series, one.quality, one.reason) for one in found.left_out] == [
        (JPEG, 95.0, "1 of 3 images")
    ]


def test_a_codec_of_a_few_images_goes_before_the_images(fake: ModuleType) -> None:
    found = curves(fake.sweep("jpeg") + fake.sweep("webp", images="a"), PSNR)
    assert set(found.means) == {JPEG} and len(found.images) == 3
    assert [(one.series, one.reason) for one in found.left_out][:1] == [
        (WEBP, "1 of 3 images at every quality")
    ]


def test_a_metric_that_was_not_measured(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg") + fake.sweep("webp", ms_ssim=None, ssimulacra2=math.nan, metrics="psnr")
    assert set(curves(rows, PSNR).means) == {JPEG, WEBP}
    for metric in METRICS[1:]:
        found = curves(rows, metric)
        assert set(found.means) == {JPEG} and len(found.images) == 3
        assert [(one.series, one.reason) for one in found.left_out] == [
            (WEBP, f"{metric.title} was not measured")
        ]


def test_a_picture_too_small_for_ms_ssim(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg", images=("a.png", "b.png")) + fake.sweep("jpeg", images=("c.png",), ms_ssim=None)
    assert len(curves(rows, PSNR).images) == 3
    found = curves(rows, MS_SSIM)
    assert [image.name for image in found.images] == ["a.png", "b.png"]
    assert [one.image for one in found.left_out] == ["c.png"]


def test_a_quality_without_loss_is_no_point(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg") + [fake.row("jpeg", 100, image, psnr=PSNR_CAP) for image in fake.IMAGES]
    rows += [fake.row("png", 0, image, psnr=PSNR_CAP, bpp=12.0) for image in fake.IMAGES]
    for metric in METRICS:
        found = curves(rows, metric)
        assert set(found.means) == {JPEG} and len(found.images) == 3
        assert [point.quality for point in found.means[JPEG].points] == list(fake.QUALITIES)
        assert [(one.series.codec, one.quality) for one in found.lossless] == [("jpeg", 100.0), ("png", 0.0)]
        assert found.lossless[1].bpp == 12


def test_half_of_the_pictures_make_a_quality_one_without_loss(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg", images="abcd") + [fake.row("jpeg", 100, image) for image in "cd"]
    found = curves(rows + [fake.row("jpeg", 100, image, psnr=PSNR_CAP) for image in "ab"], PSNR)
    assert [(one.quality, len(found.images)) for one in found.lossless] == [(100.0, 4)]


def test_a_picture_that_comes_back_identical_spoils_no_mean(fake: ModuleType) -> None:
    rows = [row for row in fake.sweep("jpeg") if (row.image, row.quality) != ("b.png", 90)]
    rows.append(fake.row("jpeg", 90, "b.png", psnr=PSNR_CAP))
    found = curves(rows, PSNR)
    assert [image.name for image in found.images] == ["a.png", "c.png"]
    assert [(one.image, one.reason) for one in found.left_out] == [("b.png", "comes back identical")]


def test_codecs_without_a_common_image_have_no_curves(fake: ModuleType) -> None:
    found = curves(fake.sweep("jpeg", images="ab") + fake.sweep("webp", images="cd"), PSNR)
    assert not found.means and not found.by_image and not found.images
    assert [one.image for one in found.left_out] == ["a", "b", "c", "d"]


def test_versions_and_settings_are_kept_apart(fake: ModuleType) -> None:
    rows = (
        fake.sweep("jpeg")
        + fake.sweep("jpeg", 0.9, version="libjpeg 2.0")
        + fake.sweep("jpeg", settings="other")
    )
    assert len(curves(rows, PSNR).means) == 3


def test_the_latest_pixels_of_an_image_count(fake: ModuleType) -> None:
    earlier = fake.sweep("jpeg", images=("a.png",), digest="earlier")
    broken = [fake.row("jpeg", 20, "b.png", bpp=0.0), fake.row("jpeg", 20, "c.png", bpp=math.inf)]
    rows, left = sound(earlier + broken + fake.sweep("jpeg"))
    assert rows == fake.sweep("jpeg")
    assert [one.image for one in left] == ["a.png", "b.png", "c.png"]


def test_pairs_keep_the_better_of_equal_points() -> None:
    points = [(0.5, 30.0), (0.4, 30.0), (0.4, 29.0), (0.9, 33.0), (0.2, 25.0)]
    curve = Curve(tuple(Point(0, bpp, value, value) for bpp, value in points))
    assert curve.pairs() == [(0.2, 25.0), (0.4, 30.0), (0.9, 33.0)]


def test_identical_pictures_have_a_finite_value_in_decibels() -> None:
    assert MS_SSIM.scale(1.0) == pytest.approx(63.01, abs=0.01)
    assert MS_SSIM.scale(0.9) == pytest.approx(10)
