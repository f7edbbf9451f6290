# SPDX-License-Identifier: Apache-2.0
"""What every mixer must hold to: shapes, gradients, independence of the batch, determinism, export, and its reach."""

from __future__ import annotations

import importlib
import io
import pkgutil
import warnings

import numpy as np
import onnxruntime as ort
import pytest
import torch
from torch import nn

import mezzotint.lab.mixers as package
from mezzotint.lab.mixers import MIXERS

for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{package.__name__}.{module.name}")

CHANNELS = 32
# One number added to all scores of a query, or to all keys of a mean, cancels. The published models have these too.
CANCELS = {
    "crossformer": {"near.bias.last.bias", "far.bias.last.bias"},
    "diffusion_rwkv": {"projections.1.bias"},
    "robustformer": {"key.bias"},
    "s2aformer": {"key.bias"},
}


def build(name: str) -> nn.Module:
    """The mixer with its default options; every parameter is stirred, so that no path hides behind a zero."""
    torch.manual_seed(1)
    mixer = MIXERS.build(name, CHANNELS).eval()
    for p in mixer.parameters():
        p.data += 0.05 * torch.randn_like(p)
    return mixer


@pytest.fixture(params=MIXERS.names())
def mixer(request: pytest.FixtureRequest) -> nn.Module:
    return build(request.param)


def picture(height: int, width: int, batch: int = 1, seed: int = 2) -> torch.Tensor:
    return torch.randn(batch, CHANNELS, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 9), (16, 16), (33, 17)])
@torch.no_grad()
def test_keeps_the_shape_at_any_size(mixer: nn.Module, size: tuple[int, int]) -> None:
    out = mixer(picture(*size, batch=2))
    assert out.shape == (2, CHANNELS, *size)
    assert out.dtype == torch.float32
    assert torch.isfinite(out).all()


def test_gradients_are_finite_everywhere(mixer: nn.Module) -> None:
    x = picture(13, 18, batch=2).requires_grad_()
    out = mixer.train()(x)
    (out * torch.randn(out.shape, generator=torch.Generator().manual_seed(3))).sum().backward()
    assert torch.isfinite(x.grad).all() and x.grad.abs().max() > 0
    for name, p in mixer.named_parameters():
        assert p.grad is not None, f"{name} is never used"
        assert torch.isfinite(p.grad).all(), name


@pytest.mark.parametrize("name", MIXERS.names())
def test_every_parameter_learns(name: str) -> None:
    """A parameter that cannot move the output is a path that was cut, or one too many."""
    mixer, x = build(name).train(), picture(21, 26)
    x.requires_grad_()
    (mixer(x) * picture(21, 26, seed=3)).sum().backward()
    slopes = {n: float(p.grad.abs().max()) for n, p in mixer.named_parameters()}
    still = {n for n, slope in slopes.items() if slope < 1e-5 * max(slopes.values())}  # none in FNet
    assert still == CANCELS.get(name, set())


def test_gradients_are_finite_on_a_flat_picture(mixer: nn.Module) -> None:
    """Norms and roots are the usual traps."""
    x = torch.zeros(1, CHANNELS, 8, 8, requires_grad=True)
    mixer.train()(x).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in mixer.parameters())


@torch.no_grad()
def test_batch_mates_do_not_matter(mixer: nn.Module) -> None:
    a, b = picture(11, 14, seed=4), 3 * picture(11, 14, seed=5)
    # Rounding may differ with the size of a product, and an inverse makes more of it; a shared statistic is far larger.
    torch.testing.assert_close(mixer(torch.cat([a, b]))[:1], mixer(a), atol=2e-4, rtol=1e-3)


@torch.no_grad()
def test_runs_alike_twice(mixer: nn.Module) -> None:
    x = picture(12, 10)
    assert torch.equal(mixer(x), mixer(x))


@torch.no_grad()
def test_keeps_its_meaning_in_bf16(mixer: nn.Module) -> None:
    """Training runs networks in bf16; what cannot stand that has to say so by `in_float32`."""
    for x in (picture(13, 10), torch.zeros(1, CHANNELS, 8, 8)):
        with torch.autocast("cpu", torch.bfloat16):
            found = mixer(x).float()
        expected = mixer(x)
        assert (found - expected).norm() <= 0.02 * expected.norm() + 1e-3
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.isfinite(mixer(100 * x + 100)).all()


@torch.no_grad()
def test_exports_to_onnx(mixer: nn.Module) -> None:
    x, buffer = picture(13, 10), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the TorchScript exporter warns of its own age and of every traced shape
        torch.onnx.export(
            mixer, (x,), buffer, input_names=["x"], output_names=["y"], opset_version=17, dynamo=False
        )
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(buffer.getvalue(), options, providers=["CPUExecutionProvider"])
    found = session.run(None, {"x": x.numpy()})[0]
    np.testing.assert_allclose(found, mixer(x).numpy(), atol=2e-4, rtol=2e-3)


