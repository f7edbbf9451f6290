# SPDX-License-Identifier: Apache-2.0
"""A line with a remedy for everything that `mzt-lab` is given wrong, and the last good checkpoint kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mezzotint.lab import cli, recipes
from mezzotint.lab.models.codec import Codec, CodecConfig
from mezzotint.lab.train import checkpoint, loop
from mezzotint.lab.train.recipe import Recipe, Schedule

Run = Callable[..., Result]


@pytest.fixture
def recipe(tiny_config: CodecConfig) -> Recipe:
    return Recipe("tiny", Schedule(steps=8, batch=2, crop=64, warmup=2, held_out=1), tiny_config)


def known(monkeypatch: pytest.MonkeyPatch, recipe: Recipe) -> None:
    monkeypatch.setattr(recipes, "names", lambda: ["first", recipe.name])
    monkeypatch.setattr(recipes, "find", lambda name: recipe)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, recipe: Recipe, photo_folder: Path, tmp_path: Path) -> Run:
    """`mzt-lab train tiny` into tmp_path/out, with further words; later ones win."""
    known(monkeypatch, recipe)
    usual = ["tiny", "--photos", str(photo_folder), "--out", str(tmp_path / "out"), "--device", "cpu"]

    def train(*words: str, name: str = "tiny") -> Result:
        return CliRunner().invoke(cli.main, ["train", name, *usual[1:], *words])

    return train


def refused(result: Result, status: int = 1) -> str:
    """The line that was said; nothing but progress bars stands before it."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    assert result.stdout == "" and "Traceback" not in result.stderr
    said = [line for line in result.stderr.splitlines() if "mzt-lab" in line]
    assert len(said) == 1 and said[0] == result.stderr.splitlines()[-1], result.stderr
    assert said[0].startswith("mzt-lab: ")
    return said[0]


# Recipes and their parts


def test_a_misspelt_recipe_names_the_nearest(run: Run) -> None:
    said = refused(run(name="frist"))
    assert said == "mzt-lab: unknown recipe 'frist'; known: first, tiny; did you mean 'first'?"
    assert "known: first, tiny" in refused(run(name="zzz"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mixer": "depthwize(3)"}, "unknown mixer 'depthwize'"),
        ({"mixer": "depthwise(kernl=3)"}, "unexpected keyword argument 'kernl'"),
        ({"mixer": "depthwise(x)"}, "write a name or name(literal"),
        ({"mixer": "swin(heads=5)"}, "recipe 'tiny': "),
        ({"coarse": -4}, "makes no model (Trying to create tensor with negative dimension"),
        ({"coarse": 1.5}, "mend its groups, widths or mixers"),
    ],
)
def test_a_recipe_that_makes_no_model_says_why(
    run: Run, recipe: Recipe, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], says: str
) -> None:
    analysis = replace(recipe.config.analysis, **change)
    known(monkeypatch, replace(recipe, config=replace(recipe.config, analysis=analysis)))
    monkeypatch.setattr(loop.photos, "load", None)  # refused before the photos are read
    said = refused(run())
    assert says in said and "recipe 'tiny'" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"groups": (8, 24, 8)}, "3 groups of y and 2 widths of its context: give one in context_hidden"),
        ({"groups": (8, 800)}, "give 1 to 768 in all"),
        ({"groups": (0, 24)}, "give 1 to 768 in all"),
    ],
)
def test_wrong_channel_counts_say_the_right_ones(
    run: Run, recipe: Recipe, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], says: str
) -> None:
    known(monkeypatch, replace(recipe, config=replace(recipe.config, **change)))
    assert says in refused(run())


