# SPDX-License-Identifier: Apache-2.0
"""NeRV++: PSNR a byte of weights, on a small clip."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.lab.data.clips import Clip, moving
from mezzotint.lab.models.framed import Start
from mezzotint.lab.systems.clip import points
from mezzotint.lab.systems.nervpp import nervpp


@pytest.fixture(scope="module")
def clip() -> Clip:
    rows, columns = np.mgrid[:64, :80]
    photo = np.stack([128 + 60 * np.sin(rows / 7 + k) + 50 * (columns > 30) - 25 for k in range(3)], 2)
    return moving(photo.clip(0, 255).astype(np.uint8), 3, 32, 32)


def test_a_weight_costs_about_the_bits_it_was_rounded_to(clip: Clip, start: Start) -> None:
    (point,) = points(nervpp(start, steps=2, tuning=2), [clip], (2,))
    assert 4 < point.bits_a_weight < 6.5


def test_fitting_pays(clip: Clip, start: Start) -> None:
    psnrs = [points(nervpp(start, steps=s, tuning=s // 3), [clip], (0,))[0].psnr for s in (3, 90)]
    assert psnrs[1] > psnrs[0] + 4


@pytest.mark.slow
def test_separable_blocks_and_the_skip_beat_plain_ones_of_more_bytes(clip: Clip, start: Start) -> None:
    """The role check, PSNR a weight-byte: smaller networks of these blocks do as well as larger plain ones."""
    ours = points(nervpp(start, steps=300, tuning=100), [clip], (0, 1))
    theirs = points(nervpp(start, "plain_up", steps=300, tuning=100), [clip], (0, 1))
    assert ours[0].psnr > theirs[0].psnr + 0.5 and ours[0].bytes < 1.3 * theirs[0].bytes
    assert ours[0].bytes < theirs[1].bytes and ours[0].psnr > theirs[1].psnr