@torch.no_grad()
def test_sees_as_far_as_it_says(mixer: nn.Module) -> None:
    """A changed cell moves outputs within ``reach`` only; where there is no reach, it moves distant ones."""
    size, place = 41, 20
    x = picture(size, size)
    changed = x.clone()
    changed[:, :, place, place] += 1 + picture(1, 1, seed=6)[:, :, 0, 0]
    moved = (mixer(changed) - mixer(x)).abs().amax((0, 1)) > 1e-5  # (H, W)
    distance = (torch.arange(size) - place).abs()
    distance = torch.maximum(distance[:, None], distance[None])
    assert moved.any()
    farthest = int(distance[moved].max())
    if mixer.reach is None:
        assert farthest == 20, "it sees no farther than its own surroundings: state its reach"
    else:
        assert farthest <= mixer.reach


@torch.no_grad()
def test_its_reach_is_exact(mixer: nn.Module) -> None:
    """Wherever the changed cell lies in its windows, no output moves beyond the reach, but one does move that far off.

    Each picture of the batch has its own changed cell, and its row and column are at different places.
    """
    if mixer.reach is None:
        pytest.skip("sees the whole picture")
    reach, aligned = mixer.reach, mixer.aligned
    size = 2 * (reach + aligned) + 3
    first = -(-reach // aligned) * aligned
    rows = torch.tensor([reach, *range(first, first + aligned)])
    columns = first + (rows * 3 + 1) % aligned
    x, n = picture(size, size), torch.arange(len(rows))
    changed = x.repeat(len(rows), 1, 1, 1)
    changed[n, :, rows, columns] += 1 + picture(1, 1, seed=6)[0, :, 0, 0]
    moved = (mixer(changed) - mixer(x)).abs().amax(1) > 1e-5  # (N, H, W)
    place = torch.arange(size)
    down, across = (place - rows[:, None]).abs(), (place - columns[:, None]).abs()
    distance = torch.maximum(down[:, :, None], across[:, None])
    assert int(distance[moved].max()) == reach


@torch.no_grad()
def test_a_tile_has_what_the_picture_has(mixer: nn.Module) -> None:
    """The tile rule: cut at multiples of ``aligned``, cells farther than ``reach`` from the cut stay as they are."""
    if mixer.reach is None:
        pytest.skip("sees the whole picture, so it cannot be tiled")
    cut = -(-max(8, mixer.reach) // mixer.aligned) * mixer.aligned
    size = cut + 2 * mixer.reach + mixer.aligned + 8
    x = picture(size, size)
    whole, tile = mixer(x), mixer(x[:, :, cut:, cut:].contiguous())
    inner = slice(mixer.reach, None)
    torch.testing.assert_close(
        tile[:, :, inner, inner], whole[:, :, cut:, cut:][:, :, inner, inner], atol=2e-5, rtol=1e-4
    )
    end = cut + (2 * mixer.reach + mixer.aligned) // mixer.aligned * mixer.aligned
    tile, inner = mixer(x[:, :, cut:end, cut:end].contiguous()), slice(mixer.reach, end - cut - mixer.reach)
    torch.testing.assert_close(
        tile[:, :, inner, inner], whole[:, :, cut:end, cut:end][:, :, inner, inner], atol=2e-5, rtol=1e-4
    )


@torch.no_grad()
def test_windows_begin_at_no_smaller_multiples(mixer: nn.Module) -> None:
    """``aligned`` is the least period: where a tile begins at a fraction of it, cells far from the cut change, too."""
    if mixer.reach is None:
        pytest.skip("sees the whole picture, so it cannot be tiled")
    reach, aligned = mixer.reach, mixer.aligned
    for prime in (p for p in range(2, aligned + 1) if aligned % p == 0 and all(p % q for q in range(2, p))):
        cut = -(-max(8, reach) // aligned) * aligned + aligned // prime
        x = picture(cut + reach + aligned, cut + reach + aligned)
        whole, tile = mixer(x)[:, :, cut:, cut:], mixer(x[:, :, cut:, cut:].contiguous())
        assert (tile - whole)[:, :, reach:, reach:].abs().max() > 1e-4


@pytest.mark.parametrize("entry", MIXERS.entries(), ids=lambda entry: entry.name)
def test_says_where_it_comes_from(entry) -> None:
    source = entry.source
    assert source.id and source.family and len(source.title) > 8 and 1950 < source.year < 2030
    doc = entry.build.__doc__ or ""
    assert entry.name in doc, "the docstring shows the spec"


def test_a_wrong_option_is_one_line() -> None:
    with pytest.raises(ValueError, match="cannot be built"):
        MIXERS.build("depthwise(kernels=3)", CHANNELS)
