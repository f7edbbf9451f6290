# SPDX-License-Identifier: Apache-2.0
"""Several processes train as one would: the same crops and qualities, other noise, equal weights everywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mezzotint.lab.data import photos
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.codec import CodecConfig
from mezzotint.lab.train import loop, team, update
from mezzotint.lab.train.recipe import Recipe, Schedule
from mezzotint.lab.train.team import ALONE, Team

# What each process of torchrun runs: the command itself, on a recipe of our own and without the noise that would
# hide how close the results are. At the end it writes its own weights.
SCRIPT = """
import os
from pathlib import Path

import torch
from safetensors.torch import save_file

from mezzotint.lab import recipes
from mezzotint.lab.cli import main
from mezzotint.lab.models.codec import CodecConfig
from mezzotint.lab.models.transform import TransformConfig
from mezzotint.lab.train import loop, update
from mezzotint.lab.train.recipe import Recipe, Schedule

RECIPE = {recipe!r}
recipes.names, recipes.find = lambda: ["tiny"], lambda name: RECIPE
torch.rand_like = lambda t: torch.full_like(t, 0.5)
update.bf16_pays = lambda device: False
begin, runs = loop.begin, []
loop.begin = lambda *a: runs.append(begin(*a)) or runs[-1]
try:
    main(prog_name="mzt-lab")
finally:
    if runs:
        weights = {{k: v.contiguous() for k, v in runs[0].model.state_dict().items()}}
        save_file(weights, Path({out!r}) / ("rank" + os.environ["RANK"]))
"""


@pytest.fixture
def recipe(tiny_config: CodecConfig) -> Recipe:
    schedule = Schedule(steps=5, batch=4, crop=64, warmup=2, held_out=1, muon_lr=0.01)
    return Recipe("tiny", schedule, tiny_config)


def torchrun(count: int, folder: Path, recipe: Recipe, *words: str) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(SCRIPT.format(recipe=recipe, out=str(folder)), encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    return subprocess.run(
        [*command, str(script), *words], capture_output=True, text=True, timeout=600, check=False
    )


def test_shares_make_up_the_batch(photo_folder: Path) -> None:
    crops = Crops([p for _, p in photos.load(photo_folder, progress=False)], 64, 4)
    shares = [crops.at(7, Team(rank, 2).share(4)) for rank in range(2)]
    assert torch.equal(torch.cat(shares), crops.at(7)) and len(shares[0]) == 2
    assert ALONE.share(4) == slice(0, 4)


def test_a_batch_that_does_not_divide_names_the_count_that_does() -> None:
    with pytest.raises(ValueError, match="a batch of 8 does not divide among 3 .* --nproc-per-node 2"):
        Team(0, 3).share(8)


def test_ranks_draw_the_same_and_add_other_noise(
    recipe: Recipe, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def note(model, optimisers, x, quality, *_):  # type: ignore[no-untyped-def]
        seen.append((x, quality, torch.rand(4)))
        return update.Step(False, 0, 0, 0, 0, stop=False)

    monkeypatch.setattr(loop, "update", note)
    crops = Crops([p for _, p in photos.load(photo_folder, progress=False)], 64, 4)
    run = loop.Run(recipe, tmp_path, None, None, [], 0, 0)  # type: ignore[arg-type]
    for us in (ALONE, Team(0, 2), Team(1, 2)):
        loop._step(run, {(64, 4): crops}, 3, us, False)
    (x, quality, noise), *ranks = seen
    assert torch.equal(x, torch.cat([r[0] for r in ranks]))
    assert torch.equal(quality, torch.cat([r[1] for r in ranks])) and len(quality.unique()) == 4
    assert not torch.equal(ranks[0][2], ranks[1][2]) and len(noise) == 4


def test_seeds_differ_in_the_bits_that_the_cpu_reads() -> None:
    seeds = {Team(rank, 64).noise_seed(5) for rank in range(64)}
    assert len(seeds) == 64 and max(seeds) < 2**32
    assert ALONE.noise_seed(5) == 5


def test_the_environment_of_torchrun_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    assert team.started() == ALONE and ALONE.leads
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert team.started() == Team(3, 4) and not Team(3, 4).leads


@pytest.mark.slow
def test_two_processes_resume_and_end_where_one_would(
    recipe: Recipe, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "rand_like", lambda t: torch.full_like(t, 0.5))
    monkeypatch.setattr(update, "bf16_pays", lambda device: False)
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    loop.train(recipe, photo_folder, alone, "cpu", loop.Slice())
    loop.train(recipe, photo_folder, shared, "cpu", loop.Slice(minutes=0))
    start = load_file(shared / loop.FULL)
    done = torchrun(
        2,
        tmp_path,
        recipe,
        "train",
        "tiny",
        "--photos",
        str(photo_folder),
        "--out",
        str(shared),
        "--device",
        "cpu",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"weights: {shared / loop.SMALL}"]
    ranks = [load_file(tmp_path / f"rank{rank}") for rank in range(2)]
    assert [k for k in ranks[0] if not torch.equal(ranks[0][k], ranks[1][k])] == []
    wanted, found = load_file(alone / loop.FULL), load_file(shared / loop.FULL)
    moved = {k for k in wanted if wanted[k].is_floating_point() and not torch.equal(wanted[k], start[k])}
    assert len(moved) > 100
    for name in moved:
        close = torch.linalg.vector_norm(found[name] - wanted[name])
        assert close <= 1e-3 * torch.linalg.vector_norm(wanted[name] - start[name]) + 1e-7, name


@pytest.mark.slow
def test_three_processes_refuse_a_batch_of_four(recipe: Recipe, photo_folder: Path, tmp_path: Path) -> None:
    done = torchrun(
        3, tmp_path, recipe, "train", "tiny", "--photos", str(photo_folder), "--out", str(tmp_path / "o")
    )
    assert done.returncode == 1 and "a batch of 4 does not divide among 3 processes" in done.stderr
    assert not (tmp_path / "o").exists()


def test_the_module_that_torchrun_starts_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mezzotint.lab", "--help"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0 and done.stdout.startswith("Usage: mzt-lab ")


def test_gradients_and_facts_become_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adam and Muon hardly notice a factor, so that comparing weights would not show it."""
    ours = [torch.randn(4, 3, 2, 2).contiguous(memory_format=torch.channels_last), torch.randn(5)]
    theirs = [torch.randn(4, 3, 2, 2), torch.randn(5)]
    wanted = [(a + b) / 2 for a, b in zip(ours, theirs, strict=True)]
    told = torch.cat([*(t.flatten() for t in theirs), torch.tensor([4.0, 1.0])])
    monkeypatch.setattr(team.dist, "all_reduce", lambda flat: flat.add_(told))
    facts = Team(0, 2).mean(ours, torch.tensor([2.0, 0.0]))
    torch.testing.assert_close(facts, torch.tensor([3.0, 0.5]))
    torch.testing.assert_close(ours, wanted)
    assert ours[0].is_contiguous(memory_format=torch.channels_last)
    assert ALONE.mean(ours, facts) is facts


def test_processes_that_see_other_checkpoints_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    other = torch.tensor([120, -120])
    monkeypatch.setattr(team.dist, "all_reduce", lambda ends, _: ends.copy_(torch.maximum(ends, other)))
    with pytest.raises(ValueError, match="start at steps 0 to 120: give an --out that all share"):
        Team(1, 2).agree(0, "cpu")
    Team(1, 2).agree(120, "cpu")
    ALONE.agree(3, "cpu")
