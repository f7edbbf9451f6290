# SPDX-License-Identifier: Apache-2.0
"""SHViT: the channels that do not attend pass untouched, and with none attending the mixer is the identity."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.shvit import SHViT


@torch.no_grad()
def test_ratio_zero_is_the_identity() -> None:
    mixer, x = SHViT(8, ratio=0), torch.randn(2, 8, 5, 6)
    assert mixer(x) is x and mixer.reach == 0 and not list(mixer.parameters())


@pytest.mark.parametrize("ratio", [0.25, 1.0])
@torch.no_grad()
def test_one_head_on_a_part_and_the_rest_untouched(ratio: float) -> None:
    torch.manual_seed(0)
    mixer, x = SHViT(8, ratio, key=3), torch.randn(2, 8, 5, 6)
    part = int(8 * ratio)
    mixed = mixer.mixed(x)
    torch.testing.assert_close(mixed[:, part:], x[:, part:], atol=0, rtol=0)
    around = F.conv2d(x[:, :part], mixer.around.weight, mixer.around.bias, padding=1, groups=part)
    q, k, v = (m.flatten(2).transpose(1, 2) for m in mixer.qkv(around).split([3, 3, part], 1))
    seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, part, 5, 6)
    torch.testing.assert_close(mixed[:, :part], seen, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mixer(x), mixer.out(mixed.relu()))
