# SPDX-License-Identifier: Apache-2.0
"""Unit band weights act as the identity in the whole codec: they code what the codec without any weights codes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from mezzotint.lab.layers.frequency_modulation import FrequencyModulation
from mezzotint.lab.mixers.state_space import StateSpace
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.framed import Start
from mezzotint.lab.recipes import published
from mezzotint.lab.systems import SYSTEMS, Media
from mezzotint.lab.systems.image import check_dial, padded

RECIPE = published.find("hcfssnet")
OFF = RECIPE.off or ""


def weightings(model: nn.Module) -> dict[str, FrequencyModulation]:
    return {name: m for name, m in model.named_modules() if isinstance(m, FrequencyModulation)}


@torch.no_grad()
def test_unit_weights_code_what_no_weights_code(start: Start, sample: Callable[[str], Media]) -> None:
    torch.manual_seed(0)
    narrow = "hidden=64)"
    on = SYSTEMS.build(f"hcfssnet({narrow}", start).eval()
    off = SYSTEMS.build(OFF.removesuffix(")") + f", {narrow}", start).eval()
    for p in off.parameters():
        p.data += 0.01 * torch.randn_like(p)
    missing, unexpected = on.load_state_dict(off.state_dict(), strict=False)
    assert not unexpected and all(".weights." in name for name in missing)
    x, quality = padded(sample("photo")), check_dial(2000)
    y, wanted = on.framed.latent(x, quality), off.framed.latent(x, quality)
    torch.testing.assert_close(y, wanted, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(on.framed.prior(y).bits, off.framed.prior(y).bits, rtol=1e-4, atol=1.0)
    for layer in weightings(on).values():
        layer.weights.excite.bias += 1
    assert (on.framed.latent(x, quality) - y).abs().max() > 1e-2


def test_weights_stand_in_every_block_and_on_both_sides_of_z(start: Start) -> None:
    on, off = SYSTEMS.build(RECIPE.on, start), SYSTEMS.build(OFF, start)
    assert sum(".prior." in name for name in weightings(on)) == 2
    assert sum(".prior." not in name for name in weightings(on)) == 4
    assert not weightings(off)
    for system in (on, off):
        scans = [m for m in system.modules() if isinstance(m, StateSpace)]
        assert [scan.directions for scan in scans] == [8] * 4


def test_both_cost_what_the_board_s_do(start: Start) -> None:
    costs = []
    for spec in (RECIPE.on, OFF, "plain"):
        framed = SYSTEMS.build(spec, start).eval().framed
        quality, y = torch.zeros(1), torch.zeros(1, 192, 8, 8)  # windows of 8 hold no padding
        macs = count(framed.analysis, torch.zeros(1, 3, 128, 128), quality).macs
        costs.append(macs + count(framed.synthesis, y, quality).macs)
    assert max(costs) / min(costs) < 1.01
