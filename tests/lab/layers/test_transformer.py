# SPDX-License-Identifier: Apache-2.0
"""The block token by token against the block on the whole sequence, and against torch's own."""

from __future__ import annotations

import torch
from torch import nn

from mezzotint.lab.layers.transformer import Kept, TransformerBlock, causal


@torch.no_grad()
def test_token_by_token_is_the_whole_sequence_under_a_causal_mask() -> None:
    torch.manual_seed(0)
    block, x = TransformerBlock(16, 4, 32), torch.randn(3, 10, 16)
    kept = Kept(3, 4, 10, 4)
    steps = torch.cat([block.step(x[:, i : i + 1], i, kept) for i in range(10)], 1)
    torch.testing.assert_close(steps, block(x, causal(10)), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_token_does_not_see_later_ones() -> None:
    torch.manual_seed(0)
    block, x = TransformerBlock(16, 4, 32), torch.randn(1, 10, 16)
    other = x.clone()
    other[:, 6:] += 1
    a, b = block(x, causal(10)), block(other, causal(10))
    assert torch.equal(a[:, :6], b[:, :6]) and not torch.allclose(a[:, 6:], b[:, 6:])


@torch.no_grad()
def test_it_is_torchs_encoder_layer_with_norms_in_front() -> None:
    torch.manual_seed(0)
    ours, x = TransformerBlock(16, 4, 32), torch.randn(2, 7, 16)
    theirs = nn.TransformerEncoderLayer(16, 4, 32, 0.0, "gelu", batch_first=True, norm_first=True)
    theirs.self_attn.in_proj_weight.copy_(ours.attention.qkv.weight)
    theirs.self_attn.in_proj_bias.copy_(ours.attention.qkv.bias)
    pairs = (
        (theirs.self_attn.out_proj, ours.attention.out),
        (theirs.linear1, ours.up),
        (theirs.linear2, ours.down),
        (theirs.norm1, ours.before),
        (theirs.norm2, ours.between),
    )
    for into, source in pairs:
        into.load_state_dict(source.state_dict())
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)
