# SPDX-License-Identifier: Apache-2.0
"""The preview: what it shares with the decoder is the same to the last digits, and what is fitted makes it better."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

from mezzotint import bundle as bundles
from mezzotint.bundle import Bundle
from mezzotint.lab import cli, recipes
from mezzotint.lab.data import photos
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.export import graphs, preview, preview_examples
from mezzotint.lab.export.bundle import to_bundle
from mezzotint.lab.export.preview_examples import Examples
from mezzotint.lab.layers.phases import split_phases
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.preview import FirstGroup, Preview
from mezzotint.lab.train import checkpoint
from mezzotint.lab.train.recipe import Recipe, Schedule
from mezzotint.runtime.latents import Model

SIDE = 128  # pixels of a tile


def stirred(tiny: Codec, **change: object) -> Codec:
    """The tiny model, or one with another part, whose weights are stirred."""
    start = tiny.state_dict()
    model = Codec(
        replace(tiny.config, **change), start["analysis.shortcut.weight"], start["analysis.spread"].flatten()
    )
    model.load_state_dict(start, strict=False)
    for part in (model.element, model.scale_context):
        for p in part.parameters() if part is not None else ():
            torch.nn.init.normal_(p, std=0.3)
    return model


@pytest.fixture
def frozen(tiny: Codec) -> Codec:
    return graphs.freeze(stirred(tiny, element_step=True, scale_context=5))


@pytest.fixture
def made(frozen: Codec) -> Bundle:
    return to_bundle(frozen, "tiny", "for tests")


@pytest.fixture
def pictures(photo_folder: Path) -> list[Tensor]:
    return [picture for _, picture in photos.load(photo_folder, progress=False)]


@pytest.fixture
def tiles(made: Bundle, pictures: list[Tensor]) -> Examples:
    return preview_examples.examples(Model(made, 1), Crops(pictures, SIDE, 4, seed=2), 4)


@torch.no_grad()
@pytest.mark.parametrize(
    "change", [{}, {"element_step": True}], ids=lambda change: "".join(change) or "plain"
)
def test_the_first_group_is_found_as_in_the_whole(tiny: Codec, change: dict[str, object]) -> None:
    """Whatever the other groups hold."""
    frozen = graphs.freeze(stirred(tiny, **change))
    channels, quality = frozen.config.groups[0], torch.tensor([300.0, 3900.0])
    symbols, z_hat = 3 * torch.randn(2, frozen.config.channels, 8, 12), torch.randn(2, 4, 2, 3)
    phases, features = split_phases(symbols), frozen.hyper_synthesis(z_hat, quality)
    steps = frozen.steps(features, quality)
    whole = frozen.context(features, lambda k, mean: mean + phases[k] * steps[k])[:, :channels]
    found, same = FirstGroup(frozen)(symbols[:, :channels], z_hat, quality)
    torch.testing.assert_close(same, features)
    torch.testing.assert_close(found, whole, rtol=1e-5, atol=1e-5)
    assert found.std() > 0.1


@torch.no_grad()
def test_the_first_group_is_found_as_by_the_runtime(frozen: Codec, tiles: Examples) -> None:
    found, _ = FirstGroup(frozen)(tiles.symbols, tiles.z_hat, tiles.quality)
    torch.testing.assert_close(found, tiles.y_hat, rtol=1e-4, atol=1e-4)
    assert found.std() > 0.1


@torch.no_grad()
def test_the_graph_is_what_torch_computes(frozen: Codec, made: Bundle, tiles: Examples) -> None:
    """A head of random weights; pixels in their places, clipped and rounded."""
    torch.manual_seed(3)
    model = Preview(frozen)
    torch.nn.init.normal_(model.head.down.weight, std=1.0)
    for p in model.head.parameters():
        p.data = p.data.half().float()
    runtime = Model(bundles.with_preview(made, preview.graph(model)), 1)
    for n in range(3):
        symbols, z_hat = tiles.symbols[n : n + 1], tiles.z_hat[n : n + 1]
        cells = model(symbols, z_hat, tiles.quality[n : n + 1])[0]
        shape = (2 * cells.shape[1], 2 * cells.shape[2], 3)
        pixels = runtime.run(
            "preview", int(tiles.quality[n]), shape, symbols=symbols.numpy(), z_hat=z_hat.numpy()
        )[0]
        plain = np.zeros(shape, np.float32)  # one sample after the other
        for k in range(12):
            row, column, plane = k // 6, k // 3 % 2, k % 3
            plain[row::2, column::2, plane] = (cells[k] * 255 + 127.5).clamp(0, 255)
        assert np.abs(pixels - plain).max() <= 0.51
        assert pixels.std() > 5
        assert torch.equal(
            preview_examples.by_cell(plain).round(decimals=4), (cells.clamp(-0.5, 0.5)).round(decimals=4)
        )


def test_what_is_fitted_is_in_the_bundle_and_the_id_stays(
    frozen: Codec, made: Bundle, tiles: Examples, pictures: list[Tensor]
) -> None:
    found = preview.attach(made, frozen, tiles, 0)
    assert found.model_id == made.model_id
    assert {b for b in found.blobs if b.entry.name != "preview"} == set(made.blobs)
    psnr = preview.measure(Model(found, 1), [pictures[0][:, :SIDE, :SIDE]], (1000, 3500))
    assert list(psnr) == [1000, 3500]
    assert min(psnr.values()) > 15  # a flat colour has 12


def test_steps_lower_the_error_that_squares_leave(frozen: Codec, tiles: Examples) -> None:
    torch.manual_seed(0)
    model = Preview(frozen)
    errors = []
    for steps in (0, 60):
        preview.fit(model, tiles, steps)
        with torch.no_grad():
            found = model(tiles.symbols, tiles.z_hat, tiles.quality)
        errors.append(float((found - tiles.target).square().mean()))
    assert errors[1] < 0.98 * errors[0]
    assert all(torch.equal(p, p.half().float()) for p in model.head.parameters())


def test_the_squares_are_least(frozen: Codec, tiles: Examples) -> None:
    """No step in any direction lowers the weighed error of the linear half."""
    model = Preview(frozen)
    y = preview._inputs(model, tiles)[0]
    band = torch.zeros(len(y), dtype=torch.long)
    left = preview._squares(model.head.linear, y, tiles.target, band)
    error = (model.head.linear(y) - tiles.target).square().mean()
    assert error.item() == pytest.approx(left[0].item(), rel=1e-2)
    error.backward()
    scale = y.square().mean().sqrt() * tiles.target.square().mean().sqrt()
    assert model.head.linear.weight.grad.abs().max() < 1e-2 * scale
    assert left[1].item() == pytest.approx(left[0].item())  # a band without tiles counts as the mean


def test_fitting_is_reproducible_and_leaves_chance_alone(
    frozen: Codec, made: Bundle, tiles: Examples
) -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    one = preview.attach(made, frozen, tiles, 3)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(6)
    assert preview.attach(made, frozen, tiles, 3).preview == one.preview


def test_the_middle_is_of_whole_blocks() -> None:
    rows, columns = torch.arange(3 * 150 * 331).view(3, 150, 331)[0, :, 0], torch.arange(331)
    found = preview_examples.middle(torch.arange(3 * 150 * 331).view(3, 150, 331), 256)
    assert found.shape == (3, 128, 256)
    assert torch.equal(found[0], rows[11:139, None] + columns[37:293])


def test_weights_of_another_model_are_refused(frozen: Codec, made: Bundle, tiles: Examples) -> None:
    other = copy.deepcopy(frozen)
    other.step.log2.data += 0.2
    with pytest.raises(ValueError, match="not those of the bundle"):
        preview.attach(made, other, tiles, 0)


def test_the_verb(tiny: Codec, monkeypatch: pytest.MonkeyPatch, photo_folder: Path, tmp_path: Path) -> None:
    recipe = Recipe("tiny", Schedule(steps=8, batch=2, crop=64, warmup=2, held_out=1), tiny.config)
    monkeypatch.setattr(recipes, "names", lambda: [recipe.name])
    monkeypatch.setattr(recipes, "find", lambda name: recipe)
    checkpoint.save(tmp_path / "w.safetensors", checkpoint.with_prefix("ema", tiny.state_dict()), tiny.config)
    made = to_bundle(graphs.freeze(tiny), "tiny", "for tests")
    bundles.save(tmp_path / "tiny.mztm", made)
    words = ["--weights", "w.safetensors", "--bundle", "tiny.mztm", "--out", "tiny.mztm"]
    words[1::2] = [str(tmp_path / name) for name in words[1::2]]
    result = CliRunner().invoke(
        cli.main,
        ["preview", "tiny", *words, "--photos", str(photo_folder), "--tiles", "8", "--steps", "2", "--json"],
    )
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    again = bundles.load(tmp_path / "tiny.mztm")
    assert facts["model_id"] == made.model_id.hex() == again.model_id.hex()
    assert again.preview is not None and facts["preview_bytes"] == len(again.preview)
    assert list(facts["psnr"]) == ["10", "30", "50", "75", "90", "100"]
    assert min(facts["psnr"].values()) > 10
