# SPDX-License-Identifier: Apache-2.0
"""Unit band weights leave the hyper path as it is; learned ones change what z says, and see their window only."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.layers.frequency_modulation import FrequencyModulation
from mezzotint.lab.layers.shifted import Windows
from mezzotint.lab.priors.hcfss import HCFSS, FrequencySwin


@torch.no_grad()
def test_unit_weights_are_no_weights() -> None:
    torch.manual_seed(0)
    weighted, plain = HCFSS(8).eval(), HCFSS(8, weightings=0).eval()
    assert not plain.load_state_dict(weighted.state_dict(), strict=False).missing_keys
    y = 5 * torch.randn(2, 8, 16, 16)
    torch.testing.assert_close(weighted(y).bits, plain(y).bits, rtol=1e-3, atol=1.0)
    layers = [m for m in weighted.modules() if isinstance(m, FrequencyModulation)]
    assert len(layers) == 2, "one on each side of z"
    shifts = [m.windows.down for m in weighted.modules() if isinstance(m, FrequencySwin)]
    assert shifts == [0, 2], "both ways over a seam, between the two"
    z, features = weighted.side.analysis(y), weighted.side.synthesis(torch.ones(1, 8, 4, 4))
    for layer in layers:
        layer.weights.excite.weight.normal_()
    assert (weighted.side.analysis(y) - z).abs().max() > 1e-3
    assert (weighted.side.synthesis(torch.ones(1, 8, 4, 4)) - features).abs().max() > 1e-3


@torch.no_grad()
@pytest.mark.parametrize("shift", [0, 2])
def test_attention_and_weights_are_those_of_windows(shift: int) -> None:
    torch.manual_seed(0)
    block, x = FrequencySwin(8, Windows(4, 4, shift, shift), 2, 1), torch.randn(1, 8, 16, 16)
    block.weightings[0].weights.excite.weight.normal_()
    changed = x.clone()
    changed[:, 0, 9, 9] += 5
    moved = (block(changed) - block(x)).abs().amax(1)[0]
    far = torch.ones(16, 16, dtype=torch.bool)
    far[8:12, 8:12] = False  # its window, and all aligned ones that the shifted window (6..9) touches
    if shift:
        far[4:12, 4:12] = False
    assert moved[far].max() == 0
    assert moved[8:12, 8:12].min() > 1e-5
    assert bool((moved[4:8, 4:8] > 1e-5).all()) == bool(shift)


def test_bad_options_are_one_line() -> None:
    for options, said in (
        ({"window": 0}, "holds no cells"),
        ({"heads": 3}, "divisor"),
        ({"weightings": -1}, "0 or more"),
        ({"width": 0}, "1 or more"),
    ):
        with pytest.raises(ValueError, match=said):
            HCFSS(8, **options)
