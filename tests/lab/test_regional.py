# SPDX-License-Identifier: Apache-2.0
"""Silent modules leave the skeleton's transforms as they are; regions reach both sides in training, neither after."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mezzotint.lab.layers.region_adaptive import RegionAdaptive
from mezzotint.lab.layers.regions import grid_map
from mezzotint.lab.models.framed import Framed, Start, transforms
from mezzotint.lab.models.regional import Modules, Regional, RegionalAnalysis, RegionalSynthesis
from mezzotint.lab.priors.hyperprior import Hyperprior

HALVES = (torch.arange(64) // 32).view(1, 8, 8)


def stir(module: nn.Module) -> None:
    for p in module.parameters():
        p.data += 0.02 * torch.randn_like(p)


@pytest.fixture
def regional(skeleton_start: tuple[Tensor, Tensor]) -> Regional:
    torch.manual_seed(0)
    analysis, synthesis = transforms(Start(*skeleton_start), "depthwise", 32)
    stir(analysis)
    stir(synthesis)
    sides = RegionalAnalysis(analysis, Modules(1, 1)), RegionalSynthesis(synthesis, Modules(1, 1))
    return Regional(
        sides[0], Hyperprior(192, width=8), sides[1], lambda x: HALVES.expand(len(x), -1, -1)
    ).eval()


@torch.no_grad()
def test_silent_modules_leave_the_skeleton_as_it_is(regional: Regional) -> None:
    for layer in regional.modules():
        if isinstance(layer, RegionAdaptive):
            layer.out.weight.zero_()  # affines are silent while they are fresh
    x, quality = torch.rand(2, 3, 64, 128) - 0.5, torch.tensor([1000.0, 3000.0])
    a, s = regional.analysis, regional.synthesis
    plain = Framed(a.trunk, regional.prior, s.trunk).eval()
    y = regional.latent(x, quality)
    torch.testing.assert_close(y, plain.latent(x, quality))
    torch.testing.assert_close(regional.pixels(y, quality), plain.pixels(y, quality))


@torch.no_grad()
def test_only_training_is_told_regions(regional: Regional) -> None:
    stir(regional)
    x, quality = torch.rand(1, 3, 64, 64) - 0.5, torch.tensor([2000.0])
    coded = regional(x, quality)
    y = regional.latent(x, quality)
    torch.testing.assert_close(coded.x_hat, regional.pixels(regional.prior(y).y_hat, quality))
    torch.testing.assert_close(coded.x_hat, regional.guided(x, quality, grid_map()).x_hat)
    regional.train()  # y_hat has no noise there, so pictures may be compared
    told = regional(x, quality)
    torch.testing.assert_close(told.x_hat, regional.guided(x, quality, HALVES).x_hat)
    assert (told.x_hat - coded.x_hat).abs().max() > 1e-4


@torch.no_grad()
def test_each_side_heeds_its_regions(regional: Regional) -> None:
    stir(regional)  # the heads of both sides, above all
    x, quality, y = torch.rand(1, 3, 64, 64) - 0.5, torch.tensor([2000.0]), torch.randn(1, 192, 4, 4)
    for side, given in ((regional.analysis, x), (regional.synthesis, y)):
        assert (side(given, quality, HALVES) - side(given, quality, grid_map())).abs().max() > 1e-5
