# SPDX-License-Identifier: Apache-2.0
"""Every cell has a kernel of its own, and what is far away in its region, but in no other, has a say in it."""

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.layers.region_adaptive import RegionAdaptive, convolve


def test_convolves_each_cell_with_its_own_kernel() -> None:
    torch.manual_seed(0)
    x, kernels = torch.randn(2, 3, 5, 4), torch.randn(2, 27, 5, 4)
    found, padded = convolve(x, kernels, 3), F.pad(x, (1, 1, 1, 1))
    for b in range(2):
        for c in range(3):
            for i in range(5):
                for j in range(4):
                    kernel = kernels[b, 9 * c : 9 * c + 9, i, j].view(3, 3)
                    wanted = (padded[b, c, i : i + 3, j : j + 3] * kernel).sum()
                    torch.testing.assert_close(found[b, c, i, j], wanted, atol=1e-5, rtol=1e-5)


def test_a_kernel_for_all_cells_is_a_convolution() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(1, 4, 9, 7), torch.randn(4, 1, 3, 3)
    kernels = weight.reshape(1, 36, 1, 1).expand(-1, -1, 9, 7).contiguous()
    torch.testing.assert_close(convolve(x, kernels, 3), F.conv2d(x, weight, padding=1, groups=4))


@torch.no_grad()
def test_kernels_follow_their_region() -> None:
    torch.manual_seed(0)
    layer = RegionAdaptive(8)
    regions = torch.zeros(1, 16, 16, dtype=torch.int64)
    regions[:, :, 8:] = 1
    x = torch.randn(1, 8, 16, 16)
    changed = x.clone()
    changed[0, 0, 0, 0] += 10  # far from the cells below, in region 0
    moved = (layer(changed, regions) - layer(x, regions)).abs().amax(1)[0]
    assert moved[12:, :6].min() > 1e-5  # same region
    assert moved[12:, 10:].max() == 0  # the other one
    assert moved[:2, :2].max() > 0.1


def test_everything_learns() -> None:
    layer = RegionAdaptive(8)
    layer(torch.randn(2, 8, 8, 8), torch.randint(0, 3, (2, 8, 8))).square().sum().backward()
    idle = [n for n, p in layer.named_parameters() if p.grad is None or p.grad.abs().max() == 0]
    assert [n for n in idle if "gates" not in n] == []  # those wait for their own last layer to leave zero


def test_an_even_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        RegionAdaptive(8, 4)
