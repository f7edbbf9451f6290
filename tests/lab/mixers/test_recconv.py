# SPDX-License-Identifier: Apache-2.0
"""RecConv's three claims: k 2^l cells of reach, l + 2 kernels of parameters, at most 5/3 of one kernel's products."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.recconv import RecConv
from mezzotint.lab.models.cost import count


@pytest.mark.parametrize(("kernel", "levels"), [(3, 1), (5, 2), (3, 3), (5, 3)])
@torch.no_grad()
def test_sees_as_far_as_a_kernel_of_k_times_2_to_the_levels(kernel: int, levels: int) -> None:
    mixer = RecConv(1, kernel, levels)
    for p in mixer.parameters():
        p.fill_(0.1)  # all positive, so that nothing cancels
    size = 2 * mixer.reach + 2 ** (levels + 1)
    middle = size // 2 // 2**levels * 2**levels
    distances = []
    for cell in range(middle, middle + 2**levels):  # every place in a coarsest cell
        row = torch.eye(size)[None, None, :, None, :].expand(1, 1, size, 1, size)
        seen = mixer(row.reshape(size, 1, 1, size))[:, 0, 0, cell] > 0  # one impulse a picture of the batch
        distances.append((seen.nonzero().flatten() - cell).abs().max())
    assert max(distances) == mixer.reach, "the reach is exact"
    assert 2 * mixer.reach + 1 >= kernel * 2**levels


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_costs_what_the_paper_says(levels: int) -> None:
    channels, kernel, size = 8, 5, 64
    cost = count(RecConv(channels, kernel, levels), torch.zeros(1, channels, size, size))
    assert cost.parameters == (levels + 2) * channels * kernel**2
    one = channels * kernel**2 * size**2
    expected = 1 + 2 * sum(4.0**-i for i in range(1, levels + 1))
    assert cost.macs == expected * one <= 5 / 3 * one


@torch.no_grad()
def test_adds_what_comes_back_from_each_level() -> None:
    """Two levels, written out by one shared strided kernel, three others and repeated cells."""
    torch.manual_seed(0)
    mixer, x = RecConv(3, 5, 2), torch.randn(1, 3, 8, 12)
    for p in mixer.parameters():
        p += 0.2 * torch.randn_like(p)

    def twice(m: torch.Tensor) -> torch.Tensor:
        return m.repeat_interleave(2, 2).repeat_interleave(2, 3)

    half = mixer.down(x)
    coarsest, second = mixer.coarse
    expected = mixer.finest(x + twice(second(half + twice(coarsest(mixer.down(half))))))
    torch.testing.assert_close(mixer(x), expected)
    assert mixer.down.stride == (2, 2) and half.shape == (1, 3, 4, 6)
