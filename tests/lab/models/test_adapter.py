# SPDX-License-Identifier: Apache-2.0
"""The chain of maps: applied in order, undone in reverse, steered in bytes; its loss at the codec's exchange rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mezzotint.lab.layers.jpeg_proxy import jpeg
from mezzotint.lab.layers.remaps import chain
from mezzotint.lab.models.adapter import Adapter

EXAMPLES = Path(__file__).parents[3] / "examples"
QUALITY = torch.tensor([40.0, 90.0])


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    """Smooth pictures with noise, (2, 3, 64, 64) in 0..1."""
    torch.manual_seed(0)
    coarse = torch.rand(2, 3, 8, 8)
    smooth = torch.nn.functional.interpolate(coarse, (64, 64), mode="bicubic", align_corners=True)
    return (0.5 * smooth.clamp(0, 1) + 0.05 * torch.rand(2, 3, 64, 64)).clamp(0, 1)


@pytest.fixture
def adapter() -> Adapter:
    torch.manual_seed(0)
    found = Adapter(chain("curve(8) | gain(4) | spectrum()"))
    torch.nn.init.normal_(found.steer.weight, std=0.05)
    return found


def test_maps_are_applied_in_order_and_undone_in_reverse(adapter: Adapter, x: torch.Tensor) -> None:
    x = x.double()
    steer = adapter.steered(x, QUALITY).double()
    y, noted = adapter.apply(x, steer)
    curve, gain, spectrum = adapter.maps
    wanted, top = curve.apply(x, steer[:, :24])
    wanted, _ = gain.apply(wanted, steer[:, 24:40])
    wanted, room = spectrum.apply(wanted, steer[:, 40:])
    assert torch.equal(y, wanted) and torch.equal(noted, torch.cat((top, room), 1))
    assert (adapter.undo(y, steer, noted) - x).abs().max() < 1e-9


def test_steering_is_in_bytes_and_follows_picture_and_quality(adapter: Adapter, x: torch.Tensor) -> None:
    steer = adapter.steered(x, QUALITY)
    torch.testing.assert_close(steer, steer.round(), atol=1e-4, rtol=0)
    assert steer.shape == (2, 70) and steer.min() >= 0 and steer.max() <= 255
    assert not torch.equal(steer, adapter.steered(x.flip(0), QUALITY))
    assert not torch.equal(steer, adapter.steered(x, QUALITY.flip(0)))


def test_every_part_learns(adapter: Adapter, x: torch.Tensor) -> None:
    adapter.loss(x, QUALITY).backward()
    for name, p in adapter.named_parameters():
        assert p.grad is not None and p.grad.abs().sum() > 0, name
    assert (adapter.steer.weight.grad.abs().sum(1) > 0).float().mean() > 0.9


def test_without_maps_there_is_the_codec_alone(x: torch.Tensor) -> None:
    plain = Adapter(())
    assert plain.steered(x, QUALITY).shape == (2, 0) and not list(plain.parameters())
    pixels = (255 * x).round()
    coded = jpeg(pixels, QUALITY)
    error = (coded.pixels.round().clamp(0, 255) / 255 - x).square().mean((1, 2, 3))
    bits, log = plain._tried(x, pixels, x.new_empty(2, 0), x.new_empty(2, 0), QUALITY, 1.0)
    torch.testing.assert_close(bits, coded.bits / 4096)
    torch.testing.assert_close(log, torch.log2(error + 1e-12))


@pytest.mark.parametrize("quality", [30.0, 80.0])
def test_turning_the_quality_down_wins_next_to_nothing(quality: float) -> None:
    """A spectrum scaled all over is another quality: what it saves in bits it loses in error, at the loss's rate."""
    with Image.open(EXAMPLES / "chelsea.png") as image:
        pixels = np.asarray(image.convert("RGB"))[64:256, 64:256]
    x = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    adapter, q = Adapter(chain("spectrum()")), torch.tensor([quality])
    adapter.start.sub_(10).requires_grad_()  # as it began, less a little, so that there is room
    (whole,) = torch.autograd.grad(adapter.loss(x, q), adapter.start)
    steer = adapter.steered(x, q)
    y, noted = adapter.apply(x, steer)
    bits, _ = adapter._tried(x, 255 * y, steer, noted, q, 1.0)
    (alone,) = torch.autograd.grad(bits.log().sum(), adapter.start)
    assert alone.sum() > 0 and abs(whole.sum()) < 0.2 * alone.sum()
