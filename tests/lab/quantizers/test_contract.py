# SPDX-License-Identifier: Apache-2.0
"""What every quantizer must hold to: shapes, gradients, one decoder for its symbols, and use without side effects."""

from __future__ import annotations

import importlib
import math
import pkgutil

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import mezzotint.lab.quantizers as package
from mezzotint import entropy
from mezzotint.lab.priors import tables
from mezzotint.lab.quantizers import QUANTIZERS

for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{package.__name__}.{module.name}")

CHANNELS = 24
# Smaller codebooks than the defaults, so that a few cells fill them; a second spec where there are several symbols.
SPECS = {
    "fsq": ["fsq", "fsq((2,))", "fsq(levels=(3, 4, 16))"],
    "vq": ["vq(codes=16)", "vq(codes=8, groups=4)", "vq(codes=1)"],
    "vq_normalised": ["vq_normalised(codes=16, width=4)"],
    "residual_vq": ["residual_vq(codes=16)", "residual_vq(cells=(4, 3, 3), codes=8)"],
}


def latent(height: int = 9, width: int = 14, batch: int = 2, seed: int = 2, spread: float = 3.0) -> Tensor:
    return spread * torch.randn(batch, CHANNELS, height, width, generator=torch.Generator().manual_seed(seed))


def specs() -> list[str]:
    return [spec for name in QUANTIZERS.names() for spec in SPECS.get(name, [name])]


@pytest.fixture(params=specs())
def part(request: pytest.FixtureRequest) -> nn.Module:
    """After a few passes in training, parameters stirred, so that no path hides behind a fresh codebook or a zero."""
    torch.manual_seed(1)
    part = QUANTIZERS.build(request.param, CHANNELS).train()
    for p in part.parameters():
        p.data += 0.05 * torch.randn_like(p)
    for seed in range(3):
        part(latent(seed=10 + seed))
    return part


def state(part: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in part.state_dict().items()}


def assert_same_state(part: nn.Module, before: dict[str, Tensor]) -> None:
    for name, value in part.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 9), (16, 16), (17, 33)])
@pytest.mark.parametrize("training", [True, False])
def test_shapes_and_types(part: nn.Module, size: tuple[int, int], training: bool) -> None:
    out = part.train(training)(latent(*size))
    assert out.y_hat.shape == (2, CHANNELS, *size) and out.y_hat.dtype == torch.float32
    assert torch.isfinite(out.y_hat).all()
    assert out.loss.shape == () and torch.isfinite(out.loss) and out.loss >= 0
    if out.symbols is None:
        assert training, "in use there are always symbols"
        return
    assert out.symbols.shape == (2, part.planes, *size) and out.symbols.dtype == torch.int64
    if part.alphabet is not None:
        assert 0 <= out.symbols.min() and out.symbols.max() < part.alphabet


def test_gradients_are_finite_everywhere(part: nn.Module) -> None:
    y = latent().requires_grad_()
    out = part.train()(y)
    mix = torch.randn(y.shape, generator=torch.Generator().manual_seed(3))
    (grad,) = torch.autograd.grad((out.y_hat * mix).sum(), y, retain_graph=True)
    assert torch.isfinite(grad).all()
    assert (grad.flatten(2).abs().amax(2) > 0).all(), "every channel of every picture learns from y_hat alone"
    ((out.y_hat * mix).sum() + out.loss).backward()
    assert torch.isfinite(y.grad).all()
    for name, p in part.named_parameters():
        assert p.grad is not None and p.grad.abs().max() > 0, f"{name} is never used"
        assert torch.isfinite(p.grad).all(), name


@pytest.mark.parametrize("spec", specs())
@pytest.mark.parametrize("value", [0.0, 0.5, 1000.0])
def test_a_flat_latent_does_no_harm(spec: str, value: float) -> None:
    part = QUANTIZERS.build(spec, CHANNELS).train()
    for _ in range(2):
        y = torch.full((1, CHANNELS, 5, 6), value, requires_grad=True)
        out = part(y)
        (out.y_hat.sum() + out.loss).backward()
        assert torch.isfinite(y.grad).all() and torch.isfinite(out.y_hat).all()
    assert all(torch.isfinite(v).all() for v in part.state_dict().values())


@torch.no_grad()
def test_symbols_decode_to_y_hat(part: nn.Module) -> None:
    out = part.eval()(latent())
    assert torch.equal(part.dequantise(out.symbols), out.y_hat)
    assert len(out.symbols.unique()) > 1 or part.alphabet == 1


@torch.no_grad()
def test_use_is_deterministic_and_has_no_effects(part: nn.Module) -> None:
    part.eval()
    before, y = state(part), latent()
    first, second = part(y), part(y)
    assert torch.equal(first.y_hat, second.y_hat) and torch.equal(first.symbols, second.symbols)
    assert first.loss == 0
    assert_same_state(part, before)


