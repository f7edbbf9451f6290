# SPDX-License-Identifier: Apache-2.0
"""Swin V2: scores are cosines, so lengths do not count; the bias is a function, so it fits a window of another size."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.swinv2 import SwinV2


@torch.no_grad()
def test_lengths_of_queries_and_keys_do_not_count() -> None:
    torch.manual_seed(0)
    mixer, x = SwinV2(16), 3 * torch.randn(1, 16, 13, 10)
    before = mixer(x)
    mixer.k.weight *= 20
    mixer.q.weight *= 0.5
    torch.testing.assert_close(mixer(x), before, atol=1e-4, rtol=1e-3)
    mixer.k.weight[:4] *= -1  # their directions do
    assert (mixer(x) - before).abs().max() > 0.01


@torch.no_grad()
def test_temperature_and_bias_stay_in_their_bounds() -> None:
    """No score can leave [-100, 116], whatever the weights: 1 / tau is at most 100 and the bias at most 16."""
    torch.manual_seed(0)
    mixer, x = SwinV2(16), torch.randn(1, 16, 8, 8)
    mixer.log_scale.fill_(50.0)
    capped = mixer(x)
    mixer.log_scale.fill_(torch.tensor(100.0).log())
    torch.testing.assert_close(mixer(x), capped)
    mixer.position.out.weight.normal_(std=100)
    assert 0 <= mixer.position().min() < 1 and 15 < mixer.position().max() <= 16


@pytest.mark.parametrize("window", [6, 12])
@torch.no_grad()
def test_weights_serve_another_window(window: int) -> None:
    """Offsets that both windows know have the same bias in both."""
    torch.manual_seed(0)
    small, other = SwinV2(16, window=8), SwinV2(16, window=window, trained=8)
    other.load_state_dict(small.state_dict())

    def by_offset(mixer: SwinV2, side: int) -> dict[tuple[int, int], torch.Tensor]:
        bias = mixer.position()[0].unflatten(1, (side, side)).unflatten(3, (side, side))
        last = side - 1
        edges = [(0, 0), (0, last), (last, 0), (last, last)]
        return {
            (a - i, b - j): bias[:, a, b, i, j] for i, j in edges for a in range(side) for b in range(side)
        }

    here, there = by_offset(small, 8), by_offset(other, window)
    shared = here.keys() & there.keys()
    assert len(shared) == min(15, 2 * window - 1) ** 2
    for offset in shared:
        torch.testing.assert_close(here[offset], there[offset], atol=1e-4, rtol=1e-4)
    assert len({round(float(b[0]), 4) for b in here.values()}) > 20, "the bias depends on the offset"


@pytest.mark.parametrize("shift", [0, 4])
@pytest.mark.parametrize(("row", "column"), [(0, 0), (7, 4), (12, 9)])
def test_sees_one_window(shift: int, row: int, column: int) -> None:
    torch.manual_seed(0)
    mixer, x = SwinV2(8, shift=shift, heads=2), torch.randn(1, 8, 13, 10, requires_grad=True)
    mixer(x)[0, :, row, column].square().sum().backward()
    rows = (torch.arange(13) - shift) // 8 == (row - shift) // 8
    columns = (torch.arange(10) - shift) // 8 == (column - shift) // 8
    assert torch.equal(x.grad[0].abs().amax(0) > 0, rows[:, None] & columns[None])


@pytest.mark.parametrize("shift", [0, 2])
@torch.no_grad()
def test_equals_masked_dense_attention_of_cosines_and_log_offsets(shift: int) -> None:
    torch.manual_seed(0)
    mixer, x = SwinV2(8, window=4, heads=2, shift=shift), torch.randn(1, 8, 6, 7)
    mixer.log_scale.copy_(torch.tensor([3.0, 0.5]).log()[None, :, None, None])
    q, k, v = (
        part(x)[0].flatten(1).unflatten(0, (2, 4)).transpose(1, 2) for part in (mixer.q, mixer.k, mixer.v)
    )
    cosines = torch.nn.functional.cosine_similarity(q[:, :, None], k[:, None], dim=-1)
    place = torch.cartesian_prod(torch.arange(6), torch.arange(7))
    step = 8 / 3 * (place[:, None] - place[None]).float()  # a window of 4 spans -8 to 8
    step = step.sign() * torch.log2(1 + step.abs()) / torch.log2(torch.tensor(8.0))
    network = mixer.position
    bias = 16 * torch.sigmoid(network.out(torch.relu(network.into(step)))).permute(2, 0, 1)
    number = (place - shift).div(4, rounding_mode="floor")
    apart = (number[:, None] != number[None]).any(-1)
    scores = (cosines * torch.tensor([3.0, 0.5])[:, None, None] + bias).masked_fill(apart, -torch.inf)
    expected = mixer.out((torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(1, 8, 6, 7))
    torch.testing.assert_close(mixer(x), expected, atol=1e-4, rtol=1e-3)
