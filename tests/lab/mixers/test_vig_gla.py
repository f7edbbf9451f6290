# SPDX-License-Identifier: Apache-2.0
"""ViG's scan over chunks equals the quadratic reference in both directions, at linear cost."""

from __future__ import annotations

import torch

from mezzotint.lab.mixers.vig_gla import ViG, both_ways
from mezzotint.lab.models.cost import count


@torch.no_grad()
def test_scan_equals_the_quadratic_reference() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 3, 45, 4), torch.randn(2, 3, 45, 4), torch.randn(2, 3, 45, 6)
    ahead, back = (-torch.rand(2, 2, 3, 45, 4)).unbind()
    expected = torch.zeros_like(v)
    for t in range(45):
        for i in range(45):
            # What a gate keeps on the way from i to t: those of all cells after i, up to t itself.
            if i <= t:
                kept = ahead[:, :, i + 1 : t + 1].sum(2).exp()
                expected[:, :, t] += (q[:, :, t] * kept * k[:, :, i]).sum(-1, keepdim=True) * v[:, :, i]
            if i >= t:
                kept = back[:, :, t:i].sum(2).exp()
                expected[:, :, t] += (q[:, :, t] * kept * k[:, :, i]).sum(-1, keepdim=True) * v[:, :, i]
    torch.testing.assert_close(both_ways(q, k, v, ahead, back), expected, atol=1e-4, rtol=1e-4)


def test_cost_is_linear_in_the_pixels() -> None:
    mixer = ViG(16)
    small, large = (count(mixer, torch.zeros(1, 16, side, side)).macs for side in (32, 64))
    assert large == 4 * small


@torch.no_grad()
def test_directions_have_gates_of_their_own() -> None:
    torch.manual_seed(0)
    mixer, x = ViG(16), torch.randn(1, 16, 6, 6)
    before = mixer(x)
    mixer.forget[1].bias[8:] -= 20  # the way back forgets
    moved = (mixer(x) - before).abs().amax((0, 1)).flatten()
    assert moved[0] > 1e-4 and moved[-1] < 1e-6  # nothing lies behind the last cell


@torch.no_grad()
def test_normalised_heads_and_the_local_convolution_share_by_a_gate() -> None:
    torch.manual_seed(0)
    mixer, x = ViG(16, heads=2, rank=3), torch.randn(2, 16, 5, 6)
    q, k, v, gate = mixer.qkv(x).split([8, 8, 16, 16], 1)
    kept = torch.sigmoid(mixer.forget(x)).log().div(16).clamp(min=-4)
    ahead, back, q, k, v = (
        m.flatten(2).unflatten(1, (2, -1)).transpose(2, 3) for m in (*kept.chunk(2, 1), q / 2, k, v)
    )
    seen = both_ways(q, k, v, ahead, back)
    seen = seen / (seen.square().mean(3, keepdim=True) + 1e-6).sqrt()
    share = torch.sigmoid(mixer.merge(x))
    mixed = share * mixer.local(x) + (1 - share) * seen.transpose(2, 3).reshape(x.shape)
    expected = mixer.out(mixed * gate * torch.sigmoid(gate))
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)
