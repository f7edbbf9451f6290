# SPDX-License-Identifier: Apache-2.0
"""Training runs, resumes exactly, and refuses what it cannot use with one line."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from mezzotint.lab.data import photos
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.codec import Codec, CodecConfig
from mezzotint.lab.train import checkpoint, loop, optim
from mezzotint.lab.train.log import Log
from mezzotint.lab.train.recipe import Late, Recipe, Schedule
from mezzotint.lab.train.update import Step


@pytest.fixture
def recipe(tiny_config: CodecConfig) -> Recipe:
    return Recipe(
        "tiny", Schedule(steps=8, batch=2, crop=64, warmup=2, held_out=1, muon_lr=0.01), tiny_config
    )


def run(recipe: Recipe, out: Path, folder: Path, **part: float) -> dict[str, torch.Tensor]:
    loop.train(recipe, folder, out, "cpu", loop.Slice(**part))
    return load_file(out / loop.FULL)


def test_resumed_run_equals_the_unbroken_one(tmp_path: Path, photo_folder: Path, recipe: Recipe) -> None:
    whole = run(recipe, tmp_path / "whole", photo_folder)
    out, slices = tmp_path / "sliced", 0
    while slices < 20:
        sliced = run(recipe, out, photo_folder, minutes=0)  # one step, then a checkpoint
        slices += 1
        if checkpoint.load(out / loop.FULL, recipe.config)[1]["step"] == recipe.schedule.steps:
            break
    assert slices == recipe.schedule.steps
    assert whole.keys() == sliced.keys()
    assert [k for k in whole if not torch.equal(whole[k], sliced[k])] == []


def test_crops_grow_when_the_rate_decays(
    tmp_path: Path, photo_folder: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = replace(recipe.schedule, late=Late(crop=128, batch=1))  # 8 steps, of which 3.2 decay
    seen, update = [], loop.update
    monkeypatch.setattr(
        loop, "update", lambda m, o, x, *rest: (seen.append(tuple(x.shape)), update(m, o, x, *rest))[1]
    )
    run(replace(recipe, schedule=schedule), tmp_path / "out", photo_folder)
    assert seen == [(2, 3, 64, 64)] * 5 + [(1, 3, 128, 128)] * 3


def test_loss_falls_on_one_crop(tmp_path: Path, photo_folder: Path, tiny: Codec) -> None:
    pictures = [p for _, p in photos.load(photo_folder)]
    before = loop.validate(tiny, pictures, 128)
    schedule = Schedule(steps=60, batch=2, crop=64, warmup=5, held_out=1)
    checkpoint.save(tmp_path / "start", checkpoint.with_prefix("ema", tiny.state_dict()), tiny.config)
    loop.train(
        Recipe("t", schedule, tiny.config),
        photo_folder,
        tmp_path / "out",
        "cpu",
        loop.Slice(),
        tmp_path / "start",
    )
    after = loop.validate(checkpoint.load_model(tmp_path / "out" / loop.SMALL, tiny.config), pictures, 128)
    assert after < 0.9 * before


def test_checkpoint_of_another_model_is_refused(tmp_path: Path, tiny: Codec) -> None:
    checkpoint.save(tmp_path / "c", tiny.state_dict(), tiny.config)
    with pytest.raises(ValueError, match="another model"):
        checkpoint.load(tmp_path / "c", loop.replace(tiny.config, anchors=4))


def test_damaged_checkpoint_is_refused(tmp_path: Path, tiny_config: CodecConfig) -> None:
    (tmp_path / "c").write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match="delete it or give another"):
        checkpoint.load(tmp_path / "c", tiny_config)


def test_optimisers_of_other_shapes_are_refused(tiny: Codec) -> None:
    optimisers = optim.build(tiny, 1e-3, None)
    with pytest.raises(ValueError, match="of other optimisers than the recipe's: start in another --out"):
        checkpoint.restore_optimisers(optimisers, {"0/0/exp_avg": torch.zeros(3), "0/0/step": torch.ones(())})


def test_a_resumed_log_has_every_row_once(tmp_path: Path) -> None:
    log = Log(tmp_path, 0)
    for step in (50, 100):
        log.saw(Step(True, step, 2.0, 3.0, 4.0, stop=False))
        log.saw(Step(True, step + 2, 2.0, 3.0, 4.0, stop=False))
        assert log.means() == (step + 1, 2.0, 3.0, 4.0)
        log.write(step, 9.0, 1.5 if step == 100 else None)
    assert log.path.read_text().splitlines()[1:] == [
        "50,9,51.00000,2.00000,3.00000,4.00000,",
        "100,9,101.00000,2.00000,3.00000,4.00000,1.50000",
    ]
    rows = log.path.read_text().splitlines()
    assert Log(tmp_path, 70).path.read_text().splitlines() == rows[:2]


def test_bad_photo_folders(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder"):
        photos.load(tmp_path / "missing")
    with pytest.raises(ValueError, match="no photo"):
        photos.load(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG but not really")
    with pytest.raises(
        ValueError, match=r"1 of 1 photos cannot be read: broken\.png .*: remove or replace them"
    ):
        photos.load(tmp_path)
    Image.new("RGB", (80, 63)).save(tmp_path / "broken.png")
    with pytest.raises(ValueError, match="could be used: give some of 64 pixels"):
        photos.load(tmp_path)


def test_crops_depend_on_the_step_alone(photo_folder: Path) -> None:
    pictures = [p for _, p in photos.load(photo_folder)]
    a, b = Crops(pictures, 64, 3), Crops(pictures, 64, 3)
    a.at(0)
    assert torch.equal(a.at(5), b.at(5)) and not torch.equal(a.at(5), a.at(6))
    assert a.at(5).shape == (3, 3, 64, 64) and a.at(5).abs().max() <= 0.5
    with pytest.raises(ValueError, match="no photo has 512"):
        Crops(pictures, 512, 1)


def test_photos_are_held_out_by_name(photo_folder: Path) -> None:
    pictures = photos.load(photo_folder)
    train, held = photos.split(pictures, 2)
    _again, held_again = photos.split(pictures[::-1], 2)
    assert len(train) == 4 and all(torch.equal(a, b) for a, b in zip(held, held_again, strict=True))


def test_orthogonalise_gives_near_unit_singular_values() -> None:
    torch.manual_seed(0)
    for shape in ((16, 48), (48, 16)):
        values = torch.linalg.svdvals(optim.orthogonalise(torch.randn(shape), 8))
        assert 0.5 < values.min() and values.max() < 1.5


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_photos_whose_names_are_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, side in ((b"\xff.png", 64), (b"\xfe\n.png", 64), (b"\x1b[2J.png", 8)):
        Image.new("RGB", (side, side)).save(tmp_path / os.fsdecode(name))
    found = photos.load(tmp_path)
    assert "left out \\x1b[2J.png: smaller than 64 pixels\n" in capsys.readouterr().err
    assert [len(part) for part in photos.split(found, 1)] == [1, 1]
    (tmp_path / os.fsdecode(b"\xff.png")).write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"1 of 3 photos cannot be read: \\xff\.png"):
        photos.load(tmp_path)


def test_photos_too_small_for_late_crops_are_refused(
    tmp_path: Path, photo_folder: Path, recipe: Recipe
) -> None:
    """Made pictures beside them once hid that: training went on with drawings alone."""
    schedule = replace(recipe.schedule, late=Late(crop=448, batch=1), made=4)
    with pytest.raises(ValueError, match="no photo has 448 pixels"):
        run(replace(recipe, schedule=schedule), tmp_path / "out", photo_folder)
