# SPDX-License-Identifier: Apache-2.0
"""Linear attention equals its quadratic form and its recurrent state, at linear cost."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.linear_transformer import LinearTransformer, linear_attention
from mezzotint.lab.models.cost import count


@torch.no_grad()
def test_equals_the_quadratic_form() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 3, 40, 5).unbind()
    weights = (F.elu(q) + 1) @ (F.elu(k) + 1).transpose(2, 3)  # (B, heads, N, N)
    expected = weights / weights.sum(-1, keepdim=True) @ v
    torch.testing.assert_close(linear_attention(q, k, v), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_equals_a_state_that_took_in_one_token_after_the_other() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 40, 5).unbind()
    state, total = torch.zeros(5, 5), torch.zeros(5)
    for key, value in zip(F.elu(k) + 1, v, strict=True):
        state, total = state + key[:, None] * value, total + key
    expected = (F.elu(q) + 1) @ state / ((F.elu(q) + 1) @ total)[:, None]
    found = linear_attention(q[None, None], k[None, None], v[None, None])[0, 0]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_cost_is_linear_in_the_pixels() -> None:
    mixer = LinearTransformer(16)
    small, large = (count(mixer, torch.zeros(1, 16, side, side)).macs for side in (32, 64))
    assert large == 4 * small


@torch.no_grad()
def test_queries_keys_and_values_come_from_the_convolved_map() -> None:
    torch.manual_seed(0)
    mixer, x = LinearTransformer(8, heads=2), torch.randn(2, 8, 5, 6)
    placed = F.conv2d(x, mixer.position.weight, mixer.position.bias, padding=1, groups=8)
    q, k, v = (m.flatten(2).unflatten(1, (2, 4)).transpose(2, 3) for m in mixer.qkv(placed).chunk(3, 1))
    expected = mixer.out(linear_attention(q, k, v).transpose(2, 3).reshape(x.shape))
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)
