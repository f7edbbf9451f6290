# SPDX-License-Identifier: Apache-2.0
"""The branches of training fold exactly into one grouped convolution."""

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.fmvit import FMViT


@pytest.mark.parametrize("channels", [32, 48, 192])
@torch.no_grad()
def test_branches_fold_into_one_convolution(channels: int) -> None:
    torch.manual_seed(0)
    high = FMViT(channels).high
    for p in high.parameters():
        p += 0.3 * torch.randn_like(p)
    x = torch.randn(2, channels, 7, 9)
    torch.testing.assert_close(high(x), high.branches(x), atol=1e-4, rtol=1e-4)
    one = F.conv2d(x, high.fold(), high.bias, padding=1, groups=high.groups)
    assert torch.equal(high(x), one)


def test_every_branch_learns_through_the_fold() -> None:
    torch.manual_seed(0)
    high, x = FMViT(32).high, torch.randn(1, 32, 6, 5)
    folded = torch.autograd.grad(high(x).square().sum(), list(high.parameters()))
    apart = torch.autograd.grad(high.branches(x).square().sum(), list(high.parameters()))
    for a, b in zip(folded, apart, strict=True):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)
