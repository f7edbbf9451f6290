# SPDX-License-Identifier: Apache-2.0
"""Every step codes each place for one quarter of the channels; four steps give each quarter all places."""

import pytest
import torch

from mezzotint.lab.layers.phases import put
from mezzotint.lab.priors.four_step import STEPS, FourStep


def test_steps_are_a_latin_square() -> None:
    phases = torch.tensor(STEPS)[..., 0]  # (step, quarter)
    for axis in (0, 1):
        assert torch.equal(phases.sort(axis).values.select(1 - axis, 0), torch.arange(4))
        assert (phases.sort(axis).values.diff(dim=axis) == 1).all()


@pytest.mark.parametrize("step", STEPS)
def test_after_one_step_every_place_is_known_for_a_quarter(step: tuple[tuple[int, ...], ...]) -> None:
    known = put(torch.ones(1, 8, 3, 3), step)
    assert torch.equal(known.sum(1), torch.full((1, 6, 6), 2.0))


def test_refuses_channels_without_quarters() -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        FourStep(6)
