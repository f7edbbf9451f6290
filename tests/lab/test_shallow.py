# SPDX-License-Identifier: Apache-2.0
"""Shallow syntheses: all start as the inverse block transform, overlap, and are the sums that they say."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mezzotint.lab.layers.patch import PatchSynthesis
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.shallow import SYNTHESES, TwoLayer

QUALITY = torch.tensor([1000.0])


@pytest.fixture(scope="module")
def start(skeleton_start: tuple[Tensor, Tensor]) -> Start:
    return Start(*skeleton_start)


@pytest.mark.parametrize("name", SYNTHESES.names())
@torch.no_grad()
def test_every_synthesis_starts_as_the_inverse_transform(name: str, start: Start) -> None:
    torch.manual_seed(0)
    y = torch.randn(1, 192, 3, 5) * start.spread.view(1, -1, 1, 1)
    found = SYNTHESES.build(name, start)(y, QUALITY)
    torch.testing.assert_close(found, PatchSynthesis(start.rows)(y), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", SYNTHESES.names())
def test_every_weight_of_a_synthesis_learns(name: str, start: Start) -> None:
    torch.manual_seed(0)
    synthesis = SYNTHESES.build(name, start)
    for p in synthesis.parameters():
        p.data += 0.01 * torch.randn_like(p)
    synthesis(torch.randn(2, 192, 4, 4), QUALITY.expand(2)).square().mean().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in synthesis.parameters())


@pytest.mark.parametrize(("name", "wanted"), [("one_layer", 192 * 3 * 18**2 / 256), ("two_layer", None)])
def test_what_shallow_decoders_cost(name: str, wanted: float | None, start: Start) -> None:
    """By hand: each cell of a layer meets its whole kernel; the nonlinearity is a product of 12 by 12 a half pixel."""
    wanted = wanted or (2 * 192 * 12 * 10**2 / 256 + 12 * 12 / 4 + 12 * 3 * 5**2 / 4)
    found = count(SYNTHESES.build(name, start), torch.zeros(1, 192, 8, 8), QUALITY).macs / 128**2
    assert found == pytest.approx(wanted)
    deep = count(SYNTHESES.build("deep", start), torch.zeros(1, 192, 8, 8), QUALITY).macs / 128**2
    assert found < 0.7 * deep


@torch.no_grad()
def test_the_reach_of_a_cell_is_its_kernel(start: Start) -> None:
    """A block and a pixel on every side; with two layers two of half the size, and two pixels more, one at the end."""
    y = torch.zeros(1, 192, 5, 5)
    y[..., 2, 2] = 1
    for name, before, after in (("one_layer", 1, 1), ("two_layer", 4, 3)):
        torch.manual_seed(0)
        synthesis = SYNTHESES.build(name, start)
        for p in synthesis.parameters():
            p.data += 0.01 * torch.randn_like(p)
        changed = (synthesis(y, QUALITY) - synthesis(0 * y, QUALITY)).abs().amax((0, 1, 2)) > 1e-6
        first, last = torch.nonzero(changed)[[0, -1], 0].tolist()
        assert (first, last) == (32 - before, 47 + after), name


@torch.no_grad()
def test_the_two_layers_are_the_sum_of_their_branches(start: Start) -> None:
    torch.manual_seed(0)
    synthesis = TwoLayer(start)
    for p in synthesis.parameters():
        p.data += 0.05 * torch.randn_like(p)
    y = torch.randn(1, 192, 4, 4)
    half = {"stride": 8, "padding": 1}
    straight = F.conv_transpose2d(y, synthesis.shortcut.weight, synthesis.shortcut.bias, **half)
    scaled = 0.1 * y / start.spread.view(1, -1, 1, 1)
    v = F.conv_transpose2d(scaled, synthesis.bent.weight, synthesis.bent.bias, **half)[0]
    bent = torch.stack(
        [
            v[k] * (synthesis.floor[0, k] + sum(synthesis.slope[k, j, 0, 0] * v[j].abs() for j in range(12)))
            for k in range(12)
        ]
    )
    wanted = F.conv_transpose2d(
        straight + bent, synthesis.out.weight, synthesis.out.bias, stride=2, padding=2, output_padding=1
    )
    torch.testing.assert_close(synthesis(y, QUALITY), wanted, atol=1e-4, rtol=1e-4)


def test_odd_overlaps_are_refused(start: Start) -> None:
    for spec in ("one_layer(17)", "one_layer(14)", "two_layer(13)"):
        with pytest.raises(ValueError, match="kernel"):
            SYNTHESES.build(spec, start)
