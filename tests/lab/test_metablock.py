# SPDX-License-Identifier: Apache-2.0
"""The frame round a mixer, cycles of mixers, and that every mixer lives in the frame, in bf16 too."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mezzotint.lab.layers.mlp import GatedMlp
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.models import parts as parts  # registers them
from mezzotint.lab.models.metablock import MetaBlock, cycle, metastack, mixers_of


class Double(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x


@torch.no_grad()
def test_block_is_norm_mixer_shortcut_then_norm_mlp_shortcut() -> None:
    torch.manual_seed(0)
    block = MetaBlock(4, 8, "depthwise(3)")
    block.mixer = Double()
    block.gain[:] = torch.tensor([0.0, 1.0, 2.0, 3.0]).view(1, 4, 1, 1)
    x = 5 + 3 * torch.randn(2, 4, 3, 3)
    centred = x - x.mean(1, keepdim=True)
    unit = centred / (centred.square().mean(1, keepdim=True) + 1e-6).sqrt()
    h = x + block.gain * 2 * unit
    torch.testing.assert_close(block(x), h + block.mlp(block.mlp_norm(h)))
    block.mlp.down.weight.zero_()
    torch.testing.assert_close(block(x)[:, 0], x[:, 0])  # gain 0 and no MLP: the shortcut alone


@torch.no_grad()
def test_mlp_is_a_gated_product() -> None:
    torch.manual_seed(0)
    mlp, x = GatedMlp(3, 5), torch.randn(1, 3, 1, 1)
    v = x.flatten()
    value, gate = mlp.value.weight[:, :, 0, 0] @ v, mlp.gate.weight[:, :, 0, 0] @ v
    torch.testing.assert_close(mlp(x).flatten(), mlp.down.weight[:, :, 0, 0] @ (value * torch.sigmoid(gate)))


def test_cycles_go_round() -> None:
    spec = "swin(shift=0) | swin()"
    assert cycle(spec) == ["swin(shift=0)", "swin()"]
    assert mixers_of(spec, 5) == ["swin(shift=0)", "swin()"] * 2 + ["swin(shift=0)"]
    stack = metastack(3, 32, 8, "swin(window=4, shift=0) | swin(window=4) | convnext")
    assert [type(block.mixer).__name__ for block in stack] == ["Swin", "Swin", "ConvNext"]
    x = torch.randn(1, 32, 8, 8, generator=torch.Generator().manual_seed(1))
    # Shifted windows see across the border of plain ones.
    changed = x.clone()
    changed[:, :, 0, 3] += 1
    with torch.no_grad():
        plain, shifted = (
            (block.mixer(changed) - block.mixer(x))[0, :, 0, 4].abs().max() for block in stack[:2]
        )
    assert plain < 1e-6 < shifted


@pytest.mark.parametrize("spec", ["swin | ", "|", "swin() swin()", "swin(shift=0) | 3", ""])
def test_a_cycle_of_nothing_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="is not a part"):
        cycle(spec)


def test_an_unknown_member_lists_the_known() -> None:
    with pytest.raises(ValueError, match="unknown mixer 'swim'; known: .*swin"):
        metastack(2, 32, 8, "swin() | swim()")


@pytest.mark.parametrize("name", MIXERS.names())
def test_every_mixer_trains_in_the_frame_in_bf16(name: str) -> None:
    torch.manual_seed(0)
    block = MetaBlock(32, 16, name)
    # Neighbours are nearly alike, as in photos: scores and kernels are close to singular, the hard case in 8 bits.
    x = (torch.randn(2, 32, 1, 1) + 0.1 * torch.randn(2, 32, 16, 16)).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        out = block(x)
    assert out.shape == x.shape and out.dtype == torch.float32  # the shortcut keeps its precision
    (out * torch.randn(out.shape)).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in block.parameters() if p.grad is not None)
    assert block.gain.grad.abs().max() > 0
