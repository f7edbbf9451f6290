# SPDX-License-Identifier: Apache-2.0
"""PSNR against the formula, and against torch."""

import math

import numpy as np
import pytest

from mezzotint.errors import UsageError
from mezzotint.evaluate.metrics import IDENTICAL, psnr


def test_known_values() -> None:
    black = np.zeros((700, 30, 3), np.uint8)
    assert psnr(black, black) == IDENTICAL == math.inf
    assert psnr(black, np.full_like(black, 255)) == 0
    assert psnr(black, np.full_like(black, 1)) == pytest.approx(20 * math.log10(255))


def test_any_shape_agrees_with_the_formula() -> None:
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (300, 40), (513, 20, 3), (9, 9, 4)):
        one, other = rng.integers(0, 256, (2, *shape), np.uint8)
        error = np.mean((one.astype(float) - other) ** 2)
        assert psnr(one, other) == pytest.approx(10 * math.log10(255**2 / error))
        assert psnr(one, other) == psnr(other, one)


def test_it_agrees_with_torch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 256, (2, 321, 481, 3), np.uint8)
    squares = torch.nn.functional.mse_loss(torch.tensor(one).double(), torch.tensor(other).double())
    assert psnr(one, other) == pytest.approx(float(10 * torch.log10(255**2 / squares)), abs=1e-4)


def test_what_cannot_be_compared() -> None:
    one = np.zeros((4, 5, 3), np.uint8)
    for other in (one[1:], one[..., 0], one.astype(np.float32)):
        with pytest.raises(UsageError):
            psnr(one, other)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        psnr(one[:0], one[:0])
