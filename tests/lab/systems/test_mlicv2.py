# SPDX-License-Identifier: Apache-2.0
"""Role check of MLICv2: bits of each slice with parts ablated; annealing changes the file, not the decoder's work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.anneal import Target, real_cost
from mezzotint.lab.models.codec import lambda_of
from mezzotint.lab.models.cost import spent
from mezzotint.lab.recipes.published.mlicv2 import RECIPE, slice_bits
from mezzotint.lab.systems import Media, System
from mezzotint.lab.systems.claims import Trial
from mezzotint.lab.systems.image import ImageSystem, check_dial, padded

QUALITY = 2000


@pytest.fixture(scope="module")
def system(made: Callable[[str], System]) -> ImageSystem:
    found = made("mlicv2")
    assert isinstance(found, ImageSystem)
    return found


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], Media]) -> Media:
    return sample("photo")[:60, :64]


@pytest.fixture(scope="module")
def files(system: ImageSystem, photo: Media) -> tuple[bytes, bytes]:
    """Plain and annealed."""
    system.refine_steps = 0
    plain = system.compress(photo, QUALITY)
    system.refine_steps = 6
    annealed = system.compress(photo, QUALITY)
    assert np.array_equal(system.decompress(annealed), system.rebuilt(photo, QUALITY))
    system.refine_steps = 0
    return plain, annealed


def test_annealing_is_the_encoders_alone(
    system: ImageSystem, files: tuple[bytes, bytes], photo: Media
) -> None:
    """The same decoder reads both files with the same number of products, and the annealed one costs less."""
    plain, annealed = files
    assert plain != annealed and system.refine_steps == 0
    work = [spent(lambda data=data: system.decompress(data)) for data in files]
    assert work[0] == work[1] > 0
    assert system.decompress(annealed).shape == photo.shape


def test_annealing_lowers_the_cost(system: ImageSystem, photo: Media) -> None:
    dial = check_dial(QUALITY)
    target = Target(padded(photo), float(lambda_of(dial)), photo.shape[:2])
    costs = []
    for system.refine_steps in (0, 6):
        costs.append(real_cost(system.framed, system.to_latent(photo, QUALITY)[0], dial, target))
    system.refine_steps = 0
    print(costs)
    assert costs[1] < costs[0]


@torch.no_grad()
def test_slices_are_counted_and_missed_parts_cost_their_own_slice(system: ImageSystem, photo: Media) -> None:
    prior = system.framed.prior
    y = system.to_latent(photo, QUALITY)[0]
    bits = slice_bits(prior, y)
    assert bits.shape == (4,) and bits.sum() < prior(y).bits.item()  # z costs, too
    assert prior.stages[0].inter is None and prior.stages[0].guide is not None


def test_the_judge_reports_every_part_of_every_slice(
    made: Callable[[str], System],
    system: ImageSystem,
    photo: Media,
    crops: Crops,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mezzotint.lab.recipes.published.mlicv2.STEPS", 2)
    curve = ((0.5, 25.0), (1.0, 30.0))
    verdict = RECIPE.judge(Trial(system, made(RECIPE.off), curve, curve, (photo,), crops, 2, 0))
    found = {figure.name: figure.value for figure in verdict.figures}
    assert sum(found[f"slice {i}"] for i in (1, 2, 3, 4)) == pytest.approx(100)
    assert all(f"slice {i} without global context" in found for i in (1, 2, 3, 4))
    assert "slice 1 without channel context" not in found, "the first slice has nothing before it"
    assert any(abs(value) > 1e-6 for name, value in found.items() if "without" in name)
    assert found["bits and weighed error after annealing"] < 1.0
    assert 0 <= found["symbols not sent"] < 100 and np.isfinite(list(found.values())).all()
    assert system.refine_steps == 0


def test_refuses_negative_steps(made: Callable[[str], System]) -> None:
    with pytest.raises(ValueError, match="refine_steps"):
        made("mlicv2(refine_steps=-1)")
