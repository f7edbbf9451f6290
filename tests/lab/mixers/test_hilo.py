# SPDX-License-Identifier: Apache-2.0
"""The two ends of the split, and what lies between, against attention written out window by window."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.lab.mixers.hilo import HiLo


def attention(q: Tensor, k: Tensor, v: Tensor, heads: int, bias: Tensor | None = None) -> Tensor:
    """(C, N), (C, K), (C, K) -> (C, N)."""
    parts = (part.T.unflatten(1, (heads, -1)).transpose(0, 1)[None] for part in (q, k, v))
    return F.scaled_dot_product_attention(*parts, attn_mask=bias)[0].transpose(0, 1).flatten(1).T


def within_windows(part: nn.Module, x: Tensor, window: int) -> Tensor:
    q, k, v = part.qkv(x)[0].chunk(3)
    out = torch.zeros_like(q)
    for top in range(0, x.shape[2], window):
        for left in range(0, x.shape[3], window):
            cells = (..., slice(top, top + window), slice(left, left + window))
            rows, columns = q[cells].shape[1:]
            place = torch.tensor([r * window + c for r in range(rows) for c in range(columns)])
            bias = part.position()[:, :, place][..., place]
            flat = (m[cells].flatten(1) for m in (q, k, v))
            out[cells] = attention(*flat, part.heads, bias).unflatten(1, (rows, columns))
    return part.out(out[None])


def to_averages(part: nn.Module, x: Tensor, window: int) -> Tensor:
    means = [
        x[0, :, top : top + window, left : left + window].mean((1, 2))
        for top in range(0, x.shape[2], window)
        for left in range(0, x.shape[3], window)
    ]
    k, v = part.key_value(torch.stack(means, 1)[None, :, None])[0, :, 0].chunk(2)
    return part.out(attention(part.query(x)[0].flatten(1), k, v, part.heads).unflatten(1, x.shape[2:])[None])


@torch.no_grad()
def test_the_ends_are_window_and_pooled_attention_and_the_middle_is_both() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 16, 7, 10)
    high, low, both = (HiLo(16, window=3, alpha=alpha) for alpha in (0, 1, 0.5))
    torch.testing.assert_close(high(x), within_windows(high.parts[0], x, 3))
    torch.testing.assert_close(low(x), to_averages(low.parts[0], x, 3))
    halves = within_windows(both.parts[0], x, 3), to_averages(both.parts[1], x, 3)
    torch.testing.assert_close(both(x), torch.cat(halves, 1))
    assert (high.reach, low.reach, both.reach) == (2, None, None)


@torch.no_grad()
def test_windows_of_one_cell_and_low_heads_only_are_plain_global_attention() -> None:
    torch.manual_seed(0)
    x, mixer = torch.randn(1, 16, 5, 6), HiLo(16, window=1, alpha=1)
    part = mixer.parts[0]
    q, (k, v) = part.query(x), part.key_value(x).chunk(2, 1)
    want = attention(*(m[0].flatten(1) for m in (q, k, v)), part.heads).unflatten(1, (5, 6))
    torch.testing.assert_close(mixer(x), part.out(want[None]))
