# SPDX-License-Identifier: Apache-2.0
"""The recursion makes products of n + 1 features: order n is a polynomial of degree n + 1."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.hornet import HorNet


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@torch.no_grad()
def test_order_n_is_homogeneous_of_degree_n_plus_one(order: int) -> None:
    """Biases start at zero, so a doubled input gives exactly 2^(n + 1) times the output."""
    torch.manual_seed(0)
    mixer, x = HorNet(16, order), torch.randn(1, 16, 9, 8)
    torch.testing.assert_close(mixer(2 * x), 2 ** (order + 1) * mixer(x), atol=1e-4, rtol=1e-4)
    assert mixer(x).abs().mean() > 0.1


@torch.no_grad()
def test_the_last_factor_is_a_neighbourhood_of_full_width() -> None:
    """Silencing the widest map silences everything; the first gate alone passes through the steps that remain."""
    torch.manual_seed(0)
    mixer, x = HorNet(16, 3), torch.randn(1, 16, 9, 8)
    assert mixer.widths == [4, 8, 16]
    mixer.spatial.weight[-16:] = 0
    assert not mixer(x).any()
    mixer.spatial.weight.zero_()
    mixer.spatial.bias.fill_(mixer.alpha)  # every factor is one: the recursion is the chain of pointwise maps
    gate = mixer.into(x)[:, :4]
    torch.testing.assert_close(mixer(x), mixer.out(mixer.widen[1](mixer.widen[0](gate))))


def test_refuses_channels_that_cannot_be_halved() -> None:
    with pytest.raises(ValueError, match="choose a lower order"):
        HorNet(20, 4)
