# SPDX-License-Identifier: Apache-2.0
"""Shallow-NTC: what its decoders cost, what refining a picture's latents gains, and that no file knows of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.codec import lambda_of
from mezzotint.lab.models.framed import Start
from mezzotint.lab.recipes.published.shallow_ntc import RECIPE, judge, kmac_hyper, kmac_synthesis, unrefined
from mezzotint.lab.systems import SYSTEMS, System
from mezzotint.lab.systems.claims import Trial
from mezzotint.lab.systems.image import ImageSystem

CHEAP = "mixer='depthwise', depth=2"


@pytest.fixture(scope="module")
def system(made: Callable[[str], System]) -> ImageSystem:
    found = made(f"shallow_ntc({CHEAP})")
    assert isinstance(found, ImageSystem)
    return found


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], np.ndarray]) -> np.ndarray:
    return sample("photo")


def cost(system: ImageSystem, picture: np.ndarray, quality: int) -> float:
    """Bits, and lambda times the squared error, of a real file."""
    data = system.compress(picture, quality)
    error = np.square(system.decompress(data) - picture.astype(np.float64)).mean((2,)).sum()
    return 8 * len(data) + float(lambda_of(torch.tensor(float(quality)))) * error


def test_shallow_decoders_cost_a_fraction_of_the_deep_one(start: Start) -> None:
    made = {
        n: SYSTEMS.build(f"shallow_ntc(synthesis='{n}')", start) for n in ("one_layer", "two_layer", "deep")
    }
    costs = {name: kmac_synthesis(system) for name, system in made.items()}
    assert costs["one_layer"] < 0.25 * costs["deep"] and costs["two_layer"] < 0.7 * costs["deep"]
    hyper = {kmac_hyper(system) for system in made.values()}
    assert len(hyper) == 1 and 0 < hyper.pop() < costs["deep"]


def test_on_and_off_share_analysis_and_prior(start: Start) -> None:
    on, off = (SYSTEMS.build(spec, start) for spec in (RECIPE.on, RECIPE.off))
    for part in ("analysis", "prior"):
        ours, theirs = (getattr(system.framed, part).state_dict() for system in (on, off))
        assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in theirs.items()}
    assert on.refine_steps and not off.refine_steps


def test_refining_makes_files_cheaper(system: ImageSystem, photo: np.ndarray) -> None:
    with unrefined(system):
        before = [cost(system, photo, quality) for quality in (500, 2750)]
    after = [cost(system, photo, quality) for quality in (500, 2750)]
    assert after[0] < 0.99 * before[0] and after[1] < before[1]


def test_a_refined_file_needs_no_refining_decoder(system: ImageSystem, photo: np.ndarray) -> None:
    data, wanted = system.compress(photo, 1250), system.rebuilt(photo, 1250)
    with unrefined(system):
        assert np.array_equal(system.decompress(data), wanted)
        assert not np.array_equal(system.rebuilt(photo, 1250), wanted)


@pytest.mark.slow
def test_the_judge_reports_all_that_the_role_asks(
    system: ImageSystem, made: Callable[[str], System], crops: Crops
) -> None:
    off = made(f"shallow_ntc(synthesis='deep', refine_steps=0, {CHEAP})")
    curves = (((0.1, 20.0), (4.0, 40.0)), ((0.2, 20.0), (4.5, 40.0)))
    photo = np.ascontiguousarray(crops.photos[0].permute(1, 2, 0).numpy())
    verdict = judge(Trial(system, off, *curves, (photo,), crops, 2, 0))
    names = " ".join(figure.name for figure in verdict.figures)
    assert all(word in names for word in ("two layers", "one layer", "deep", "refinement"))
    assert all(np.isfinite(figure.value) for figure in verdict.figures) and verdict.holds
