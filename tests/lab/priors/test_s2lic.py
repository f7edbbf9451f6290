# SPDX-License-Identifier: Apache-2.0
"""Two passes a slice; later slices look far into earlier ones, and where they look is learned."""

import torch

from mezzotint.lab.layers.deformable import DeformableAttention
from mezzotint.lab.priors.s2lic import S2Lic


def test_two_passes_a_slice() -> None:
    torch.manual_seed(0)
    prior, y = S2Lic(8, slices=2).eval(), torch.randn(1, 8, 8, 8)
    assert len(prior.compress(y)) == 1 + 2 * 2
    assert prior.stages[0].inter is None and isinstance(prior.stages[1].inter.attention, DeformableAttention)


@torch.no_grad()
def test_a_later_slice_looks_across_the_picture() -> None:
    torch.manual_seed(0)
    stage = S2Lic(8).stages[2].eval()
    features, done = torch.randn(1, 16, 32, 32), [torch.randn(1, 2, 32, 32) for _ in range(2)]
    changed = [part.clone() for part in done]
    changed[0][:, :, :4, :4] += 20
    moved = (
        stage(stage.prepare(features, changed), None).mean - stage(stage.prepare(features, done), None).mean
    )
    assert moved[:, :, 31, 31].abs().max() > 1e-6


def test_the_offsets_learn() -> None:
    torch.manual_seed(0)
    prior = S2Lic(8)
    prior(5 * torch.randn(1, 8, 16, 16)).bits.sum().backward()
    assert all(stage.inter.attention.offset.weight.grad.abs().max() > 0 for stage in prior.stages[1:])
