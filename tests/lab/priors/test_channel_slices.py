# SPDX-License-Identifier: Apache-2.0
"""A slice that resembles an earlier one costs little; latent residual prediction stays within half a step."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mezzotint.lab.priors.channel_slices import ChannelSlices
from mezzotint.lab.priors.refine import Refine


def test_a_copy_of_an_earlier_slice_is_nearly_free(
    bits_of_steps: Callable[[ChannelSlices, Tensor], list[float]],
) -> None:
    torch.manual_seed(0)
    prior = ChannelSlices(4, slices=2)
    optimiser = torch.optim.Adam(prior.parameters(), 1e-2)
    for _ in range(80):
        optimiser.zero_grad()
        prior((4 * torch.randn(2, 2, 12, 12)).repeat(1, 2, 1, 1)).bits.sum().backward()
        torch.nn.utils.clip_grad_norm_(prior.parameters(), 1e4)
        optimiser.step()
    _, first, second = bits_of_steps(prior, (4 * torch.randn(1, 2, 12, 12)).repeat(1, 2, 1, 1))
    print(f"{first:.0f} bits, then {second:.0f}")
    assert second < 0.7 * first


@torch.no_grad()
def test_refining_moves_less_than_half_a_step() -> None:
    refine = Refine(3, 2)
    for p in refine.parameters():
        p.data += torch.randn_like(p)
    y_hat = 10 * torch.randn(1, 2, 8, 8)
    moved = (refine(10 * torch.randn(1, 3, 8, 8), y_hat) - y_hat).abs()
    assert 0.1 < moved.max() <= 0.5 + 1e-5


@pytest.mark.parametrize("slices", [0, 3, 8])
def test_refuses_slices_that_do_not_divide(slices: int) -> None:
    with pytest.raises(ValueError, match="choose a divisor"):
        ChannelSlices(4, slices=slices)
