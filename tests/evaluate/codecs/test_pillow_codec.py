# SPDX-License-Identifier: Apache-2.0
"""What all codecs of Pillow share: whole files in memory, of the format that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import UnidentifiedImageError

from mezzotint.evaluate.codecs.pillow_codec import load, save


def test_another_format_is_refused(photo):
    data = save(photo[:8, :8], "PNG", ())
    assert np.array_equal(load(data, "PNG"), photo[:8, :8])
    with pytest.raises(UnidentifiedImageError):
        load(data, "JPEG")
