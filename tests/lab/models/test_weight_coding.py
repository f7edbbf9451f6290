# SPDX-License-Identifier: Apache-2.0
"""Networks of whole weights: rounding, prices, chunks and heads that lie."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mezzotint.errors import DamagedFile
from mezzotint.lab.models import weight_coding
from mezzotint.lab.models.rounded import Rounded, restore


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 40, 3), nn.GELU(), nn.Conv2d(40, 3, 3))


@pytest.fixture(params=sorted(weight_coding.KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_a_network_comes_back_from_its_chunks(kind: str) -> None:
    rounded = Rounded(network(), 6)
    weights = rounded.weights()
    back = weight_coding.read(weight_coding.write(weights, network(), kind), network(), kind)
    assert np.array_equal(back.steps, weights.steps)
    assert all(np.array_equal(a, b) for a, b in zip(back.codes, weights.codes, strict=True))
    x = torch.randn(1, 3, 8, 8)
    assert torch.allclose(restore(network(1), back)(x), rounded(x), atol=1e-6)


def test_bits_bound_the_codes_of_matrices_and_vectors() -> None:
    for bits in (4, 6):
        codes = Rounded(network(), bits).weights().codes
        largest = [int(np.abs(code).max()) for code in codes]
        assert largest == [2 ** (bits - 1) - 1, 2 ** (bits + 1) - 1] * 2  # weight, bias, weight, bias


def test_bits_in_training_are_those_of_the_file() -> None:
    """The consistency that Boost-NeRV asks for: one density prices and codes."""
    net = network()
    net[0].weight.data.normal_(std=0.1)
    rounded = Rounded(net, 6)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        priced = float(sum(rounded.bits(generator) for _ in range(4)) / 4)
    head, body = weight_coding.write(rounded.weights(), net, "normal")
    assert abs(8 * len(body) - priced) < 0.02 * priced + 64
    assert len(head) <= 4 * (2 + 1 + 3)


def test_a_price_makes_steps_coarser() -> None:
    rounded = Rounded(network(), 6)
    rounded.bits(torch.Generator().manual_seed(0)).backward()
    assert rounded.log_steps.grad is not None
    assert (rounded.log_steps.grad < 0).all()  # a larger step, fewer bits


def test_gradients_pass_straight_through_rounding() -> None:
    net = network()
    x = torch.randn(2, 3, 8, 8)
    Rounded(net, 12)(x).square().mean().backward()
    through = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    net(x).square().mean().backward()
    for got, wanted in zip(through, net.parameters(), strict=True):
        assert (got - wanted.grad).abs().max() < 0.02 * wanted.grad.abs().max()


def test_other_chunks_are_refused(kind: str) -> None:
    head, body = weight_coding.write(Rounded(network(), 6).weights(), network(), kind)
    small = nn.Linear(3, 4)
    for chunks in (
        (),
        (head,),
        (head, body, b""),
        (head[:-1], body),
        (head + b"\0", body),
        (head, body[:-4]),
    ):
        with pytest.raises(DamagedFile):
            weight_coding.read(chunks, network(), kind)
    with pytest.raises(DamagedFile):
        weight_coding.read((head, body), small, kind)


@pytest.mark.parametrize("step", [np.nan, np.inf, 0.0, -0.01, 6e4])
def test_steps_that_lie_are_refused(kind: str, step: float) -> None:
    head, body = weight_coding.write(Rounded(network(), 6).weights(), network(), kind)
    with pytest.raises(DamagedFile, match="step"):
        weight_coding.read((np.float16(step).tobytes() + head[2:], body), network(), kind)
