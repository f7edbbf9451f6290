# SPDX-License-Identifier: Apache-2.0
"""Spatial-channel correlation: cost is linear in the window's area, and it is the two sums that the paper writes."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.hit_sr import HitSr
from mezzotint.lab.models.cost import count


def test_cost_is_linear_in_the_area_of_the_window() -> None:
    """The work on one picture does not grow with the window; that of softmax attention grows fourfold a step."""
    x = torch.zeros(1, 32, 64, 64)
    macs = []
    for window in (16, 32, 64):
        mixer = HitSr(32, window, base=8)
        position = count(mixer.place, mixer.steps).macs  # a constant: it depends on no picture
        macs.append(count(mixer, x).macs - position)
    assert macs[0] == macs[1] == macs[2] > 0


@torch.no_grad()
def test_is_the_sum_over_pooled_values_and_the_sum_over_channels() -> None:
    torch.manual_seed(0)
    mixer, x = HitSr(8, window=4, base=2, heads=2), torch.randn(1, 8, 4, 4)
    mixer.out = torch.nn.Identity()
    tokens = mixer.features(x)[0].flatten(1).T  # (16, 8)
    q, v = tokens[:, :4], tokens[:, 4:]
    pooled = mixer.pool @ v  # (4, 4)
    bias = mixer.place(mixer.steps)  # (16, 4, heads)
    space, channels = torch.zeros(16, 4), torch.zeros(16, 4)
    for n in range(16):
        for head in (slice(0, 2), slice(2, 4)):
            for m in range(4):
                score = q[n, head] @ pooled[m, head] / 2 + bias[n, m, head.start // 2]
                space[n, head] += score * pooled[m, head]
        for a in range(4):
            for b in range(4):
                channels[n, a] += (q[:, a] * v[:, b]).mean() * v[n, b]
    found = mixer(x)[0].flatten(1).T
    torch.testing.assert_close(found, torch.cat((space, channels), 1), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_padding_counts_for_nothing() -> None:
    """What lies beyond the picture has no value: a window that it leaves half empty is as if those tokens were gone."""
    torch.manual_seed(0)
    mixer, x = HitSr(8, window=8, base=4, heads=2), torch.randn(1, 8, 5, 8)
    padded, tokens = mixer.features(x), mixer(x)
    mixer.features = torch.nn.Identity()
    around = torch.nn.functional.pad(padded, (0, 0, 0, 3))
    torch.testing.assert_close(mixer(around)[:, :, :5], tokens)


def test_a_base_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="choose a divisor"):
        HitSr(32, window=12, base=8)


@torch.no_grad()
def test_features_are_a_product_of_two_paths() -> None:
    torch.manual_seed(0)
    mixer, x = HitSr(10, window=4, base=2, heads=1), torch.randn(1, 10, 4, 4)
    features = mixer.features
    narrow = torch.nn.functional.leaky_relu(features.squeeze(x), 0.2)
    local = torch.nn.functional.conv2d(narrow, features.local.weight, features.local.bias, padding=1)
    expected = features.linear(x) * features.widen(torch.nn.functional.leaky_relu(local, 0.2))
    torch.testing.assert_close(features(x), expected)


@torch.no_grad()
def test_base_cells_start_as_means_and_offsets_are_from_their_middles() -> None:
    mixer, x = HitSr(8, window=6, base=2, heads=1), torch.randn(1, 4, 6, 6)
    means = torch.nn.functional.avg_pool2d(x, 3)[0].flatten(1).T
    torch.testing.assert_close(mixer.pool @ x[0].flatten(1).T, means)
    token, cell = 5 * 6 + 1, 1  # row 5, column 1; the upper right cell, whose middle is 1.5, 4.5
    expected = torch.tensor([5.5 - 1.5, 1.5 - 4.5]) / 6
    torch.testing.assert_close(mixer.steps[token, cell], expected)
