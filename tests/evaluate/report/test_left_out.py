# SPDX-License-Identifier: Apache-2.0
"""What was left out, in words."""

from __future__ import annotations

from types import ModuleType

from mezzotint.evaluate.curves import METRICS, Series, curves, sound
from mezzotint.evaluate.report.entries import measured
from mezzotint.evaluate.report.left_out import listed, notes
from mezzotint.evaluate.rows import Row


def said(rows: list[Row]) -> tuple[str, ...]:
    kept, wrong = sound(rows)
    known = measured(list(dict.fromkeys(map(Series.of, kept))))
    return notes(wrong, [curves(kept, metric) for metric in METRICS], known)


def test_nothing(fake: ModuleType) -> None:
    assert said(fake.usual()) == ()


def test_the_same_for_every_metric_is_said_once(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg") + fake.sweep("webp")[:-1]
    assert said(rows) == ("1 image is left out, c.png: not measured with WebP at quality 90",)


def test_what_holds_for_one_metric_says_which(fake: ModuleType) -> None:
    rows = fake.sweep("jpeg", ms_ssim=None) + fake.sweep("webp", ms_ssim=None, ssimulacra2=None)
    assert said(rows) == (
        "MS-SSIM: JPEG is left out: MS-SSIM was not measured",
        "MS-SSIM: WebP is left out: MS-SSIM was not measured",
        "MS-SSIM: no image was measured with every codec",
        "SSIMULACRA2: WebP is left out: SSIMULACRA2 was not measured",
    )


def test_many_images_are_counted(fake: ModuleType) -> None:
    names = [f"{letter}.png" for letter in "abcdefghijklmnopqrst"]
    rows = fake.sweep("jpeg", images=names) + fake.sweep("webp", images=names[8:])
    assert said(rows) == (
        "8 images are left out, a.png, b.png, c.png, d.png, e.png, f.png and 2 more: "
        "not measured with WebP at quality 10",
    )
    assert listed(names[:6]) == "a.png, b.png, c.png, d.png, e.png, f.png"


def test_earlier_pixels(fake: ModuleType) -> None:
    assert said(fake.sweep("jpeg", images=("a.png",), digest="x") + fake.sweep("jpeg")) == (
        "some rows of a.png are left out: they are of earlier pixels",
    )
