# SPDX-License-Identifier: Apache-2.0
"""Cascaded group attention: slices make heads cheaper, and each head hears the one before it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.efficientvit_cga import CascadedGroupAttention


@torch.no_grad()
def test_each_head_attends_to_its_slice_plus_the_output_before() -> None:
    torch.manual_seed(0)
    mixer, x = CascadedGroupAttention(12, window=4, heads=3, key=5), torch.randn(2, 12, 4, 4)
    before = torch.zeros(2, 4, 4, 4)
    for i, found in enumerate(mixer.cascade(x, None)):
        q, k, v = mixer.qkv[i](x[:, 4 * i : 4 * i + 4] + before).split([5, 5, 4], 1)
        q = F.conv2d(q, mixer.around[i].weight, mixer.around[i].bias, padding=2, groups=5)
        scores = torch.einsum("bcn,bcm->bnm", q.flatten(2), k.flatten(2)) / 5**0.5 + mixer.bias[i]()[0]
        before = torch.einsum("bnm,bcm->bcn", torch.softmax(scores, -1), v.flatten(2)).reshape(before.shape)
        torch.testing.assert_close(found, before.flatten(2), atol=1e-5, rtol=1e-4)


def test_hears_earlier_heads_and_not_later_ones() -> None:
    torch.manual_seed(0)
    mixer, x = CascadedGroupAttention(12, window=4, heads=3), torch.randn(1, 12, 4, 4, requires_grad=True)
    for i, found in enumerate(mixer.cascade(x, None)):
        (gradient,) = torch.autograd.grad(found.square().sum(), x, retain_graph=True)
        moved = gradient.abs().sum((0, 2, 3)) > 0
        assert moved[: 4 * (i + 1)].all() and not moved[4 * (i + 1) :].any()


def test_more_heads_need_fewer_parameters() -> None:
    sizes = [
        sum(p.numel() for p in CascadedGroupAttention(64, heads=h).qkv[0].parameters()) * h for h in (1, 2, 4)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.parametrize("size", [(4, 4), (3, 2), (6, 5)])
@torch.no_grad()
def test_windows_that_the_border_cuts_attend_to_their_true_cells(size: tuple[int, int]) -> None:
    """Queries that do not look around leave a cascade of plain attentions, window by window."""
    torch.manual_seed(0)
    mixer, x = CascadedGroupAttention(8, window=4, heads=2, key=3), torch.randn(1, 8, *size)
    for around in mixer.around:
        around.weight.copy_(F.pad(torch.ones(3, 1, 1, 1), (2, 2, 2, 2)))
    expected = torch.zeros_like(x)
    for top in range(0, size[0], 4):
        for left in range(0, size[1], 4):
            window = (..., slice(top, top + 4), slice(left, left + 4))
            rows, columns = x[window].shape[2:]
            inside = (4 * torch.arange(rows)[:, None] + torch.arange(columns)).flatten()
            before, parts = torch.zeros(()), []
            for i, part in enumerate(x[window].chunk(2, 1)):
                q, k, v = (m[0].flatten(1) for m in mixer.qkv[i](part + before).split([3, 3, 4], 1))
                scores = q.T @ k / 3**0.5 + mixer.bias[i]()[0, 0][inside][:, inside]
                before = (v @ torch.softmax(scores, -1).T).reshape(part.shape)
                parts.append(before)
            expected[window] = mixer.out(torch.cat(parts, 1).relu())
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)
