# SPDX-License-Identifier: Apache-2.0
"""MozJPEG is really MozJPEG, and pays."""

from __future__ import annotations

import pytest

from mezzotint.errors import MissingExtra
from mezzotint.evaluate import psnr
from mezzotint.evaluate.codecs import jpeg, mozjpeg


def test_a_libvips_with_another_jpeg_library_is_refused(monkeypatch):
    pytest.importorskip("pyvips")
    monkeypatch.setattr(mozjpeg, "_save", lambda pixels, quality, **options: b"the same")
    with pytest.raises(MissingExtra, match="without MozJPEG"):
        mozjpeg.FAMILY.open()


def test_smaller_than_libjpeg_turbo_at_equal_psnr(photo):
    pytest.importorskip("pyvips")
    usual, ours = jpeg.FAMILY.open()[0], mozjpeg.FAMILY.open()[0]
    theirs = usual.encode(photo, 70, 1)
    enough = psnr(photo, usual.decode(theirs, 1))
    files = (ours.encode(photo, quality, 1) for quality in range(60, 96))
    first = next(data for data in files if psnr(photo, ours.decode(data, 1)) >= enough)
    assert len(first) < 0.95 * len(theirs)


def test_trellis_and_scans_are_searched(photo):
    pytest.importorskip("pyvips")
    full = mozjpeg.FAMILY.open()[0].encode(photo, 50, 1)
    plain = mozjpeg._save(photo, 50, subsample_mode="on", quant_table=3)
    assert len(full) < 0.95 * len(plain)
