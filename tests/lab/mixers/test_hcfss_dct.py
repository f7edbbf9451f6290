# SPDX-License-Identifier: Apache-2.0
"""Unit weights are the identity; learned ones depend on the window's own content and on nothing else."""

import torch

from mezzotint.lab.mixers.hcfss_dct import HCFSSDCT


@torch.no_grad()
def test_unit_weights_pass_the_input() -> None:
    torch.manual_seed(0)
    mixer, x = HCFSSDCT(16), torch.randn(2, 16, 13, 9)
    torch.testing.assert_close(mixer(x), mixer.local(x), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_weights_follow_the_content_of_their_window() -> None:
    torch.manual_seed(0)
    weights = HCFSSDCT(16, window=4).weights
    weights.excite.weight += torch.randn_like(weights.excite.weight)
    coefficients = torch.randn(3, 16, 16)
    before = weights(coefficients)
    assert before.min() > 0 and before.max() < 2 and before.std() > 0.1
    coefficients[1, 5] *= 4
    moved = (weights(coefficients) - before).abs().amax(2)  # (windows, bands)
    assert moved[1].min() > 0 and moved[1].argmax() == 5
    assert moved[0].max() == 0 and moved[2].max() == 0
    torch.testing.assert_close(weights(-coefficients), weights(coefficients))  # their size counts
