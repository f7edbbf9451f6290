# SPDX-License-Identifier: Apache-2.0
"""Each channel is filtered by its own kernel and by nothing else; a fresh mixer is all but the identity."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.depthwise import Depthwise


@torch.no_grad()
def test_each_channel_is_filtered_by_its_own_kernel() -> None:
    torch.manual_seed(0)
    mixer, x = Depthwise(3, 5), torch.randn(1, 3, 6, 4)
    mixer.conv.weight.normal_()
    mixer.conv.bias.normal_()
    expected = mixer.conv.bias[:, None, None].repeat(1, 6, 4)
    for i in range(6):
        for j in range(4):
            for a in range(-2, 3):
                for b in range(-2, 3):
                    if 0 <= i + a < 6 and 0 <= j + b < 4:
                        expected[:, i, j] += mixer.conv.weight[:, 0, a + 2, b + 2] * x[0, :, i + a, j + b]
    torch.testing.assert_close(mixer(x)[0], expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_starts_near_the_identity() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 64, 9, 9)
    assert (Depthwise(64)(x) - x).std() < 0.1


@pytest.mark.parametrize("kernel", [4, 0, -1])
def test_a_kernel_without_a_middle_is_refused(kernel: int) -> None:
    with pytest.raises(ValueError, match="choose an odd one"):
        Depthwise(8, kernel)
