# SPDX-License-Identifier: Apache-2.0
"""The tiny model at work, and a picture, for the tests of this folder."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mezzotint.bundle import Bundle
from mezzotint.runtime.latents import Model, open_model


@pytest.fixture(scope="session")
def model(bundle: Bundle) -> Model:
    return open_model(bundle, 1)


@pytest.fixture(scope="session")
def photo() -> NDArray[np.uint8]:
    """A smooth picture with edges and noise, (200, 330, 3)."""
    return _photo(200, 330)


def _photo(height: int, width: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[:height, :width]
    slope = rows[..., None] * [0.3, 0.2, 0.1] + columns[..., None] * [0.1, 0.2, 0.3]
    disc = ((rows - height / 2) ** 2 + (columns - width / 3) ** 2 < (height / 4) ** 2)[..., None] * [
        90,
        -60,
        40,
    ]
    return np.clip(slope + disc + rng.normal(60, 4, (height, width, 1)), 0, 255).astype(np.uint8)
