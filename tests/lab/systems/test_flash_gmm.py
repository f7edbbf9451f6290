# SPDX-License-Identifier: Apache-2.0
"""Search and tables give the same pictures from the same weights, at the same size, and search is the faster."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.priors.flash_gmm import FlashGMM
from mezzotint.lab.recipes.published.flash_gmm import RECIPE, by_search, by_tables, excess, last
from mezzotint.lab.systems import Media, System
from mezzotint.lab.systems.claims import Trial
from mezzotint.lab.systems.image import ImageSystem

QUALITY = 2000


@pytest.fixture(scope="module")
def system(made: Callable[[str], System]) -> ImageSystem:
    found = made("flash_gmm")
    assert isinstance(found, ImageSystem)
    return found


@torch.no_grad()
def test_the_same_weights_by_tables_give_the_same_latents(
    system: ImageSystem, sample: Callable[[str], Media]
) -> None:
    prior = system.framed.prior
    assert isinstance(prior, FlashGMM)
    y, _ = system.to_latent(sample("photo"), QUALITY)
    found = prior.decompress(prior.compress(y), *y.shape[2:])
    by_table = prior.mixture.decompress(prior.mixture.compress(y), *y.shape[2:])
    assert torch.equal(found, by_table) and torch.equal(found, prior(y).y_hat)
    assert torch.equal(prior(y).bits, prior.mixture(y).bits)


def test_size_is_that_of_tables_and_time_is_not(system: ImageSystem, sample: Callable[[str], Media]) -> None:
    code = last(system, sample("photo"), QUALITY)
    by_search(code)  # compiles
    begun = time.process_time()
    search, tables = by_search(code), by_tables(code, 1)
    assert time.process_time() - begun < 60
    assert abs(search[0] / tables[0] - 1) < 0.003
    assert 5 * sum(search[1:]) < sum(tables[1:])


def trial(made: Callable[[str], System], sample: Callable[[str], Media], crops: Crops) -> Trial:
    """Two steps of training, and curves of no meaning."""
    curve = tuple((0.2 * k, 26.0 + 2 * k) for k in range(1, 6))
    worse = tuple((1.1 * rate, quality) for rate, quality in curve)
    assert RECIPE.off is not None
    picture = np.asarray(sample("photo"))
    return Trial(made(RECIPE.on), made(RECIPE.off), curve, worse, (picture,), crops, 2, 0)


def test_size_is_that_of_the_bits(
    made: Callable[[str], System], sample: Callable[[str], Media], crops: Crops
) -> None:
    assert abs(excess(trial(made, sample, crops))) < 0.3


def test_the_recipe_judges_time_size_and_rate(
    made: Callable[[str], System], sample: Callable[[str], Media], crops: Crops
) -> None:
    verdict = RECIPE.judge(trial(made, sample, crops))
    figures = {figure.name: figure.value for figure in verdict.figures}
    assert verdict.holds and verdict.less_is_better
    assert figures["times as fast as tables"] > 5
    assert figures["BD-rate of the mixture against one Gaussian"] == pytest.approx(100 / 1.1 - 100, abs=0.1)
    assert all(figures[f"{verb} by search"] > 0 for verb in ("encode", "decode"))
