# SPDX-License-Identifier: Apache-2.0
"""One norm, behind the convolution: every position comes out standardised, however large the input was."""

from __future__ import annotations

import torch

from mezzotint.lab.mixers.convnext import ConvNext


@torch.no_grad()
def test_positions_are_standardised_behind_the_convolution() -> None:
    torch.manual_seed(0)
    mixer, x = ConvNext(16), torch.randn(2, 16, 9, 7)
    out = mixer(x)
    torch.testing.assert_close(out.mean(1), torch.zeros(2, 9, 7), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.var(1, unbiased=False), torch.ones(2, 9, 7), atol=1e-3, rtol=0)
    torch.testing.assert_close(mixer(50 * x), out, atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_each_channel_filters_its_own_seven_by_seven_cells() -> None:
    """With the norm taken out an impulse in one channel is that channel's kernel, turned round, and nothing else."""
    torch.manual_seed(0)
    mixer, x = ConvNext(4), torch.zeros(1, 4, 11, 11)
    mixer.norm = torch.nn.Identity()
    x[0, 2, 5, 5] = 1
    expected = torch.zeros(4, 11, 11)
    expected[2, 2:9, 2:9] = mixer.spatial.weight[2, 0].flip(0, 1)
    torch.testing.assert_close(mixer(x)[0], expected)
