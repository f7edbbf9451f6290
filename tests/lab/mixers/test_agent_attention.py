# SPDX-License-Identifier: Apache-2.0
"""Agent attention is two softmax attentions in a row, to pooled queries and from them; its cost is linear."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.agent_attention import AgentAttention
from mezzotint.lab.models.cost import count


@pytest.mark.parametrize("size", [5, 10])
@torch.no_grad()
def test_few_agents_gather_and_queries_read(size: int) -> None:
    """At size 5 there are as many agents as queries; at size 10 an agent is the mean of four."""
    torch.manual_seed(0)
    mixer, x = AgentAttention(8, agents=5, heads=2), torch.randn(2, 8, size, size)
    mixer.biases.normal_()
    maps = mixer.qkv(x).chunk(3, 1)
    q, k, v = (m.flatten(2).unflatten(1, (2, 4)).transpose(2, 3) for m in maps)  # (B, heads, N, d)
    agents = (
        F.avg_pool2d(maps[0], size // 5).flatten(2).unflatten(1, (2, 4)).transpose(2, 3)
    )  # (B, heads, 25, d)
    stretched = F.interpolate(mixer.biases.flatten(0, 1), (size, size), mode="bilinear")
    gather, read = stretched.unflatten(0, (2, 2)).flatten(3).unbind()  # (heads, agents, positions) each
    gathered = torch.softmax(agents @ k.transpose(2, 3) / 2 + gather, -1) @ v
    expected = torch.softmax(q @ agents.transpose(2, 3) / 2 + read.transpose(1, 2), -1) @ gathered
    local = F.conv2d(maps[2], mixer.local.weight, mixer.local.bias, padding=1, groups=8)
    expected = mixer.out(expected.transpose(2, 3).reshape(x.shape) + local)
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)


def test_cost_is_linear_in_the_pixels() -> None:
    mixer = AgentAttention(16)
    small, large = (count(mixer, torch.zeros(1, 16, side, side)).macs for side in (32, 64))
    assert 3.9 < large / small < 4.01
