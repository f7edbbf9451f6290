# SPDX-License-Identifier: Apache-2.0
"""RMT: both axes together decay by Manhattan distance, exactly as the direct 2-D form where queries are indifferent."""

from __future__ import annotations

import torch

from mezzotint.lab.mixers.rmt import RMT


def manhattan(height: int, width: int) -> torch.Tensor:
    place = torch.cartesian_prod(torch.arange(height), torch.arange(width))
    return (place[:, None] - place[None]).abs().sum(-1).float()


@torch.no_grad()
def test_decay_equals_the_direct_two_dimensional_one() -> None:
    torch.manual_seed(0)
    mixer, v = RMT(8, heads=2), torch.randn(1, 8, 6, 9)
    found = mixer.decayed(torch.zeros_like(v), torch.randn_like(v), v)
    decay = 1 - 2.0 ** -torch.tensor([2.0, 4.0])  # fastest, and halfway to the slowest
    weights = decay[:, None, None] ** manhattan(6, 9)  # (heads, HW, HW)
    weights = weights / weights.sum(-1, keepdim=True)
    expected = weights @ v[0].flatten(1).unflatten(0, (2, 4)).transpose(1, 2)
    torch.testing.assert_close(found, expected.transpose(1, 2).reshape(v.shape), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_factorises_along_rows_then_columns() -> None:
    torch.manual_seed(0)
    mixer = RMT(4, heads=1)
    q, k, v = torch.randn(3, 1, 4, 5, 7).unbind()
    log_decay = torch.log(torch.tensor(0.75))
    rows, columns = ((torch.arange(n)[:, None] - torch.arange(n)).abs() * log_decay for n in (7, 5))
    along_row = torch.softmax(torch.einsum("cyx,cyz->yxz", q[0], k[0]) / 2 + rows, -1)
    along_column = torch.softmax(torch.einsum("cyx,czx->xyz", q[0], k[0]) / 2 + columns, -1)
    expected = torch.einsum("xyz,zxw,czw->cyx", along_column, along_row, v[0])
    torch.testing.assert_close(mixer.decayed(q, k, v)[0], expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_local_term_is_a_convolution_of_the_values() -> None:
    torch.manual_seed(0)
    mixer, x = RMT(8, heads=2), torch.randn(1, 8, 6, 9)
    q, k, v = mixer.qkv(x).chunk(3, 1)
    local = torch.nn.functional.conv2d(v, mixer.local.weight, mixer.local.bias, padding=2, groups=8)
    torch.testing.assert_close(mixer(x), mixer.out(mixer.decayed(q, k, v) + local), atol=1e-5, rtol=1e-4)
