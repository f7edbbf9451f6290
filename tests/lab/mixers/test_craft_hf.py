# SPDX-License-Identifier: Apache-2.0
"""Which cells the rectangles see, and the fusion against its formula written out."""

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.craft_hf import CraftHF, Fusion


def seen(part: torch.nn.Module, row: int, column: int) -> torch.Tensor:
    """(24, 24) where an output cell of ``part`` has a gradient."""
    x = torch.randn(1, 24, 24, 24, requires_grad=True)
    part(x)[0, :, row, column].sum().backward()
    return x.grad.abs().sum((0, 1)) > 0


def test_attention_sees_a_wide_shifted_and_a_tall_rectangle() -> None:
    torch.manual_seed(0)
    mixer = CraftHF(16, short=4, long=8, heads=4)
    wide, tall = (torch.zeros(24, 24, dtype=torch.bool) for _ in range(2))
    wide[10:14, 4:12] = True  # begins at 2 + 4 i, 4 + 8 j
    tall[8:16, 8:12] = True
    assert torch.equal(seen(mixer.wide, 10, 9), wide)
    assert torch.equal(seen(mixer.tall, 10, 9), tall)


@torch.no_grad()
def test_the_high_frequency_prior_chooses_among_the_channels_of_the_window() -> None:
    torch.manual_seed(0)
    fusion, c, heads = Fusion(8, 2, 4), 8, 2
    high, low = torch.randn(1, c, 6, 7), torch.randn(1, c, 6, 7)
    q, (k, v) = fusion.query(high), fusion.key_value(low).chunk(2, 1)
    mixed = torch.zeros_like(v)
    for top in (0, 4):
        for left in (0, 4):
            cells = (..., slice(top, top + 4), slice(left, left + 4))
            for head in range(heads):
                of_head = slice(head * c // heads, (head + 1) * c // heads)
                a, b, d = (m[cells][0, of_head].flatten(1) for m in (q, k, v))
                cosine = (a / a.norm(dim=1, keepdim=True)) @ (b / b.norm(dim=1, keepdim=True)).T
                weights = torch.softmax(cosine * fusion.temperature[head], 1)
                mixed[cells][:, of_head] = (weights @ d).view_as(mixed[cells][0, of_head])[None]
    torch.testing.assert_close(fusion(high, low), low + fusion.out(mixed), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(fusion(5 * high, low), fusion(high, low), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_prior_is_a_convolution_beside_a_maximum_and_refines_what_was_attended() -> None:
    torch.manual_seed(0)
    mixer, x = CraftHF(8, short=2, long=4, heads=2), torch.randn(1, 8, 6, 7)
    prior = mixer.prior
    beyond = F.pad(x[:, 4:], (1, 1, 1, 1), value=-torch.inf)
    highest = torch.stack([beyond[:, :, a : a + 6, b : b + 7] for a in range(3) for b in range(3)]).amax(0)
    local = F.conv2d(x[:, :4], prior.local.weight, prior.local.bias, padding=1)
    high = x + prior.fuse(F.gelu(torch.cat((local, prior.peaks(highest)), 1)))
    torch.testing.assert_close(prior(x), high, atol=1e-5, rtol=1e-4)
    wide, tall = mixer.qkv(x)[:, :12], mixer.qkv(x)[:, 12:]
    low = mixer.out(torch.cat((mixer.wide(wide), mixer.tall(tall)), 1))
    torch.testing.assert_close(mixer(x), mixer.fusion(high, low), atol=1e-5, rtol=1e-4)
