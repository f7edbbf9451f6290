# SPDX-License-Identifier: Apache-2.0
"""BiFormer with all regions chosen is full attention; with fewer it is full attention masked by the routes."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.biformer import BiFormer


def dense(mixer: BiFormer, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """(1, C, H, W) each -> the same, from the regions' means and one score for every pair of cells."""
    height, width = q.shape[2:]
    side = mixer.regions
    rows, columns = -(-height // side), -(-width // side)
    place = torch.cartesian_prod(torch.arange(height) // rows, torch.arange(width) // columns)
    region = place[:, 0] * side + place[:, 1]  # (N,)
    flat_q, flat_k, flat_v = (m[0].flatten(1).T for m in (q, k, v))  # (N, C)
    filled = region.unique()
    mean_q, mean_k = (torch.stack([m[region == r].mean(0) for r in filled]) for m in (flat_q, flat_k))
    chosen = (mean_q @ mean_k.T).topk(min(mixer.chosen, len(filled)), -1).indices  # into `filled`
    allowed = torch.zeros(side**2, side**2, dtype=torch.bool)
    for i, r in enumerate(filled):
        allowed[r, filled[chosen[i]]] = True
    heads = [m.unflatten(1, (mixer.heads, -1)).transpose(0, 1) for m in (flat_q, flat_k, flat_v)]
    scores = heads[0] @ heads[1].transpose(1, 2) / heads[0].shape[2] ** 0.5
    weights = torch.softmax(scores.masked_fill(~allowed[region][:, region], -torch.inf), -1)
    return (weights @ heads[2]).transpose(0, 1).flatten(1).T.reshape(q.shape)


@pytest.mark.parametrize("size", [(16, 16), (13, 10), (3, 2)])
@pytest.mark.parametrize("chosen", [1, 5, 16])
@torch.no_grad()
def test_equals_dense_attention_masked_by_the_routes(size: tuple[int, int], chosen: int) -> None:
    torch.manual_seed(0)
    mixer = BiFormer(8, regions=4, chosen=chosen, heads=2)
    q, k, v = torch.randn(3, 1, 8, *size).unbind()
    expected = dense(mixer, q, k, v)
    torch.testing.assert_close(mixer.routed(q, k, v), expected, atol=1e-5, rtol=1e-4)
    if chosen == 16:
        flat = [m[0].flatten(1).unflatten(0, (2, 4)).transpose(1, 2) for m in (q, k, v)]
        full = torch.nn.functional.scaled_dot_product_attention(*flat)
        torch.testing.assert_close(expected, full.transpose(1, 2).reshape(q.shape), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_batch_keeps_its_own_regions() -> None:
    torch.manual_seed(0)
    mixer = BiFormer(8, regions=4, chosen=2, heads=2)
    q, k, v = torch.randn(3, 2, 8, 9, 11).unbind()
    torch.testing.assert_close(mixer.routed(q, k, v)[1:], mixer.routed(q[1:], k[1:], v[1:]))
