# SPDX-License-Identifier: Apache-2.0
"""The torch twin of the scale context says what the codec's integers say, reads earlier groups only, and can learn.

The twin rounds its weights alone. The codec rounds features as well, to 1/128, so that each is off by at most half of
that, and an outer weight carries it into c, which is rounded once more.
"""

import numpy as np
import pytest
import torch
from torch import Tensor

from mezzotint.intnet import ScaleContext
from mezzotint.lab.priors.scale_context import ScaleContextTwin

GROUPS = [3, 4, 2, 5]
RANK = 6
LOW = sum(GROUPS[:-1])  # channels that any group reads


def made(spread: float) -> ScaleContextTwin:
    """Random weights of both kinds, also where none is read."""
    torch.manual_seed(0)
    twin = ScaleContextTwin(GROUPS, RANK)
    for weights in (twin.inner, twin.outer):
        torch.nn.init.normal_(weights, std=spread)
    return twin


def decoded(height: int, width: int) -> Tensor:
    """Symbols (2, M, height, width), integer-valued: mostly small ones, and escapes."""
    torch.manual_seed(1)
    values = torch.tensor([0, 0, 0, 1, 2, 5, 14, 15, 16, 300, 2.0**24])
    signs = torch.tensor([-1.0, 1.0])
    shape = (2, sum(GROUPS), height, width)
    return values[torch.randint(0, len(values), shape)] * signs[torch.randint(0, 2, shape)]


def codec(twin: ScaleContextTwin) -> ScaleContext:
    """As export makes it."""
    inner, outer = (whole.detach().numpy().astype(np.int8) for whole in twin.integers())
    return ScaleContext(inner, outer, tuple(GROUPS))


def differences(twin: ScaleContextTwin, symbols: Tensor) -> np.ndarray:
    """Codec less twin (2, M - first group, h, w), in 1/256 of an index step; the twin runs in float64."""
    integers = codec(twin)
    real = 256 * twin.double()(symbols.double()).numpy()
    whole = [
        np.concatenate([integers(tile.numpy().astype(np.int32), group) for group in range(1, len(GROUPS))])
        for tile in symbols
    ]
    assert all(one.any() for one in whole)
    return np.stack(whole) - real[:, GROUPS[0] :]


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (1, 4), (5, 3)])
@pytest.mark.parametrize("spread", [0.02, 0.2, 2.0], ids=["small", "usual", "most at the limit"])
def test_twin_equals_the_codec_but_for_its_roundings(spread: float, size: tuple[int, int]) -> None:
    """c is off by half its unit at most, and by outer / 32 for each unit of a feature, which is off by half of one."""
    twin = made(spread)
    outer = twin.integers()[1].numpy()
    assert outer.any(axis=1).all()
    most = 0.5 + 0.5 * np.abs(outer).sum(axis=1) / 32  # (rows,)
    difference = np.abs(differences(twin, decoded(*size))).max(axis=(0, 2, 3))
    assert (difference <= most + 1e-6).all()


@torch.no_grad()
@pytest.mark.parametrize("spread", [0.2, 2.0])
def test_twin_equals_the_codec_but_for_its_last_rounding_where_features_are_whole(spread: float) -> None:
    """Inner weights of whole quarters, and planes of one value: features are integers then, and only c is rounded."""
    twin, symbols = made(spread), decoded(1, 1).expand(-1, -1, 4, 3)
    twin.inner.copy_((4 * twin.inner).round().clamp(-7, 7) / 4)
    assert not (twin.integers()[0] % 16).any()
    difference = np.abs(differences(twin, symbols))
    assert 0.1 < difference.max() <= 0.5


@torch.no_grad()
def test_the_first_group_is_left_alone() -> None:
    symbols = decoded(4, 5)
    added = made(0.2)(symbols)
    assert added.shape == symbols.shape
    assert not added[:, : GROUPS[0]].any()
    assert added[:, GROUPS[0] :].abs().amax((0, 2, 3)).min() > 0


@torch.no_grad()
def test_groups_read_earlier_groups_only() -> None:
    twin, symbols = made(0.2), decoded(4, 5)
    number = np.repeat(np.arange(len(GROUPS)), GROUPS)
    expected = twin(symbols)
    for channel in range(sum(GROUPS)):
        other = symbols.clone()
        other[:, channel] = torch.where(other[:, channel] == 0, 7.0, 0.0)
        changed = (twin(other) != expected).any(0).any(1).any(1).numpy()
        assert np.array_equal(changed, number > number[channel])


def read() -> Tensor:
    """Which columns of inner a group reads, as a mask of inner's shape."""
    known = torch.tensor(GROUPS).cumsum(0)[:-1, None] > torch.arange(LOW)  # (G - 1, LOW)
    return known[:, None, None].expand(-1, RANK, 2, -1)


@torch.no_grad()
def test_what_is_exported() -> None:
    """Whole numbers within int8, in the shapes that the codec takes, and 0 in the columns that it does not read."""
    twin, symbols = made(2.0), decoded(4, 5)
    inner, outer = twin.integers()
    assert inner.shape == (len(GROUPS) - 1, RANK, 2, LOW)
    assert outer.shape == (sum(GROUPS[1:]), RANK)
    for whole in (inner, outer):
        assert torch.equal(whole, whole.round()) and whole.abs().max() == 127
    assert not inner[~read()].any()
    assert (inner[read()] != 0).float().mean() > 0.9 and (outer != 0).float().mean() > 0.9
    expected = twin(symbols)
    twin.inner[~read()] += 1
    assert torch.equal(twin(symbols), expected)
    twin.inner[read()] += 1
    assert not torch.equal(twin(symbols), expected)


def test_the_gradient_reaches_every_weight_that_is_read() -> None:
    """At first the outer ones alone, since these are 0; then the inner ones too."""
    torch.manual_seed(2)
    twin, symbols = ScaleContextTwin(GROUPS, RANK), decoded(4, 5)
    added = twin(symbols)
    assert not added.any()  # as training starts: no context at all
    added[:, :, ::2].sum().backward()
    assert twin.inner.grad is not None and twin.outer.grad is not None
    assert (twin.outer.grad != 0).all() and not twin.inner.grad.any()
    with torch.no_grad():
        twin.outer -= 0.01 * twin.outer.grad
        assert twin(symbols)[:, :, ::2].sum() < 0
        twin.outer.fill_(0.1)
    twin(symbols)[:, :, ::2].sum().backward()
    assert (twin.inner.grad[read()] > 0).all()  # octaves are not negative
    assert not twin.inner.grad[~read()].any()


def test_features_differ_from_the_start() -> None:
    """Equal ones would stay equal: all outer weights start at 0, so only inner ones can tell features apart."""
    torch.manual_seed(3)
    twin = ScaleContextTwin(GROUPS, RANK)
    inner, outer = twin.integers()
    assert not outer.any()
    for features in inner:
        assert len(torch.unique(features.flatten(1), dim=0)) == RANK
