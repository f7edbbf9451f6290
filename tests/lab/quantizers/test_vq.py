# SPDX-License-Identifier: Apache-2.0
"""Vector quantisation finds the clusters of its latents, and its codebook shrinks to smaller ones that still fit."""

import pytest
import torch

from mezzotint.lab.quantizers.vq import VQ

MIDDLES = 4 * torch.randn(64, 6, generator=torch.Generator().manual_seed(0))


def clustered(seed: int, spread: float = 0.3) -> torch.Tensor:
    """(4, 6, 16, 16), every cell near one of 64 middles, some of which are far more frequent."""
    g = torch.Generator().manual_seed(seed)
    index = (64 * torch.rand(4, 16, 16, generator=g).square()).long()
    y = MIDDLES[index] + spread * torch.randn(4, 16, 16, 6, generator=g)
    return y.permute(0, 3, 1, 2)


def trained(codes: int, groups: int = 1) -> VQ:
    torch.manual_seed(0)
    part = VQ(6, codes, groups, decay=0.8).train()
    with torch.no_grad():
        for seed in range(60):
            part(clustered(seed))
    return part.eval()


@torch.no_grad()
def distortion(part: VQ) -> float:
    y = clustered(1000)
    return float((part.eval()(y).y_hat - y).square().mean())


@torch.no_grad()
def test_finds_the_clusters_and_uses_its_codes() -> None:
    part = trained(96)
    assert distortion(part) < 1.5 * 0.3**2, "little more than the spread inside the clusters"
    used = part(torch.cat([clustered(seed) for seed in range(2000, 2008)])).symbols.unique()
    assert len(used) > 0.95 * 96


@torch.no_grad()
def test_a_cell_gets_the_nearest_code() -> None:
    part, y = trained(16), clustered(1000)
    rows = y.permute(0, 2, 3, 1)
    distance = (
        (rows[..., None, :].double() - part.books[0].vectors.double()).square().sum(-1)
    )  # (B, H, W, codes)
    assert torch.equal(part(y).symbols[:, 0], distance.argmin(-1))


@torch.no_grad()
def test_groups_are_quantizers_of_their_own_channels() -> None:
    part, y = trained(16, groups=2), clustered(1000)
    out = part(y)
    for k in range(2):
        channels = slice(3 * k, 3 * k + 3)
        alone = VQ(3, 16).eval()
        alone.books[0].load_state_dict(part.books[k].state_dict())
        single = alone(y[:, channels])
        assert torch.equal(single.y_hat, out.y_hat[:, channels])
        assert torch.equal(single.symbols[:, 0], out.symbols[:, k])


def test_the_loss_pulls_latents_to_their_codes() -> None:
    part = trained(8).train()
    y = clustered(5).requires_grad_()
    out = part(y)
    out.loss.backward()
    want = 0.25 * 2 * (y.detach() - out.y_hat.detach()) / y.numel()
    torch.testing.assert_close(y.grad, want, atol=1e-8, rtol=1e-4)


def test_the_gradient_of_y_hat_is_that_of_the_latent() -> None:
    part = trained(8).train()
    y, mix = clustered(5).requires_grad_(), torch.randn(4, 6, 16, 16)
    (part(y).y_hat * mix).sum().backward()
    assert torch.equal(y.grad, mix)


@torch.no_grad()
def test_smaller_codebooks_cost_less_and_distort_more_but_less_than_a_choice_of_codes() -> None:
    part = trained(96)
    before = part.books[0].vectors.clone()
    last = distortion(part)
    for size in (48, 24, 12, 6, 1):
        small = part.recluster(size)
        assert small.alphabet == size and small.books[0].vectors.shape == (size, 6)
        found = distortion(small)
        assert found > last
        if size > 1:
            chosen = VQ(6, size)
            chosen.books[0].vectors.copy_(part.books[0].vectors[torch.randperm(96)[:size]])
            assert found < 0.9 * distortion(chosen)
        last = found
    assert torch.equal(part.books[0].vectors, before) and part.alphabet == 96


@torch.no_grad()
def test_clustering_to_its_own_size_keeps_the_codes() -> None:
    part = trained(24)
    same = part.recluster(24)
    y = clustered(1000)
    torch.testing.assert_close(same(y).y_hat, part(y).y_hat, atol=1e-6, rtol=0)


@torch.no_grad()
def test_a_clustered_codebook_can_go_on_learning() -> None:
    small = trained(96, groups=2).recluster(12)
    fresh = distortion(small)
    small.train()
    for seed in range(60, 100):
        small(clustered(seed))
    assert distortion(small) < fresh
    with pytest.raises(ValueError, match="choose 1 to 12"):
        small.recluster(13)
