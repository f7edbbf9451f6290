# SPDX-License-Identifier: Apache-2.0
"""Agent attention with as many agents as queries is two softmax attentions in a row; its cost is linear."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.agent_attention import AgentAttention
from mezzotint.lab.models.cost import count


@torch.no_grad()
def test_limit_of_as_many_agents_as_queries() -> None:
    torch.manual_seed(0)
    mixer, x = AgentAttention(8, agents=5, heads=2), torch.randn(2, 8, 5, 5)
    mixer.biases.normal_()
    maps = mixer.qkv(x).chunk(3, 1)
    q, k, v = (m.flatten(2).unflatten(1, (2, 4)).transpose(2, 3) for m in maps)  # (B, heads, N, d)
    gather, read = mixer.biases.flatten(3).unbind()  # (heads, agents, positions) each
    gathered = torch.softmax(q @ k.transpose(2, 3) / 2 + gather, -1) @ v
    expected = torch.softmax(q @ q.transpose(2, 3) / 2 + read.transpose(1, 2), -1) @ gathered
    local = F.conv2d(maps[2], mixer.local.weight, mixer.local.bias, padding=1, groups=8)
    expected = mixer.out(expected.transpose(2, 3).reshape(x.shape) + local)
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)


def test_cost_is_linear_in_the_pixels() -> None:
    mixer = AgentAttention(16)
    small, large = (count(mixer, torch.zeros(1, 16, side, side)).macs for side in (32, 64))
    assert 3.9 < large / small < 4.01
