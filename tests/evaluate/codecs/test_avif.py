# SPDX-License-Identifier: Apache-2.0
"""The settings of AVIF reach libaom."""

from __future__ import annotations

import pytest

from mezzotint.evaluate import bd_rate, psnr
from mezzotint.evaluate.codecs.avif import FAMILY


@pytest.fixture(scope="module")
def codecs():
    return {codec.settings: codec for codec in FAMILY.open()}


def test_only_one_setting_is_fast(codecs):
    assert [name for name, codec in codecs.items() if codec.fast_qualities] == ["speed 6, 4:4:4"]


def test_tuned_for_psnr_has_more_of_it_for_its_bytes(codecs, photo):
    curves = []
    for codec in (codecs["speed 6, 4:4:4"], codecs["speed 6, 4:4:4, tune psnr"]):
        files = [codec.encode(photo, quality, 1) for quality in (20, 40, 60, 80)]
        curves.append([(len(data), psnr(photo, codec.decode(data, 1))) for data in files])
    assert bd_rate(*curves) < -3  # percent; more on most photos


def test_the_encoder_is_libaom(codecs, photo, monkeypatch):
    from PIL import Image

    options = {}
    save = Image.Image.save

    def spy(image, buffer, form, **given):
        options.update(given)
        save(image, buffer, form, **given)

    monkeypatch.setattr(Image.Image, "save", spy)
    codecs["speed 6, 4:2:0"].encode(photo[:16, :16], 50, 100)
    assert options["codec"] == "aom"
    assert options["max_threads"] == 64
    assert options["autotiling"] is False
