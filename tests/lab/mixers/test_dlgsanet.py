# SPDX-License-Identifier: Apache-2.0
"""DLGSANet: kernels differ from cell to cell and head to head; channel weights are the positive correlations."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.dlgsanet import DLGSANet, DynamicLocal, SparseGlobal


@torch.no_grad()
def test_every_cell_has_its_own_kernel() -> None:
    torch.manual_seed(0)
    layer, v, kernels = DynamicLocal(6, 5, 3), torch.randn(2, 6, 7, 9), torch.randn(2, 3 * 25, 7, 9)
    patches = F.unfold(v, 5, padding=2).reshape(2, 3, 2, 25, 7, 9)  # (B, heads, d, K, H, W)
    expected = (patches * kernels.reshape(2, 3, 1, 25, 7, 9)).sum(3).flatten(1, 2)
    torch.testing.assert_close(layer.apply_kernels(v, kernels), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_same_kernel_everywhere_is_a_depthwise_convolution() -> None:
    torch.manual_seed(0)
    layer, v, kernels = DynamicLocal(6, 3, 3), torch.randn(1, 6, 8, 8), torch.randn(3, 9)
    weight = kernels.repeat_interleave(2, 0).reshape(6, 1, 3, 3)
    found = layer.apply_kernels(v, kernels.reshape(1, 27, 1, 1).expand(-1, -1, 8, 8))
    torch.testing.assert_close(found, F.conv2d(v, weight, padding=1, groups=6), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_kernels_follow_the_content() -> None:
    torch.manual_seed(0)
    layer = DynamicLocal(6, 3, 3)
    x = torch.randn(1, 6, 8, 8)
    assert not torch.allclose(
        layer(2 * x) - layer(torch.zeros_like(x)), 2 * (layer(x) - layer(torch.zeros_like(x)))
    )


@torch.no_grad()
def test_channel_weights_are_sparse_and_not_negative() -> None:
    torch.manual_seed(0)
    layer = SparseGlobal(16, 2)
    q, k = torch.randn(2, 3, 2, 8, 100).unbind()
    weights, cosines = layer.weights(q, k), F.cosine_similarity(q[:, :, :, None], k[:, :, None], dim=-1)
    torch.testing.assert_close(weights, cosines.clamp(min=0), atol=1e-5, rtol=1e-4)
    assert 0.3 < (weights == 0).float().mean() < 0.7


@torch.no_grad()
def test_kernels_come_from_the_surroundings_and_channels_are_weighted_sums() -> None:
    torch.manual_seed(0)
    mixer, x = DLGSANet(8, kernel=3, heads=2), torch.randn(1, 8, 5, 6)
    layer, shared = mixer.local, mixer.shared
    around = F.conv2d(layer.squeeze(x), layer.around.weight, layer.around.bias, padding=1, groups=2)
    kernels = layer.expand(around.relu())
    local = layer.out(layer.apply_kernels(layer.value(x), kernels))
    torch.testing.assert_close(layer(x), local)
    y = x + local
    qkv = F.conv2d(shared.qkv(y), shared.around.weight, shared.around.bias, padding=1, groups=24)
    q, k, v = qkv[0].flatten(1).chunk(3)  # (8, N) each
    expected = torch.zeros_like(v)
    for channel in range(8):
        for other in range(channel // 4 * 4, channel // 4 * 4 + 4):
            expected[channel] += F.cosine_similarity(q[channel], k[other], dim=0).clamp(min=0) * v[other]
    expected = local + shared.out(expected.reshape(1, 8, 5, 6))
    torch.testing.assert_close(mixer(x), expected, atol=1e-5, rtol=1e-4)
