# SPDX-License-Identifier: Apache-2.0
"""SMT: head i sees 3 + 2 i cells, each aggregation group holds one channel of every head, and the modulator gates."""

from __future__ import annotations

import torch

from mezzotint.lab.mixers.smt import SMT


@torch.no_grad()
def test_heads_have_growing_kernels_and_are_shuffled() -> None:
    mixer = SMT(12, heads=4)
    for scale in mixer.scales:
        scale.weight.fill_(1.0)
    impulse = torch.zeros(1, 12, 17, 17)
    impulse[:, :, 8, 8] = torch.arange(1.0, 13)
    shuffled = mixer.shuffled(impulse)[0]
    for channel in range(12):
        head, place = channel // 3, channel % 3
        found = shuffled[place * 4 + head]
        side = 1 + head
        expected = torch.zeros(17, 17)
        expected[8 - side : 9 + side, 8 - side : 9 + side] = channel + 1
        assert torch.equal(found, expected)


def test_a_group_mixes_one_channel_of_every_head() -> None:
    torch.manual_seed(0)
    mixer, x = SMT(12, heads=4), torch.randn(1, 12, 9, 9, requires_grad=True)
    h = mixer.groups(mixer.shuffled(x))[0]  # two outputs a group
    (gradient,) = torch.autograd.grad(h[:2, 4, 4].sum(), x)
    assert (gradient[0].abs().sum((1, 2)) > 0).nonzero().flatten().tolist() == [0, 3, 6, 9]


@torch.no_grad()
def test_a_unit_modulator_passes_the_values() -> None:
    torch.manual_seed(0)
    mixer, x = SMT(8), torch.randn(2, 8, 6, 7)
    mixer.across.weight.zero_()
    mixer.across.bias.fill_(1.0)
    torch.testing.assert_close(mixer(x), mixer.out(mixer.value(x)))
    mixer.across.bias.zero_()
    torch.testing.assert_close(mixer(x), mixer.out(torch.zeros_like(x)))
