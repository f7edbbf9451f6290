# SPDX-License-Identifier: Apache-2.0
"""CRATE: one projection is query, key and value; the step shortens the code; ISTA lowers its sparse objective."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.crate import Crate, SparseStep, SubspaceAttention


def coding_rate(z: torch.Tensor, subspaces: torch.Tensor, heads: int, error: float = 0.5) -> torch.Tensor:
    """Sum over heads of the rate of tokens (N, C) projected to each subspace, the rows of (C, C) in turn."""
    rate = torch.zeros(())
    for u in subspaces.chunk(heads):
        projected = z @ u.T  # (N, p)
        gain = u.shape[0] / (len(z) * error**2)
        rate = rate + 0.5 * torch.logdet(torch.eye(u.shape[0]) + gain * projected.T @ projected)
    return rate


@torch.no_grad()
def test_one_projection_is_query_key_and_value() -> None:
    torch.manual_seed(0)
    attention, x = SubspaceAttention(8, 0, 2), torch.randn(2, 8, 5, 7)
    u = attention.subspaces(x).flatten(2).unflatten(1, (2, 4)).transpose(2, 3)
    expected = F.scaled_dot_product_attention(u, u, u).transpose(2, 3).reshape(x.shape)
    torch.testing.assert_close(attention(x), attention.out(expected), atol=1e-5, rtol=1e-4)
    assert sum(p.numel() for p in attention.subspaces.parameters()) == 8 * 8


@torch.no_grad()
def test_the_step_lowers_the_coding_rate() -> None:
    torch.manual_seed(0)
    attention, x = SubspaceAttention(16, 0, 4), torch.randn(1, 16, 6, 6)
    basis = torch.nn.init.orthogonal_(torch.empty(16, 16))
    attention.subspaces.weight.copy_(basis[:, :, None, None])
    attention.out.weight.copy_(basis.T[:, :, None, None])  # back from the subspaces
    tokens = x[0].flatten(1).T
    rates = []
    for share in (0.0, 0.25, 0.5, 0.75):
        moved = (1 - share) * x + share * attention(x)
        rates.append(float(coding_rate(moved[0].flatten(1).T, basis, 4)))
    assert sorted(rates, reverse=True) == rates
    assert rates[0] == float(coding_rate(tokens, basis, 4))
    # And not by shrinking alone: the tokens stay nearer to what they were.
    shrunk = 0.25 * x
    assert F.mse_loss(shrunk + 0.75 * attention(x), x) < F.mse_loss(shrunk, x)


@torch.no_grad()
def test_ista_is_sparse_and_lowers_its_objective() -> None:
    torch.manual_seed(0)
    layer, x = SparseStep(16, step=0.2, sparsity=2.0), torch.randn(2, 16, 6, 6).abs()
    layer.dictionary.add_(0.1 * torch.randn(16, 16))

    def objective(z: torch.Tensor) -> torch.Tensor:
        left = x - F.conv2d(z, layer.dictionary[:, :, None, None])
        return 2.0 * z.abs().sum() + 0.5 * left.square().sum()

    code = layer(x)
    assert objective(code) < objective(x)
    assert (code >= 0).all() and 0.1 < (code == 0).float().mean() < 0.9
    mixer = Crate(16, ista=True)
    assert (mixer(torch.randn(1, 16, 9, 9)) >= 0).all()
