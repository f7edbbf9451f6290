# SPDX-License-Identifier: Apache-2.0
"""The state space in chunks equals one cell after the other, along every path there and back."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.mixers.state_space import StateSpace, orders


@pytest.mark.parametrize("directions", [2, 4, 8])
@torch.no_grad()
def test_equals_the_recurrence_along_every_path(directions: int) -> None:
    torch.manual_seed(0)
    mixer, picture = StateSpace(8, directions, state=3, heads=2), torch.randn(1, 8, 5, 7)
    mixer.log_rate.add_(torch.randn_like(mixer.log_rate))
    mixer.step.add_(torch.randn_like(mixer.step))
    x = F.silu(mixer.around(mixer.into(picture)))[0].flatten(1)  # (C, T)
    selected = mixer.select(x.reshape(1, 8, 5, 7))[0].flatten(1).unflatten(0, (directions, -1))
    total = torch.zeros_like(x)
    for i, order in enumerate(orders(5, 7, directions)[0].tolist()):
        state = torch.zeros(2, 3, 4)  # (heads, n, e)
        for t in order:
            step = F.softplus(selected[i, :2, t, None, None] + mixer.step[i])  # (heads, 1, 1)
            enters = step * selected[i, 2:5, t, None] * x[:, t].reshape(2, 1, 4)
            state = torch.exp(-step * mixer.log_rate[i].exp()) * state + enters
            total[:, t] += (selected[i, 5:, t, None] * state).sum(1).flatten()
    expected = mixer.out((total + mixer.skip[0, :, 0] * x).reshape(1, 8, 5, 7))
    torch.testing.assert_close(mixer(picture), expected, atol=1e-4, rtol=1e-4)


def test_paths_visit_every_cell_and_diagonals_run_diagonally() -> None:
    order, place = orders(4, 6, 8)
    assert (order.sort(1).values == torch.arange(24)).all()
    assert (order.gather(1, place) == torch.arange(24)).all()
    assert torch.equal(order[1::2], order[::2].flip(1))
    y, x = order // 6, order % 6
    for path, length in ((4, y[4] + x[4]), (6, y[6] - x[6])):
        assert (length.diff() >= 0).all(), path  # one diagonal after the other
    assert x[2].diff().min() >= 0


def test_paths_found_in_inference_serve_training() -> None:
    """What is kept of one picture size must not be a tensor that autograd refuses."""
    orders.cache_clear()
    mixer, x = StateSpace(8, heads=2), torch.randn(1, 8, 4, 3)
    with torch.inference_mode():
        mixer(x)
    mixer(x).sum().backward()
    assert mixer.log_rate.grad is not None
