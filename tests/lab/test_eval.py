# SPDX-License-Identifier: Apache-2.0
"""Rate and distortion of a checkpoint: whole photos of any size, every bit of them, by their own pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from mezzotint import decode, encode
from mezzotint.evaluate.metrics.psnr import psnr
from mezzotint.lab import cli, recipes
from mezzotint.lab.export import graphs
from mezzotint.lab.export.bundle import to_bundle
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.train import checkpoint
from mezzotint.lab.train.curve import QUALITIES, curve
from mezzotint.lab.train.recipe import Recipe, Schedule
from mezzotint.runtime import latents

HEADER = 64  # bytes that a file of one tile spends at most outside its payload


def smooth(height: int, width: int, seed: int) -> torch.Tensor:
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 9, width // 9, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


@torch.no_grad()
def by_hand(model: Codec, photo: torch.Tensor, quality: float) -> tuple[float, float, float]:
    """(y_bpp, z_bpp, psnr), the long way."""
    _, height, width = photo.shape
    padded = np.pad(photo.numpy(), [(0, 0), (0, -height % 64), (0, -width % 64)], mode="edge")
    x = torch.from_numpy(padded.astype(np.float32) / 255 - 0.5)[None]
    out = model.eval()(x, torch.tensor([round(quality / 100 * 4095)]))
    found = ((out.x_hat[0, :, :height, :width].double() + 0.5) * 255).round().clamp(0, 255)
    error = (found - photo.double()).square().mean()
    bits = [b.item() / (height * width) for b in (out.y_bits, out.z_bits)]
    return bits[0], bits[1], (10 * torch.log10(255**2 / error)).item()


def test_means_over_whole_photos_of_several_sizes(tiny: Codec) -> None:
    photos = [smooth(100, 130, 1), smooth(64, 128, 2), smooth(20, 30, 3)]
    qualities = (0.0, 37.0, 100.0)
    seen = []
    points = curve(tiny, photos, "cpu", qualities, done=lambda: seen.append(1))
    assert len(seen) == len(photos) * len(qualities)
    for point, quality in zip(points, qualities, strict=True):
        wanted = np.mean([by_hand(tiny, photo, quality) for photo in photos], 0)
        assert (point.quality, point.photos) == (quality, 3)
        assert (point.y_bpp, point.z_bpp) == pytest.approx(tuple(wanted[:2]), rel=1e-4)
        assert point.psnr == pytest.approx(wanted[2], abs=0.01)
        assert point.bpp == pytest.approx(point.y_bpp + point.z_bpp)
    assert points[0].bpp < points[1].bpp < points[2].bpp


@pytest.mark.usefixtures("unguarded")
def test_the_codec_makes_what_is_estimated_but_for_its_rounding(
    tiny: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With plain rounding in the encoder, files have these bits and a header, and decode to these pixels."""
    plain = latents.prices
    monkeypatch.setattr(
        latents, "prices", lambda tables: np.where((p := plain(tables)) < latents.NEVER, 0, p)
    )
    frozen = graphs.freeze(tiny)
    bundle = to_bundle(frozen, "tiny", "for tests")
    photo = smooth(150, 200, 4)
    pixels = np.ascontiguousarray(photo.permute(1, 2, 0).numpy())
    for point in curve(frozen, [photo], "cpu", (20.0, 80.0)):
        data = encode(pixels, quality=point.quality, model=bundle, threads=1)
        estimated = point.bpp * photo[0].numel() / 8
        assert -0.01 * estimated < len(data) - estimated < 0.02 * estimated + HEADER
        assert point.psnr == pytest.approx(psnr(pixels, decode(data, model=bundle, threads=1)), abs=0.02)


def test_a_model_that_gives_no_numbers_is_an_error(tiny: Codec) -> None:
    with torch.no_grad():
        tiny.synthesis.stem.weight[:] = float("nan")
    with pytest.raises(ValueError, match="not finite: take an earlier checkpoint"):
        curve(tiny, [smooth(64, 64, 5)], "cpu", (50.0,))


def test_the_command_measures_the_averaged_weights(
    tiny: Codec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipes, "names", lambda: ["tiny"])
    monkeypatch.setattr(recipes, "find", lambda name: Recipe("tiny", Schedule(steps=1), tiny.config))
    average = {k: v.clone() for k, v in tiny.state_dict().items()}
    other = {k: v + 0.1 if v.is_floating_point() else v for k, v in average.items()}
    both = checkpoint.with_prefix("ema", average) | checkpoint.with_prefix("model", other)
    checkpoint.save(tmp_path / "weights", both, tiny.config, step=1, recipe="tiny")
    photo = smooth(70, 90, 6)
    (tmp_path / "photos").mkdir()
    Image.fromarray(photo.permute(1, 2, 0).numpy()).save(tmp_path / "photos" / "a.png")
    words = ["eval", "tiny", "--weights", str(tmp_path / "weights"), "--photos", str(tmp_path / "photos")]
    found = CliRunner().invoke(cli.main, [*words, "--json", "--device", "cpu"])
    assert found.exit_code == 0, found.output
    rows = json.loads(found.stdout)
    assert [row["quality"] for row in rows] == list(QUALITIES)
    assert list(rows[0]) == ["quality", "bpp", "y_bpp", "z_bpp", "psnr", "photos"]
    wanted = by_hand(tiny, photo, 50)
    row = rows[QUALITIES.index(50)]
    assert (row["y_bpp"], row["z_bpp"], row["psnr"]) == pytest.approx(wanted, rel=1e-3)
    text = CliRunner().invoke(cli.main, words).stdout.splitlines()
    assert text[0].split() == ["quality", "bpp", "y", "bpp", "z", "bpp", "PSNR", "dB"]
    for row, line in zip(rows, text[1:], strict=True):
        shown = [row[k] for k in ("quality", "bpp", "y_bpp", "z_bpp", "psnr")]
        assert [float(word) for word in line.split()] == pytest.approx(shown, abs=6e-4)
