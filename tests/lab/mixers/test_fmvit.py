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


@torch.no_grad()
def test_a_low_band_attends_to_the_averages_of_its_rate() -> None:
    torch.manual_seed(0)
    mixer, x = FMViT(16, rates=(2, 3), heads=2), torch.randn(1, 16, 5, 7)
    bands = [mixer.high(x)]
    for rate, part in zip((2, 3), mixer.low, strict=True):
        means = [
            x[0, :, top : top + rate, left : left + rate].mean((1, 2))
            for top in range(0, 5, rate)
            for left in range(0, 7, rate)
        ]
        key, value = part.key_value(torch.stack(means, 1)[None, :, None]).flatten(2).chunk(2, 1)
        heads = (m.unflatten(1, (2, 2)).transpose(2, 3) for m in (part.query(x).flatten(2), key, value))
        mixed = F.scaled_dot_product_attention(*heads).transpose(2, 3).reshape(1, 4, 5, 7)
        bands.append(part.out(mixed))
    torch.testing.assert_close(mixer(x), mixer.fuse(torch.cat(bands, 1)), atol=1e-5, rtol=1e-4)
