# SPDX-License-Identifier: Apache-2.0
"""The proxy is held to Pillow: its tables, what it decodes to, and its bits; and its gradient to what rounding does."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mezzotint.lab.data.linear import linear_picture
from mezzotint.lab.layers import jpeg_proxy

EXAMPLES = Path(__file__).parents[3] / "examples"


def pixels(name: str) -> np.ndarray:
    with Image.open(EXAMPLES / name) as image:
        return np.asarray(image.convert("RGB"))[64:256, 64:256].copy()


def by_pillow(picture: np.ndarray, quality: int) -> tuple[np.ndarray, bytes]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling="4:4:4", optimize=True)
    with Image.open(file) as image:
        return np.asarray(image), file.getvalue()


def as_batch(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float()


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 51, 75, 95, 100])
def test_tables_are_pillows(quality: int) -> None:
    with Image.open(io.BytesIO(by_pillow(pixels("coffee.png"), quality)[1])) as image:
        luma, chroma = (np.array(image.quantization[k]).reshape(8, 8) for k in (0, 1))
    found = jpeg_proxy.tables(torch.tensor([float(quality)]))[0].numpy()
    assert np.array_equal(found, np.stack((luma, chroma, chroma)))


@pytest.mark.parametrize("quality", [20, 50, 90])
def test_decodes_to_what_pillow_decodes_to(quality: int) -> None:
    picture = pixels("chelsea.png")
    found = jpeg_proxy.jpeg(as_batch(picture), torch.tensor([float(quality)])).pixels
    wanted, _ = by_pillow(picture, quality)
    error = found[0].permute(1, 2, 0).numpy().clip(0, 255) - wanted
    assert np.abs(error).mean() < 1  # roundings between its steps


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "rocket.png"])
@pytest.mark.parametrize("quality", [20, 50, 80, 95])
def test_bits_are_nearly_pillows(name: str, quality: int) -> None:
    for picture in (pixels(name), (linear_picture(pixels(name)) // 257).astype(np.uint8)):
        bits = float(jpeg_proxy.jpeg(as_batch(picture), torch.tensor([float(quality)])).bits)
        assert bits == pytest.approx(
            8 * (len(by_pillow(picture, quality)[1]) - 330), rel=0.2
        )  # without headers


def test_a_step_scales_the_tables() -> None:
    x, quality = as_batch(pixels("coffee.png")), torch.tensor([50.0])
    double = torch.tensor([25.0])  # whose tables are twice those of 50, but for rounding
    coarse, wanted = jpeg_proxy.jpeg(x, quality, 2.0), jpeg_proxy.jpeg(x, double)
    assert float(coarse.bits) == pytest.approx(float(wanted.bits), rel=0.01)


@pytest.mark.parametrize("spread", [0.15, 0.3, 0.8, 2.0])
def test_the_gradient_of_rounding_is_the_slope_of_the_error(spread: float) -> None:
    """Of the error that comes back when Laplace coefficients are made g times larger before, smaller behind."""
    torch.manual_seed(0)
    uniform = torch.rand(400_000, dtype=torch.float64) - 0.5
    c = -spread * uniform.sign() * torch.log1p(-2 * uniform.abs())

    def error(g: torch.Tensor | float) -> torch.Tensor:
        return ((torch.round(c * g) / g - c) ** 2).mean()

    g = torch.ones((), dtype=torch.float64, requires_grad=True)
    (((jpeg_proxy.rounded(c * g) / g) - c) ** 2).mean().backward()
    slope = (error(1.03) - error(1 / 1.03)) / (2 * np.log(1.03))
    assert float(g.grad) == pytest.approx(float(slope), abs=0.007)
    assert float(g.grad) < 0


def test_blocks_and_colours_come_back() -> None:
    x = torch.rand(2, 3, 16, 24, dtype=torch.float64)
    torch.testing.assert_close(jpeg_proxy.unblocked(jpeg_proxy.blocks(x)), x, atol=1e-14, rtol=0)
    there = jpeg_proxy.turned(x, jpeg_proxy.TO_YCBCR)
    torch.testing.assert_close(jpeg_proxy.turned(there, jpeg_proxy.FROM_YCBCR), x, atol=1e-14, rtol=0)
    assert float(jpeg_proxy.blocks(torch.ones(1, 3, 8, 8))[0, 0, 0, 0, 0, 0]) == pytest.approx(8)
