# SPDX-License-Identifier: Apache-2.0
"""The three products, written out: channels mix in a cell, then each channel over cells, then channels again."""

from __future__ import annotations

import torch

from mezzotint.lab.mixers.dcvc import Dcvc


def written_out(mixer: Dcvc, x: torch.Tensor) -> torch.Tensor:
    """(C, H, W) -> the same, cell by cell; outside the picture the hidden map is zero, whatever the biases."""
    into, out = mixer.into.weight[:, :, 0, 0], mixer.out.weight[:, :, 0, 0]
    hidden = torch.einsum("oc,chw->ohw", into, x) + mixer.into.bias[:, None, None]
    hidden = hidden / (1 + torch.exp(-4 * hidden))
    _, height, width = x.shape
    total = torch.zeros_like(hidden)
    for i in range(height):
        for j in range(width):
            for a in range(-1, 2):
                for b in range(-1, 2):
                    if 0 <= i + a < height and 0 <= j + b < width:
                        total[:, i, j] += mixer.spatial.weight[:, 0, a + 1, b + 1] * hidden[:, i + a, j + b]
    total = total + mixer.spatial.bias[:, None, None]
    return torch.einsum("oc,chw->ohw", out, total) + mixer.out.bias[:, None, None]


@torch.no_grad()
def test_is_its_three_products() -> None:
    torch.manual_seed(0)
    mixer, x = Dcvc(6), torch.randn(1, 6, 5, 4)
    for p in mixer.parameters():
        p += 0.3 * torch.randn_like(p)
    torch.testing.assert_close(mixer(x)[0], written_out(mixer, x[0]), atol=1e-5, rtol=1e-4)
