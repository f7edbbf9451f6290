# SPDX-License-Identifier: Apache-2.0
"""Boost-NeRV: bits of weights and the high band, on a small clip."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.lab.data.clips import Clip, moving
from mezzotint.lab.models.framed import Start
from mezzotint.lab.systems.boost_nerv import boost_nerv
from mezzotint.lab.systems.clip import points


@pytest.fixture(scope="module")
def clip() -> Clip:
    rows, columns = np.mgrid[:64, :80]
    photo = np.stack([128 + 60 * np.sin(rows / 3 + k) + 50 * (columns > 30) - 25 for k in range(3)], 2)
    return moving(photo.clip(0, 255).astype(np.uint8), 3, 32, 32)


def test_priced_weights_cost_fewer_bits_and_hardly_less_of_the_picture(clip: Clip, start: Start) -> None:
    """The role check, weight bits: the same network, steps and loss, with a price and with none."""
    (priced,) = points(boost_nerv(start, price=5e-3, steps=60, tuning=60), [clip], (1,))
    (free,) = points(boost_nerv(start, price=0.0, steps=60, tuning=60), [clip], (1,))
    assert priced.bits_a_weight < 0.95 * free.bits_a_weight
    assert priced.psnr > free.psnr - 0.5


@pytest.mark.slow
def test_spectra_in_the_loss_lift_the_high_band(clip: Clip, start: Start) -> None:
    """The role check, high-band PSNR: the loss alone differs."""
    (ours,) = points(boost_nerv(start, steps=400, tuning=100), [clip], (1,))
    (theirs,) = points(boost_nerv(start, loss="pixels", steps=400, tuning=100), [clip], (1,))
    assert ours.high_psnr > theirs.high_psnr and ours.bytes < 1.05 * theirs.bytes


@pytest.mark.slow
def test_all_of_it_beats_nerv_in_fewer_bytes(clip: Clip, start: Start) -> None:
    (ours,) = points(boost_nerv(start, steps=300, tuning=100), [clip], (1,))
    (theirs,) = points(
        boost_nerv(start, "plain_up", "pixels", "counted", 0.0, steps=300, tuning=100), [clip], (1,)
    )
    assert ours.bytes < theirs.bytes and ours.high_psnr > theirs.high_psnr
