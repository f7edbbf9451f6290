# SPDX-License-Identifier: Apache-2.0
"""The layer alone; its weights are held to their definition in tests/lab/mixers/test_hcfss_dct.py."""

import pytest
import torch

from mezzotint.lab.layers.frequency_modulation import FrequencyModulation


@torch.no_grad()
@pytest.mark.parametrize(("window", "height", "width"), [(8, 16, 24), (4, 5, 11), (8, 3, 2)])
def test_unit_weights_are_the_identity(window: int, height: int, width: int) -> None:
    torch.manual_seed(0)
    layer, x = FrequencyModulation(8, window, 4), torch.randn(2, 8, height, width)
    torch.testing.assert_close(layer(x), x, atol=1e-5, rtol=1e-4)
    layer.weights.excite.bias += 1
    assert (layer(x) - x).abs().max() > 0.1


@torch.no_grad()
def test_a_weight_of_all_bands_is_a_gain() -> None:
    layer, x = FrequencyModulation(8, 4, 2), torch.randn(1, 8, 8, 8)
    layer.weights.excite.bias[3] = 1
    wanted = x.clone()
    wanted[:, 3] *= 2 * torch.sigmoid(torch.tensor(1.0))
    torch.testing.assert_close(layer(x), wanted, atol=1e-5, rtol=1e-4)


def test_bad_options_are_one_line() -> None:
    with pytest.raises(ValueError, match="squeeze divides 8 channels"):
        FrequencyModulation(8, 4, 9)