@torch.no_grad()
def test_quantising_again_changes_nothing(part: nn.Module) -> None:
    if not part.idempotent:
        pytest.skip("projects, or adds scales: not bound to be idempotent")
    once = part.eval()(latent())
    again = part(once.y_hat)
    assert torch.equal(again.y_hat, once.y_hat) and torch.equal(again.symbols, once.symbols)


def test_rounding_and_one_codebook_are_idempotent() -> None:
    for spec in ("noise", "ste", "softround", "vq"):
        assert QUANTIZERS.build(spec, CHANNELS).idempotent, spec


@torch.no_grad()
def test_training_shows_what_will_be_decoded(part: nn.Module) -> None:
    """Where training gives symbols, its y_hat is theirs, up to float's rounding."""
    part.train()
    y = latent()
    before = state(part)
    out = part(y)
    if out.symbols is None:
        pytest.skip("adds noise in training")
    part.load_state_dict(before)
    torch.testing.assert_close(out.y_hat, part.dequantise(out.symbols), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_batch_mates_do_not_matter(part: nn.Module) -> None:
    part.eval()
    a, b = latent(batch=1, seed=4), 3 * latent(batch=1, seed=5)
    torch.testing.assert_close(part(torch.cat([a, b])).y_hat[:1], part(a).y_hat, atol=1e-6, rtol=0)


@torch.no_grad()
def test_state_is_all_in_the_state_dict(part: nn.Module, request: pytest.FixtureRequest) -> None:
    spec = request.node.callspec.params["part"]
    torch.manual_seed(7)
    other = QUANTIZERS.build(spec, CHANNELS)
    other.load_state_dict(part.state_dict())
    y = latent()
    assert torch.equal(other.eval()(y).y_hat, part.eval()(y).y_hat)
    outputs = []
    for copy in (part.train(), other.train()):  # a resumed run goes on as the first would have
        torch.manual_seed(8)
        outputs.append([copy(y).y_hat for _ in range(3)])
    assert all(torch.equal(a, b) for a, b in zip(*outputs, strict=True))


@torch.no_grad()
def test_stays_in_float32_under_autocast(part: nn.Module) -> None:
    part.eval()
    y = latent().bfloat16()  # what a network under autocast hands over
    plain = part(y.float())
    with torch.autocast("cpu", torch.bfloat16):
        mixed = part(y)
    assert mixed.y_hat.dtype == torch.float32 and torch.equal(mixed.symbols, plain.symbols)


@torch.no_grad()
def test_symbols_pass_the_coder(part: nn.Module) -> None:
    """Coded with the table of their own frequencies they cost their entropy, and come back."""
    values = part.eval()(latent(40, 40)).symbols.flatten().numpy().astype(np.int32)
    counts = np.bincount(values - values.min())
    frequencies = tables.quantise(counts + 1e-9)
    table = entropy.TableSet.from_arrays(
        frequencies, np.array([len(counts)], np.int32), np.array([values.min()], np.int32), escape=False
    )
    number = np.zeros(len(values), np.uint8)
    data = entropy.encode(values, number, table)
    assert np.array_equal(entropy.decode(data, number, table), values)
    share = counts[counts > 0] / len(values)
    bits = -len(values) * (share * np.log2(share)).sum()
    assert 8 * len(data) <= 1.01 * bits + 64  # the coder's last words


@torch.no_grad()
def test_works_before_any_training() -> None:
    for spec in specs():
        out = QUANTIZERS.build(spec, CHANNELS).eval()(latent())
        assert torch.isfinite(out.y_hat).all(), spec


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 3e10])
@torch.no_grad()
def test_what_cannot_be_coded_is_refused(part: nn.Module, bad: float) -> None:
    y = latent()
    y[1, 3, 2, 5] = bad
    with pytest.raises(ValueError, match="go back to a good checkpoint"):
        part.eval()(y)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@torch.no_grad()
def test_a_bad_batch_leaves_no_damage(part: nn.Module, bad: float) -> None:
    """The trainer skips a step that is not finite; what a forward pass learns must be skipped as well."""
    y = latent()
    y[1, 3, 2, 5] = bad
    part.train()(y)
    assert all(torch.isfinite(v).all() for v in part.state_dict().values())
    assert torch.isfinite(part.eval()(latent()).y_hat).all()


@pytest.mark.parametrize("shape", [(1, CHANNELS + 1, 4, 4), (2, CHANNELS, 4)])
def test_a_wrong_shape_is_one_line(part: nn.Module, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"a quantizer of {CHANNELS} channels got .*: give it"):
        part(torch.zeros(shape))
