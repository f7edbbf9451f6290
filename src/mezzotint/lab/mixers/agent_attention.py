# SPDX-License-Identifier: Apache-2.0
"""Agent attention: a few agents gather from all keys by softmax, and all queries read from the agents by another one.

"Agent Attention: On the Integration of Softmax and Linear Attention" (ECCV 2024), section 4. Agents are
queries pooled to a small grid; the cost is linear in the pixels. The trap: two softmaxes in a row smear, so the paper
adds position biases to both, and a depthwise convolution of the values that restores what is local.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.layers.attention import attend, check_heads
from mezzotint.lab.layers.convolution import depthwise, pointwise
from mezzotint.lab.layers.pool import pool_to
from mezzotint.lab.layers.tokens import to_map, to_tokens
from mezzotint.lab.layers.window_attention import check_side
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.registry import Source

SOURCE = Source(
    "AgentAttention",
    "global",
    "Agent Attention: On the Integration of Softmax and Linear Attention",
    2024,
    "of the three parts of each position bias (block, row, column) the block one, stretched over the picture",
)


@MIXERS.register("agent_attention", SOURCE)
class AgentAttention(nn.Module):
    """``agent_attention(agents=7, heads=4)``: (B, C, H, W) -> (B, C, H, W).

    A = agents^2 agents, N = H W positions, d = C / heads. Reach: the whole picture.
    """

    def __init__(self, channels: int, agents: int = 7, heads: int = 4) -> None:
        super().__init__()
        check_heads(channels, heads)
        check_side("agents", agents)
        self.reach, self.aligned = None, 1
        self.agents, self.heads = agents, heads
        self.qkv = pointwise(channels, 3 * channels)
        biases = torch.randn(2, heads, agents**2, agents, agents)  # for gathering, and for reading
        self.biases = nn.Parameter(0.02 * biases)
        self.local = depthwise(channels, 3, centre=0.0)
        self.out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        q, k, v = self.qkv(x).chunk(3, 1)
        maps = (pool_to(q, self.agents, self.agents), q, k, v)
        agents, queries, keys, values = (to_tokens(m, self.heads) for m in maps)  # (B, heads, A or N, d)
        gather, read = F.interpolate(self.biases.flatten(0, 1), (h, w), mode="bilinear").flatten(2).chunk(2)
        gathered = attend(agents, keys, values, gather)  # (B, heads, A, d)
        out = attend(queries, agents, gathered, read.transpose(1, 2))  # (B, heads, N, d)
        return self.out(to_map(out, h, w) + self.local(v))
