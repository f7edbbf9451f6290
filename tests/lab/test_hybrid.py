# SPDX-License-Identifier: Apache-2.0
"""Half of the channels sees its neighbours, the other half everything, and only the latter's bands are weighted."""

from __future__ import annotations

import torch

from mezzotint.lab.layers.frequency_modulation import FrequencyModulation
from mezzotint.lab.models.hybrid import Hybrid, HybridBlock, HybridConfig

CONFIG = HybridConfig("depthwise", "state_space(directions=8, state=4, heads=2)", 1, window=4)


@torch.no_grad()
def test_one_half_is_local_and_the_other_is_not() -> None:
    torch.manual_seed(0)
    hybrid, x = Hybrid(16, CONFIG), torch.randn(1, 16, 12, 12)
    hybrid.join.weight.copy_(torch.eye(16)[:, :, None, None])
    changed = x.clone()
    changed[:, :, 0, 0] += 5
    moved = (hybrid(changed) - hybrid(x)).abs()[0]
    assert moved[:8, 3:, 3:].max() == 0 and moved[:8, 0, 0].min() > 0
    assert moved[8:, 0, 11].max() > 1e-4 and moved[8:, 11, 0].max() > 1e-4 and moved[8:, 5, 5].max() > 1e-4


@torch.no_grad()
def test_unit_weights_are_no_weights() -> None:
    torch.manual_seed(0)
    weighted, x = HybridBlock(16, 8, CONFIG), torch.randn(2, 16, 9, 6)
    plain = HybridBlock(16, 8, HybridConfig(CONFIG.detail, CONFIG.scan, 0))
    found = plain.load_state_dict(weighted.state_dict(), strict=False)
    assert not found.missing_keys and found.unexpected_keys
    torch.testing.assert_close(weighted(x), plain(x), atol=1e-4, rtol=1e-4)
    for layer in weighted.modules():
        if isinstance(layer, FrequencyModulation):
            layer.weights.excite.bias += 1
    assert (weighted(x) - plain(x)).abs().max() > 0.01
