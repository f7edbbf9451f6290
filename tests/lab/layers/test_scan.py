# SPDX-License-Identifier: Apache-2.0
"""The doubling scan and the chunked gated attention equal one step after the other."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.layers.scan import FLOOR, delay, gated_attention, scan, steady_scan


@pytest.mark.parametrize("length", [1, 2, 7, 16, 33])
def test_scan_equals_the_recurrence(length: int) -> None:
    torch.manual_seed(0)
    decay, value = torch.rand(2, length, 3), torch.randn(2, length, 3)
    h, expected, steady = torch.zeros(2, 3), [], []
    for t in range(length):
        h = decay[:, t] * h + value[:, t]
        expected.append(h)
    torch.testing.assert_close(scan(decay, value, 1), torch.stack(expected, 1))
    h, rate = torch.zeros(2, 3), -torch.rand(3)
    for t in range(length):
        h = rate.exp() * h + value[:, t]
        steady.append(h)
    torch.testing.assert_close(steady_scan(rate, value, 1), torch.stack(steady, 1))


def test_delay_lets_zeros_in() -> None:
    assert delay(torch.tensor([[1.0, 2, 3]]), 2, 1).tolist() == [[0, 0, 1]]
    assert delay(torch.tensor([[1.0, 2, 3]]), 5, 1).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("length", [1, 15, 16, 70])
@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("gates", [1, 4])
def test_gated_attention_equals_the_recurrence(length: int, strength: float, gates: int) -> None:
    """At the strongest allowed decay, too, where a quotient of decays inside a chunk is largest."""
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 3, length, 4), torch.randn(2, 3, length, 4), torch.randn(2, 3, length, 5)
    log_decay = -strength * torch.rand(2, 3, length, gates)
    if gates > 1:
        log_decay = log_decay.clamp(min=FLOOR)
    state, expected = torch.zeros(2, 3, 4, 5), []
    for t in range(length):
        state = log_decay[:, :, t].exp()[..., None] * state + k[:, :, t, :, None] * v[:, :, t, None]
        expected.append(torch.einsum("bhd,bhde->bhe", q[:, :, t], state))
    found = gated_attention(q, k, v, log_decay)
    torch.testing.assert_close(found, torch.stack(expected, 2), atol=1e-4, rtol=1e-4)
