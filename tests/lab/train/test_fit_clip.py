# SPDX-License-Identifier: Apache-2.0
"""Fitting to one signal, and what clips are fitted by."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mezzotint.lab.models.nerv import NervConfig
from mezzotint.lab.train import clip_loss
from mezzotint.lab.train.fit_clip import ClipFit, fit_clip
from mezzotint.lab.train.overfit import Rated, overfit, pace

CONFIG = NervConfig("plain_up", 2, 3, 32, 32)


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_the_least_is_found_and_groups_keep_their_rates() -> None:
    quick, slow = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    overfit([Rated((quick,), 0.1), Rated((slow,), 1e-4)], lambda: (quick**2 + slow**2).sum(), 200)
    assert quick.abs().max() < 1e-2 and slow.min() > 0.95


def test_what_blows_up_is_said() -> None:
    x = torch.ones(1, requires_grad=True)
    with pytest.raises(ValueError, match="finite at step 0"):
        overfit([Rated((x,), 0.1)], lambda: (x / 0).sum(), 3)


def test_the_pace_warms_up_and_falls() -> None:
    paces = [pace(step, 200) for step in range(200)]
    assert paces[0] < 0.1 and max(paces) > 0.95 and 0.02 < paces[-1] < 0.05


def test_the_same_clip_gives_the_same_weights_whatever_was_drawn_before(frames: torch.Tensor) -> None:
    fit = ClipFit(3, 3, "frequencies", 1e-3)
    torch.manual_seed(5)
    first = fit_clip(frames, CONFIG, fit)
    after = torch.rand(1)
    torch.manual_seed(6)
    second = fit_clip(frames, CONFIG, fit)
    assert all(np.array_equal(a, b) for a, b in zip(first.codes, second.codes, strict=True))
    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(1))  # and nothing is drawn from the caller's numbers


def test_a_higher_price_buys_fewer_bits(frames: torch.Tensor) -> None:
    def spread(price: float) -> float:
        return float(np.concatenate(fit_clip(frames, CONFIG, ClipFit(5, 60, "pixels", price)).codes).std())

    assert spread(1.0) < 0.7 * spread(1e-6)


def test_spectra_weigh_high_frequencies_more_than_squares_do() -> None:
    """Two errors of one energy, all in one coefficient or spread over all: squares cannot tell them apart."""
    smooth, impulse, none = torch.full((1, 1, 8, 8), 1 / 8), torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    impulse[..., 3, 4] = 1
    assert clip_loss.pixels(smooth, none) == clip_loss.pixels(impulse, none)
    once, everywhere = (clip_loss.frequencies(x, none) - clip_loss.pixels(x, none) for x in (smooth, impulse))
    assert everywhere > 5 * once > 0
