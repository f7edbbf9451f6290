# SPDX-License-Identifier: Apache-2.0
"""DaViT's channel half takes channels as tokens, inside groups, at a cost linear in the pixels."""

from __future__ import annotations

import torch

from mezzotint.lab.mixers.davit import ChannelGroupAttention, DaViT
from mezzotint.lab.models.cost import count


@torch.no_grad()
def test_channels_attend_inside_their_group() -> None:
    torch.manual_seed(0)
    attention, x = ChannelGroupAttention(12, 3), torch.randn(1, 12, 5, 7)
    q, k, v = attention.qkv(x)[0].flatten(1).chunk(3)  # (12, 35)
    rows = []
    for channel in range(12):
        first = channel // 4 * 4
        scores = torch.stack([4.0 * (q[channel] * k[first + j]).mean() for j in range(4)])
        rows.append((torch.softmax(scores, 0)[:, None] * v[first : first + 4]).sum(0))
    expected = attention.out(torch.stack(rows).reshape(1, 12, 5, 7))
    torch.testing.assert_close(attention(x), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_channels_do_not_care_for_the_order_or_number_of_positions() -> None:
    torch.manual_seed(0)
    attention, x = ChannelGroupAttention(12, 3), torch.randn(1, 12, 6, 6)
    torch.testing.assert_close(attention(x.flip(2)), attention(x).flip(2))
    torch.testing.assert_close(attention(x.repeat(1, 1, 2, 3)), attention(x).repeat(1, 1, 2, 3))


def test_cost_is_linear_in_the_pixels() -> None:
    mixer = DaViT(16)
    small, large = (count(mixer, torch.zeros(1, 16, side, 16)).macs for side in (16, 64))
    assert large == 4 * small


@torch.no_grad()
def test_channels_attend_to_what_the_windows_have_changed() -> None:
    torch.manual_seed(0)
    mixer, x = DaViT(8, window=4, heads=2, groups=2), torch.randn(1, 8, 6, 9)
    local = mixer.spatial(x)
    torch.testing.assert_close(mixer(x), local + mixer.channel(x + local))
