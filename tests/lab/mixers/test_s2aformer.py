# SPDX-License-Identifier: Apache-2.0
"""Strip attention with nothing reduced is plain attention; reducing either side makes it cheaper."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.s2aformer import StripAttention
from mezzotint.lab.models.cost import count


@torch.no_grad()
def test_nothing_reduced_is_plain_attention() -> None:
    torch.manual_seed(0)
    mixer, x = StripAttention(8, stride=1, strip=4, heads=2), torch.randn(2, 8, 5, 6)
    mixer.reduce.weight.fill_(1.0)
    q, k, v = (
        layer(x).flatten(2).unflatten(1, (2, 4)).transpose(2, 3)
        for layer in (mixer.query, mixer.key, mixer.value)
    )
    expected = F.scaled_dot_product_attention(q, k, v).transpose(2, 3).reshape(x.shape)
    torch.testing.assert_close(mixer.strips(x), expected, atol=1e-5, rtol=1e-4)


def test_both_reductions_save_what_they_should() -> None:
    """Scores cost N K heads strip and their use N K C; K falls with the stride's square."""
    n, x = 32 * 32, torch.zeros(1, 16, 32, 32)

    def attention_macs(stride: int, strip: int) -> int:
        mixer = StripAttention(16, stride, strip)
        few = n // stride**2
        linear = n * 4 * strip * 16 + few * 16 * (stride**2 + 4 * strip + 16)
        return count(mixer, x).macs - linear - n * 16 * (9 + 16)

    for stride, strip in ((1, 4), (4, 4), (4, 1)):
        assert attention_macs(stride, strip) == n * n // stride**2 * (4 * strip + 16)


@torch.no_grad()
def test_keys_and_values_are_strided_convolutions_and_the_local_term_is_added() -> None:
    torch.manual_seed(0)
    mixer, x = StripAttention(8, stride=2, strip=3, heads=2), torch.randn(1, 8, 5, 6)
    cells = F.pad(x, (0, 0, 0, 1)).unflatten(2, (3, 2)).unflatten(4, (3, 2))  # (1, 8, 3, 2, 3, 2)
    kernels = mixer.reduce.weight[:, 0, None, :, None]  # (8, 1, 2, 1, 2)
    few = (cells * kernels).sum((3, 5)) + mixer.reduce.bias[:, None, None]
    maps = mixer.query(x), mixer.key(few), mixer.value(few)
    heads = (m.flatten(2).unflatten(1, (2, -1)).transpose(2, 3) for m in maps)
    strips = F.scaled_dot_product_attention(*heads).transpose(2, 3).reshape(x.shape)
    local = F.conv2d(x, mixer.local.weight, mixer.local.bias, padding=1, groups=8)
    torch.testing.assert_close(mixer(x), mixer.out(strips + local), atol=1e-5, rtol=1e-4)
