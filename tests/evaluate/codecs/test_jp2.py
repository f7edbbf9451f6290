# SPDX-License-Identifier: Apache-2.0
"""JPEG 2000 hits its rate, with the colour transform that Pillow leaves out."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mezzotint.evaluate import psnr
from mezzotint.evaluate.codecs.jp2 import FAMILY


@pytest.mark.parametrize("rate", [0.3, 1, 2.5])
def test_quality_is_bits_per_pixel(photo, rate):
    (codec,) = FAMILY.open()
    assert 8 * len(codec.encode(photo, rate, 1)) / (451 * 300) == pytest.approx(rate, rel=0.03)


def test_colours_are_transformed(photo):
    (codec,) = FAMILY.open()
    plain = io.BytesIO()
    Image.fromarray(photo).save(
        plain, "JPEG2000", irreversible=True, quality_mode="rates", quality_layers=[24]
    )
    without = np.asarray(Image.open(plain).convert("RGB"))
    assert psnr(photo, codec.decode(codec.encode(photo, 1, 1), 1)) > psnr(photo, without) + 2
