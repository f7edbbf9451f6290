# SPDX-License-Identifier: Apache-2.0
"""What is not sent costs nothing and comes back as its mean; what is sent is coded as before."""

import pytest
import torch

from mezzotint.lab.priors.coding import Estimate, Reader, Writer
from mezzotint.lab.priors.mlicv2 import MlicV2
from mezzotint.lab.priors.normal import Normal
from mezzotint.lab.priors.selective import Selective, tables_but

INDEX = torch.tensor([0.0, 2.0, 3.0, 40.0]).repeat(16).view(1, 1, 8, 8)
MEAN = torch.full((1, 1, 8, 8), 0.25)
Y = torch.arange(64.0).view(1, 1, 8, 8) - 31.5


def density(skip: int, exact: bool = True) -> Selective:
    return Selective.of(Normal(MEAN, INDEX, exact), skip)


def test_not_sent_is_the_mean_and_costs_nothing() -> None:
    code = Estimate(Y, training=False)
    back = code(lambda y: y, density(3))
    quiet = INDEX < 3
    assert (back[quiet] == 0.25).all() and torch.equal(back[~quiet], (Y - MEAN).round()[~quiet] + 0.25)
    loud = Normal(MEAN[~quiet], INDEX[~quiet]).bits((Y - MEAN).round()[~quiet])
    torch.testing.assert_close(code.bits, loud.sum()[None])


def test_both_sides_know_what_is_missing() -> None:
    sizes = []
    for skip in (0, 3, 4):
        code = Writer(Y)
        there = code(lambda y: y, density(skip))
        back = Reader(code.chunks, 8, 8, torch.device("cpu"))(lambda y: y, density(skip))
        assert torch.equal(there, back)
        sizes.append(len(code.chunks[0]))
    assert sizes[0] > sizes[1] > sizes[2]


def test_without_skipping_it_is_the_plain_density() -> None:
    residual = Y - MEAN
    assert torch.equal(density(0).bits(residual.round()), Normal(MEAN, INDEX).bits(residual.round()))
    assert torch.equal(density(0).rounded(residual), residual.round())
    assert all(
        a is b for a, b in zip(tables_but(0).tables, tables_but(5).tables, strict=True) if not b.certain
    )
    assert sum(table.certain for table in tables_but(5).tables) == 5


def test_training_rounds_as_it_will_but_keeps_the_gradient_of_every_index() -> None:
    index = INDEX.clone().requires_grad_()
    dense = Selective.of(Normal(MEAN, index, False), 3)
    code = Estimate(Y, training=True)
    torch.manual_seed(0)
    back = code(lambda y: y, dense)
    torch.testing.assert_close(back[INDEX < 3], MEAN[INDEX < 3], atol=1e-5, rtol=0)
    code.bits.sum().backward()
    assert (index.grad[INDEX < 3] != 0).all()


@pytest.mark.parametrize("skip", [-1, 64])
def test_refuses_to_skip_everything(skip: int) -> None:
    with pytest.raises(ValueError, match="choose how many"):
        MlicV2(8, skip=skip)
