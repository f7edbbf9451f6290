# SPDX-License-Identifier: Apache-2.0
"""Training that does not stay finite ends with a line that says so, and never costs an earlier checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mezzotint.lab.models.codec import Codec, CodecConfig
from mezzotint.lab.train import checkpoint, health, loop, optim, run
from mezzotint.lab.train.health import SKIPPED_MOST, WINDOW, Diverged, Health
from mezzotint.lab.train.recipe import Recipe, Schedule
from mezzotint.lab.train.update import Step, update

SKIPPED = Step(False, *[float("nan")] * 4, stop=False)


@pytest.fixture
def recipe(tiny_config: CodecConfig) -> Recipe:
    return Recipe("tiny", Schedule(steps=40, batch=2, crop=64, warmup=1, held_out=1), tiny_config)


def explodes(recipe: Recipe, lr: float) -> Recipe:
    return replace(recipe, schedule=replace(recipe.schedule, lr=lr))


def kept(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in (loop.FULL, loop.SMALL)}


def test_a_tenth_of_the_window_may_be_skipped() -> None:
    seen = Health()
    for i in range(3 * WINDOW):
        seen.saw(i % 10 != 0)
    seen.saw(False)  # takes the place of the oldest, which was skipped, too
    with pytest.raises(Diverged, match=f"{SKIPPED_MOST + 1} of the last {WINDOW} steps"):
        seen.saw(False)


def test_many_in_a_row_end_it_at_once() -> None:
    seen = Health()
    for _ in range(SKIPPED_MOST):
        seen.saw(False)
    with pytest.raises(Diverged, match="were not finite"):
        seen.saw(False)


def test_huge_weights_are_finite_and_useless(tiny: Codec) -> None:
    x = torch.rand(1, 3, 64, 64) - 0.5
    assert health.works(tiny, x) and tiny.training
    with torch.no_grad():
        tiny.analysis.stem.weight *= 1e38
    assert health.all_finite(tiny.state_dict()) and not health.works(tiny, x)


def test_a_step_that_is_not_finite_changes_nothing(tiny: Codec) -> None:
    schedule = Schedule(steps=9, warmup=1)
    optimisers = optim.build(tiny, 1e-3, 0.01)
    x, quality = torch.rand(2, 3, 64, 64) - 0.5, torch.tensor([500, 3000])
    assert update(tiny, optimisers, x, quality, schedule, 0).taken

    def state() -> dict[str, torch.Tensor]:
        return {**tiny.state_dict(), **checkpoint.optimiser_tensors(optimisers)}

    before = {name: t.clone() for name, t in state().items()}
    x[0, 0, 0, 0] = float("inf")
    assert not update(tiny, optimisers, x, quality, schedule, 1).taken
    assert [name for name, t in state().items() if not torch.equal(t, before[name])] == []
    assert update(tiny, optimisers, x.clamp(-0.5, 0.5), quality, schedule, 1).taken
    assert not torch.equal(tiny.state_dict()["analysis.stem.weight"], before["analysis.stem.weight"])


def test_a_lone_step_is_skipped_and_the_run_goes_on(
    recipe: Recipe, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step at that: there is no other after it, and the run must end all the same."""
    real = loop.update
    monkeypatch.setattr(loop, "update", lambda *a: SKIPPED if a[5] in (1, 3) else real(*a))
    loop.train(loop.with_steps(recipe, 4), photo_folder, tmp_path, "cpu", loop.Slice())
    assert checkpoint.look(tmp_path / loop.FULL)[0]["step"] == 4


def test_a_useless_state_never_takes_the_place_of_a_good_one(
    recipe: Recipe, photo_folder: Path, tmp_path: Path
) -> None:
    """The step that ruins the weights has a finite loss itself."""
    loop.train(recipe, photo_folder, tmp_path, "cpu", loop.Slice(minutes=0))
    before = kept(tmp_path)
    with pytest.raises(Diverged, match="after step 2 the weights .* step 1, the last good"):
        loop.train(explodes(recipe, 1e3), photo_folder, tmp_path, "cpu", loop.Slice(save_every=0))
    assert kept(tmp_path) == before


def test_weights_beyond_the_small_checkpoint_are_not_saved(
    recipe: Recipe, tiny: Codec, tmp_path: Path
) -> None:
    """fp16 ends at 65504, and what is exported comes from there."""
    made = run.begin(recipe, tmp_path, tiny, 3, "cpu")
    proof = torch.zeros(1, 3, 64, 64)
    run.save(made, proof)
    before = kept(tmp_path)
    with torch.no_grad():
        made.averaged.factorized.register_parameter("w", torch.nn.Parameter(torch.tensor([7e4])))
    with pytest.raises(Diverged, match="after step 3"):
        run.save(made, proof)
    assert kept(tmp_path) == before


def test_a_first_step_that_ruins_all_leaves_no_checkpoint(
    recipe: Recipe, photo_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(Diverged, match="start again; no checkpoint was made"):
        loop.train(explodes(recipe, 1e3), photo_folder, tmp_path, "cpu", loop.Slice(minutes=0))
    assert not (tmp_path / loop.FULL).exists() and not (tmp_path / loop.SMALL).exists()
