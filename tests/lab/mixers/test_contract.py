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
def test_a_tile_has_what_the_picture_has(mixer: nn.Module) -> None:
    """The tile rule: cut at a multiple of ``aligned``, cells farther than ``reach`` from the cut stay as they are."""
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


@pytest.mark.parametrize("entry", MIXERS.entries(), ids=lambda entry: entry.name)
def test_says_where_it_comes_from(entry) -> None:
    source = entry.source
    assert source.id and source.family and len(source.title) > 8 and 1950 < source.year < 2030
    doc = entry.build.__doc__ or ""
    assert entry.name in doc, "the docstring shows the spec"


def test_a_wrong_option_is_one_line() -> None:
    with pytest.raises(ValueError, match="cannot be built"):
        MIXERS.build("depthwise(kernels=3)", CHANNELS)
