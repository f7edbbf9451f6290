# SPDX-License-Identifier: Apache-2.0
"""FSQ: its indices are its codes one to one, nearly all are used, and its rounding passes the gradient on."""

import math

import pytest
import torch

from mezzotint.lab.quantizers.fsq import FSQ

LEVELS = [(2,), (3,), (2, 3, 4), (8, 5, 5, 5), (7, 5, 5, 5, 5), (16, 16)]


def without_projection(levels: tuple[int, ...]) -> FSQ:
    part = FSQ(len(levels), levels)
    for conv in (part.down, part.up):
        conv.weight.data = torch.eye(len(levels))[:, :, None, None]
    return part.eval()


def bits_of(symbols: torch.Tensor) -> float:
    share = torch.bincount(symbols.flatten()).double() / symbols.numel()
    return float(-(share * share.clamp_min(1e-12).log2()).sum())


@pytest.mark.parametrize("levels", LEVELS)
def test_indices_and_digits_are_one_to_one(levels: tuple[int, ...]) -> None:
    part = FSQ(8, levels)
    index = torch.arange(part.alphabet).view(1, 1, 1, -1)
    digits = part.digits_of(index)  # (1, D, 1, N)
    assert part.alphabet == math.prod(levels)
    assert digits.amin((0, 2, 3)).tolist() == [0] * len(levels)
    assert digits.amax((0, 2, 3)).tolist() == [n - 1 for n in levels]
    assert len(digits[0, :, 0].unique(dim=1).T) == part.alphabet
    assert torch.equal(part.index_of(digits), index)


@pytest.mark.parametrize("levels", LEVELS)
@torch.no_grad()
def test_every_code_is_reached_and_comes_back(levels: tuple[int, ...]) -> None:
    part = without_projection(levels)
    index = torch.arange(part.alphabet).view(1, 1, 1, -1)
    code = part.dequantise(index)
    assert code.abs().max() == 1 and torch.allclose(code.mean(3), torch.zeros(()), atol=1e-5)
    y = torch.atanh(0.999 * code)  # a latent whose bounded value is all but that code
    assert torch.equal(part(y).symbols, index)


@torch.no_grad()
def test_codes_are_in_use() -> None:
    """Untrained, on latents of unit variance, no code lies idle: there is nothing that could collapse."""
    torch.manual_seed(0)
    part = FSQ(24, (8, 5, 5, 5)).eval()
    symbols = part(torch.randn(4, 24, 128, 128)).symbols
    assert len(symbols.unique()) > 0.99 * part.alphabet
    assert bits_of(symbols) > 0.96 * math.log2(part.alphabet)


def test_the_gradient_passes_as_if_nothing_were_rounded() -> None:
    torch.manual_seed(0)
    part = FSQ(6, (8, 5, 3)).train()
    y, mix = torch.randn(2, 6, 4, 5, requires_grad=True), torch.randn(2, 6, 4, 5)
    (found,) = torch.autograd.grad((part(y).y_hat * mix).sum(), y)
    (want,) = torch.autograd.grad((part.up(torch.tanh(part.down(y))) * mix).sum(), y)
    torch.testing.assert_close(found, want, atol=1e-6, rtol=1e-4)
    assert want.abs().max() > 0


@pytest.mark.parametrize(("levels", "loss"), [(3, 0.3), (8, 1.8)])
@torch.no_grad()
def test_distortion_at_its_rate_is_near_that_of_entropy_coded_rounding(levels: int, loss: float) -> None:
    """On a Gaussian source, both charged the entropy of their symbols; ``loss`` in dB. None beats Shannon's bound."""
    torch.manual_seed(0)
    y = torch.randn(1, 1, 1, 100_000)
    part = without_projection((levels,))
    best = (math.inf, 0.0)
    for scale in torch.linspace(0.3, 1.5, 49).tolist():
        part.down.weight.fill_(scale)
        out = part(y)
        gain = (y * out.y_hat).mean() / out.y_hat.square().mean()  # the best linear decoder
        best = min(best, (float((gain * out.y_hat - y).square().mean()), bits_of(out.symbols)))
    distortion, rate = best
    low, high = 0.05, 6.0
    for _ in range(30):  # the step of plain rounding at the same rate
        step = (low + high) / 2
        rounded = (y / step).round()
        low, high = (step, high) if bits_of((rounded - rounded.min()).long()) > rate else (low, step)
    rival = float((rounded * step - y).square().mean())
    assert 10 * math.log10(distortion / rival) < loss
    assert distortion > 2 ** (-2 * rate)
