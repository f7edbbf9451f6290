# SPDX-License-Identifier: Apache-2.0
"""GC ViT: every window answers the same queries, which hold the whole picture, from its own keys and values."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.gcvit import GCViT, GlobalQueryAttention


@torch.no_grad()
def test_windows_share_their_queries() -> None:
    torch.manual_seed(0)
    attention, x = GlobalQueryAttention(8, 4, 2), torch.randn(2, 8, 10, 9)
    queries, expected = attention.queries(x), torch.zeros_like(x)
    bias = attention.bias()[0]
    for n in range(2):
        k, v = attention.key_value(x)[n].chunk(2)
        for top in range(0, 10, 4):
            for left in range(0, 9, 4):
                place = [(y, z) for y in range(top, min(top + 4, 10)) for z in range(left, min(left + 4, 9))]
                inner = [(y - top) * 4 + z - left for y, z in place]
                for head in range(2):
                    d = slice(4 * head, 4 * head + 4)
                    keys = torch.stack([k[d, y, z] for y, z in place])
                    values = torch.stack([v[d, y, z] for y, z in place])
                    scores = queries[n, head, inner] @ keys.T / 2 + bias[head][inner][:, inner]
                    for (y, z), token in zip(place, torch.softmax(scores, -1) @ values, strict=True):
                        expected[n, d, y, z] = token
    torch.testing.assert_close(attention(x), attention.out(expected), atol=1e-5, rtol=1e-4)


def test_no_shift_is_needed_to_see_everything() -> None:
    """One output cell depends on every cell of the picture, and the local half alone on its window only."""
    torch.manual_seed(0)
    mixer, x = GCViT(8, window=4, heads=2), torch.randn(1, 8, 13, 21, requires_grad=True)
    for module, cells in ((mixer, 13 * 21), (mixer.local, 16)):
        (gradient,) = torch.autograd.grad(module(x)[0, 3, 0, 0], x)
        assert (gradient[0].abs().amax(0) > 0).sum() == cells


@torch.no_grad()
def test_queries_are_the_means_of_a_gated_convolution() -> None:
    torch.manual_seed(0)
    mixer, x = GCViT(8, window=4, heads=2), torch.randn(2, 8, 8, 12)
    shared, summary = mixer.shared, mixer.shared.summary
    h = F.gelu(F.conv2d(x, summary.around.weight, summary.around.bias, padding=1, groups=8))
    gate = torch.sigmoid(summary.excite(F.gelu(summary.squeeze(h.mean((2, 3), keepdim=True)))))
    pooled = F.avg_pool2d(x + summary.out(h * gate), (2, 3))
    expected = shared.query(pooled).flatten(2).unflatten(1, (2, 4)).transpose(2, 3)
    torch.testing.assert_close(shared.queries(x), expected, atol=1e-5, rtol=1e-4)
    local = mixer.local(x)
    torch.testing.assert_close(mixer(x), local + shared(x + local))
