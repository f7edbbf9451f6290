# SPDX-License-Identifier: Apache-2.0
"""What every prior must hold to: exact round trips, honest bits, finite gradients, independence, causality."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import torch
from torch import Tensor, nn

import mezzotint.lab.priors as package
from mezzotint.errors import MezzotintError
from mezzotint.lab.priors import PRIORS, coding

for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{package.__name__}.{module.name}")

CHANNELS = 8


def latents(batch: int = 1, height: int = 32, width: int = 32, seed: int = 0) -> Tensor:
    """Smooth noise with channels that resemble each other, under a loudness that differs from place to place."""
    g = torch.Generator().manual_seed(seed)
    rough = torch.randn(batch, CHANNELS, height, width, generator=g)
    coarse = torch.randn(batch, 3, height // 4, width // 4, generator=g)
    wide = nn.functional.interpolate(coarse, scale_factor=4.0, mode="bilinear", align_corners=False)
    shared = torch.einsum("cd,bdhw->bchw", torch.randn(CHANNELS, 2, generator=g), wide[:, :2])
    loudness = torch.exp(0.7 * wide[:, 2:] + torch.linspace(3.2, 1.2, CHANNELS)[None, :, None, None])
    return loudness * (0.6 * rough + shared)


def fit(prior: nn.Module, steps: int) -> None:
    """A few steps on other latents: enough for bits that mean something."""
    optimiser = torch.optim.Adam(prior.parameters(), 1e-2)
    for step in range(steps):
        optimiser.zero_grad()
        prior(latents(4, 16, 16, seed=100 + step)).bits.mean().backward()
        torch.nn.utils.clip_grad_norm_(prior.parameters(), 1000.0)
        optimiser.step()


@pytest.fixture(params=PRIORS.names(), scope="module")
def prior(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(1)
    built = PRIORS.build(request.param, CHANNELS)
    for p in built.parameters():
        p.data += 0.01 * torch.randn_like(p)  # so that no path hides behind a zero
    fit(built, 30)
    return built.eval()


@pytest.fixture(scope="module")
def coded(prior: nn.Module) -> tuple[Tensor, coding.Coded, tuple[bytes, ...]]:
    y = latents()
    with torch.no_grad():
        return y, prior(y), prior.compress(y)


def test_round_trip_is_exact(prior: nn.Module, coded: tuple) -> None:
    y, out, chunks = coded
    assert all(isinstance(chunk, bytes) for chunk in chunks)
    y_hat = prior.decompress(chunks, *y.shape[2:])
    assert torch.equal(y_hat, out.y_hat)
    assert y_hat.shape == y.shape


@torch.no_grad()
@pytest.mark.parametrize("loudness", [0.0, 1000.0])
def test_round_trip_is_exact_far_from_training(prior: nn.Module, loudness: float) -> None:
    """Everything escapes, or nothing does."""
    y = loudness * latents(height=4, width=8, seed=7)
    assert torch.equal(prior.decompress(prior.compress(y), 4, 8), prior(y).y_hat)


def test_size_is_within_one_percent_of_the_bits(coded: tuple) -> None:
    _, out, chunks = coded
    bits = out.bits.item()
    size = 8 * sum(map(len, chunks))
    print(f"{size} bits in {len(chunks)} chunks, {bits:.0f} estimated: {100 * (size / bits - 1):+.2f} %")
    assert abs(size / bits - 1) < 0.01


def test_y_hat_is_near_y(coded: tuple) -> None:
    """Rounding moves a value by half a step, a latent residual prediction by half a step more."""
    y, out, _ = coded
    assert (out.y_hat - y).abs().max() <= 1.0 + 1e-3


def test_fitting_has_paid(prior: nn.Module, coded: tuple) -> None:
    y, out, _ = coded
    assert out.bits.item() / y.numel() < 7.5


@torch.no_grad()
def test_runs_alike_twice(prior: nn.Module, coded: tuple) -> None:
    y, out, chunks = coded
    again = prior(y)
    assert torch.equal(again.y_hat, out.y_hat) and torch.equal(again.bits, out.bits)
    assert prior.compress(y) == chunks


@torch.no_grad()
def test_batch_mates_do_not_matter(prior: nn.Module) -> None:
    a, b = latents(seed=4, height=8, width=12), 3 * latents(seed=5, height=8, width=12)
    alone, together = prior(a), prior(torch.cat([a, b]))
    torch.testing.assert_close(together.y_hat[:1], alone.y_hat, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(together.bits[:1], alone.bits, atol=0.5, rtol=1e-4)


@pytest.mark.parametrize("loudness", [0.0, 1.0, 1000.0])
def test_gradients_are_finite(prior: nn.Module, loudness: float) -> None:
    y = (loudness * latents(2, 8, 8, seed=6)).requires_grad_()
    prior.train()
    try:
        out = prior(y)
        (out.bits.sum() + (out.y_hat - y.detach() - 1).square().sum()).backward()
        assert torch.isfinite(out.bits).all() and torch.isfinite(y.grad).all() and y.grad.abs().max() > 0
        for name, p in prior.named_parameters():
            assert p.grad is not None, f"{name} is never used"
            assert torch.isfinite(p.grad).all(), name
    finally:
        prior.zero_grad()
        prior.eval()


@torch.no_grad()
def test_training_counts_noise_and_rounds_the_rest(prior: nn.Module) -> None:
    y = latents(height=8, width=8)
    prior.train()
    try:
        first, second = prior(y), prior(y)
    finally:
        prior.eval()
    assert torch.equal(first.y_hat, second.y_hat), "what is rounded has no noise"
    assert not torch.equal(first.bits, second.bits)
    torch.testing.assert_close(first.bits, prior(y).bits, rtol=0.2, atol=0.0)


class Replay:
    """A reader whose symbols are given; it notes what each step was coded with."""

    def __init__(self, symbols: list[Tensor] | None, size: tuple[int, int, int]) -> None:
        self.given, self.size = symbols, size
        self.seen: list[tuple[Tensor, ...]] = []
        self.symbols: list[Tensor] = []

    def __call__(self, pick: coding.Pick, density: coding.Density) -> Tensor:
        step = len(self.seen)
        g = torch.Generator().manual_seed(step)
        self.seen.append(tuple(v for v in vars(density).values() if isinstance(v, Tensor)))
        random = torch.randint(-4, 5, density.shape, generator=g).float()
        self.symbols.append(random if self.given is None else self.given[step])
        return density.restore(self.symbols[-1])


@torch.no_grad()
def test_no_step_depends_on_a_later_symbol(prior: nn.Module) -> None:
    """Change the symbols of one step: what that step and all before it were coded with stays, bit for bit."""
    first = Replay(None, (1, 8, 8))
    prior.walk(first)
    assert sum(s.numel() for s in first.symbols) >= CHANNELS * 64
    for step in range(len(first.symbols)):
        symbols = [s.clone() for s in first.symbols]
        symbols[step] += 3
        second = Replay(symbols, (1, 8, 8))
        prior.walk(second)
        for before, after in list(zip(first.seen, second.seen, strict=True))[: step + 1]:
            assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
        if step + 1 < len(symbols):
            pairs = zip(first.seen[step + 1], second.seen[step + 1], strict=True)
            assert any(not torch.equal(a, b) for a, b in pairs), f"step {step + 1} ignores step {step}"


@torch.no_grad()
def test_every_latent_is_coded_once(prior: nn.Module) -> None:
    """Numbered latents: each number is picked by exactly one of the steps that code parts of y itself."""
    numbered = torch.arange(CHANNELS * 64.0).view(1, CHANNELS, 8, 8)
    found: list[Tensor] = []

    class Collect(Replay):
        def __call__(self, pick: coding.Pick, density: coding.Density) -> Tensor:
            part = pick(numbered)
            assert part.shape == density.shape
            if not isinstance(pick, nn.Module):
                found.append(part.flatten())
            return super().__call__(pick, density)

    prior.walk(Collect(None, (1, 8, 8)))
    assert torch.equal(torch.cat(found).sort().values, numbered.flatten())


def test_bad_input_is_one_line(prior: nn.Module) -> None:
    y = latents(height=8, width=8)
    chunks = prior.compress(y)
    with pytest.raises(ValueError, match="multiples of 4"):
        prior(y[:, :, :6])
    with pytest.raises(ValueError, match="give .B, 8, h, w"):
        prior(y[:, :4])
    with pytest.raises(ValueError, match="one y at a time"):
        prior.compress(torch.cat([y, y]))
    with pytest.raises(ValueError, match="not finite"):
        prior.compress(torch.full_like(y, torch.nan))
    with pytest.raises(ValueError, match="too few"):
        prior.decompress(chunks[:-1], *y.shape[2:])
    with pytest.raises(ValueError, match="one picture's"):
        prior.decompress((*chunks, b""), *y.shape[2:])
    with pytest.raises(MezzotintError):
        prior.decompress((*chunks[:-1], chunks[-1] + b"word"), *y.shape[2:])
    with pytest.raises(ValueError, match="call eval"):
        prior.train().compress(y)
    prior.eval()


@pytest.mark.parametrize("entry", PRIORS.entries(), ids=lambda entry: entry.name)
def test_says_where_it_comes_from(entry) -> None:
    source = entry.source
    assert source.id and source.family and len(source.title) > 8 and 1950 < source.year < 2030
    assert entry.name in (entry.build.__doc__ or ""), "the docstring shows the spec"


def test_a_wrong_option_is_one_line() -> None:
    with pytest.raises(ValueError, match="cannot be built"):
        PRIORS.build("hyperprior(widths=3)", CHANNELS)
