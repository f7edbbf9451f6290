# SPDX-License-Identifier: Apache-2.0
"""Straight-through rounding shows training what is decoded, and hands the gradient on as it is."""

import torch

from mezzotint.lab.quantizers.ste import StraightThrough


def test_rounds_in_training_as_in_use() -> None:
    y = torch.tensor([-1.7, -0.5, -0.2, 0.49, 0.5, 1.5, 2.5, 300.4]).view(1, 8, 1, 1)
    part = StraightThrough(8)
    want = torch.tensor([-2, 0, 0, 0, 0, 2, 2, 300])
    for training in (True, False):
        out = part.train(training)(y)
        assert torch.equal(out.symbols.flatten(), want)
        torch.testing.assert_close(out.y_hat.flatten(), want.float(), atol=1e-5, rtol=1e-6)


def test_the_derivative_is_one() -> None:
    y = (5 * torch.randn(2, 3, 4, 4)).requires_grad_()
    mix = torch.randn(2, 3, 4, 4)
    (StraightThrough(3).train()(y).y_hat * mix).sum().backward()
    assert torch.equal(y.grad, mix)
