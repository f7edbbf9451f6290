# SPDX-License-Identifier: Apache-2.0
"""Mean speeds of a sweep."""

from __future__ import annotations

from types import ModuleType

import pytest

from mezzotint.evaluate.curves import PSNR, Series, curves
from mezzotint.evaluate.report.speeds import means


def test_pixels_over_seconds_of_what_the_curves_are_of(fake: ModuleType) -> None:
    rows = [*fake.sweep("jpeg", 2.0), fake.row("jpeg", 99, "a.png", encode_s=1000.0)]
    rows += fake.sweep("jpeg", images=("d.png",), encode_s=1000.0)[1:]
    speed = means(rows, curves(rows, PSNR))[Series("jpeg", "libjpeg 1.0", "default")]
    assert speed.encode == pytest.approx(768 * 512 / 1e6 / 0.4)
    assert speed.decode == pytest.approx(768 * 512 / 1e6 / 0.1)
    assert speed.threads == 1


def test_none_where_threads_differ_or_nothing_was_timed(fake: ModuleType) -> None:
    mixed = fake.sweep("jpeg") + fake.sweep("webp", threads=2)
    assert means(mixed, curves(mixed, PSNR)) == {}
    untimed = fake.sweep("jpeg", decode_s=0.0)
    assert means(untimed, curves(untimed, PSNR)) == {}