def test_parts_beyond_the_usual_are_known_to_a_recipe(
    run: Run, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = replace(recipe.config.analysis, mixer="convnext()")
    known(monkeypatch, replace(recipe, config=replace(recipe.config, analysis=analysis)))
    result = run("--steps", "1")
    assert result.exit_code == 0, result.output


# Photos


def test_empty_and_missing_folders(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no photo in" in (said := refused(run("--photos", str(tmp_path / "empty")))) and "put AVIF" in said
    assert "give a folder of photos with --photos" in refused(run("--photos", str(tmp_path / "none")))


def test_corrupt_photos_are_named_all_at_once(run: Run, photo_folder: Path, tmp_path: Path) -> None:
    whole = (photo_folder / "0.png").read_bytes()
    for name, content in (("a.png", whole), ("b.png", whole[: len(whole) // 2]), ("c.jpg", b"no picture")):
        (tmp_path / name).write_bytes(content)
    said = refused(run("--photos", str(tmp_path)))
    assert "2 of 3 photos cannot be read: b.png (" in said and ", c.jpg (" in said and "a.png" not in said
    assert said.endswith("remove or replace them")


def test_many_corrupt_photos_are_counted(run: Run, tmp_path: Path) -> None:
    for i in range(9):
        (tmp_path / f"{i}.png").write_bytes(b"")
    said = refused(run("--photos", str(tmp_path)))
    assert "9 of 9 photos" in said and "4.png" in said and "5.png" not in said and "and 4 more" in said


def test_photos_too_small_for_a_crop(
    run: Run, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(5):
        Image.new("RGB", (80, 63), (i, 9, 9)).save(tmp_path / f"{i}.png")
    assert "of 64 pixels a side or more" in refused(run("--photos", str(tmp_path)))
    Image.new("RGB", (80, 100)).save(tmp_path / "larger.png")
    known(monkeypatch, replace(recipe, schedule=replace(recipe.schedule, crop=128)))
    said = refused(run("--photos", str(tmp_path)))
    assert "no photo has 128 pixels on both sides: take smaller crops or larger photos" in said


# Checkpoints


@pytest.fixture
def trained(run: Run, tmp_path: Path) -> Path:
    assert run("--minutes", "0.000001").exit_code == 0
    return tmp_path / "out"


def test_a_checkpoint_of_another_recipe_stays_as_it_was(
    run: Run, trained: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (trained / loop.FULL).read_bytes()
    known(monkeypatch, replace(recipe, config=replace(recipe.config, features=12)))
    assert "was made with another model: use its own recipe or another --out" in refused(run())
    known(monkeypatch, replace(recipe, name="other"))
    assert "is of recipe 'tiny', not 'other'" in refused(run(name="other"))
    known(monkeypatch, replace(recipe, schedule=replace(recipe.schedule, muon_lr=0.01)))
    assert "of other optimisers than the recipe's" in refused(run())
    assert (trained / loop.FULL).read_bytes() == before


@pytest.mark.parametrize("name", [loop.FULL, "other"])
def test_truncated_checkpoints_and_those_of_another_version(run: Run, trained: Path, name: str) -> None:
    """Of --out, and given with --from."""
    path = trained / loop.FULL
    content, tensors = path.read_bytes(), load_file(path)
    with safe_open(path, "pt") as file:
        meta = file.metadata()
    if name == "other":
        path.unlink()
    path, words = trained / name, [] if name == loop.FULL else ["--from", str(trained / name)]
    path.write_bytes(content[:-100])
    assert "cannot read checkpoint" in (said := refused(run(*words))) and "delete it or give another" in said
    save_file(tensors, path, {**meta, "format": "mezzotint-lab 0"})
    assert "is not a checkpoint of this version: start again in another --out" in refused(run(*words))
    save_file({k: v for k, v in tensors.items() if "stem" not in k}, path, meta)
    assert "lacks weights of its model" in refused(run(*words))


@pytest.mark.parametrize("verb", ["eval", "export"])
def test_weights_that_cannot_be_used(
    verb: str, trained: Path, recipe: Recipe, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [verb, "tiny", "--photos", str(photo_folder), "--weights"]
    more = ["--name", "n", "--out", str(trained / "x.mztm")] if verb == "export" else []

    def said(path: Path) -> str:
        return refused(CliRunner().invoke(cli.main, [*words, str(path), *more]))

    assert "No such file" in said(trained / "none") and "check the path" in said(trained / "none")
    (trained / "short").write_bytes((trained / loop.SMALL).read_bytes()[:-9])
    assert "cannot read checkpoint" in said(trained / "short")
    known(monkeypatch, replace(recipe, config=replace(recipe.config, features=12)))
    assert "was made with another model" in said(trained / loop.SMALL)
    assert not (trained / "x.mztm").exists()


# Options


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--minutes", "0"], "0 is not above 0: give minutes such as 10"),
        (["--minutes", "-1"], "-1 is not above 0"),
        (["--minutes", "nan"], "nan is not above 0"),
        (["--minutes", "soon"], "'soon' is not a valid float"),
        (["--steps", "0"], "0 is not in the range x>=1"),
        (["--threads", "0"], "0 is not in the range 1<=x<=256"),
        (["--device", "gpu"], "unknown device 'gpu': give cpu, cuda, cuda:1 or auto"),
        (["--from", "."], "is a folder: name a file in it"),
        (["--outt", "x"], "No such option"),
    ],
)
def test_wrong_usage_has_status_2_and_points_at_the_help(run: Run, words: list[str], says: str) -> None:
    said = refused(run(*words), status=2)
    assert says in said and said.endswith("see `mzt-lab train --help`")


def test_out_that_is_a_file_or_lies_in_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "is a file: name a folder" in refused(run("--out", str(tmp_path / "file")), status=2)
    said = refused(run("--out", str(tmp_path / "file" / "deeper")))
    assert "file/deeper: Not a directory; check the path" in said


@pytest.mark.parametrize("device", ["cuda", "cuda:7"])
def test_a_gpu_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = refused(run("--device", device))
    assert f"there is no device '{device}' here: give --device cpu" in said


def test_a_full_disk_keeps_the_last_checkpoint(
    tiny: Codec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(tensors: object, path: Path, meta: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    checkpoint.save(tmp_path / "c", tiny.state_dict(), tiny.config)
    before = (tmp_path / "c").read_bytes()
    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(ValueError, match="cannot write checkpoint .*No space left.*: free some space"):
        checkpoint.save(tmp_path / "c", tiny.state_dict(), tiny.config)
    assert (tmp_path / "c").read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["c"]


def test_a_mistake_of_ours_keeps_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(words: str) -> Callable[..., None]:
        def load(*_: object, **__: object) -> None:
            raise RuntimeError(words)

        return load

    monkeypatch.setattr(loop.photos, "load", fail("a bug"))
    assert isinstance(run().exception, RuntimeError)
    monkeypatch.setattr(loop.photos, "load", fail("CUDA out of memory. Tried to allocate 2 GiB"))
    assert "smaller batch or crop" in refused(run())
