# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab` as a person meets it: its last line, its help, and Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from safetensors.torch import load_file

from mezzotint.lab import cli, recipes
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.codec import CodecConfig
from mezzotint.lab.train import checkpoint, interrupt, loop
from mezzotint.lab.train.recipe import Recipe, Schedule

Run = Callable[..., Result]


@pytest.fixture
def recipe(tiny_config: CodecConfig) -> Recipe:
    return Recipe("tiny", Schedule(steps=8, batch=2, crop=64, warmup=2, held_out=1), tiny_config)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, recipe: Recipe, photo_folder: Path, tmp_path: Path) -> Run:
    """`mzt-lab train tiny` into tmp_path/out, with further words; later ones win."""
    monkeypatch.setattr(recipes, "names", lambda: [recipe.name])
    monkeypatch.setattr(recipes, "find", lambda name: recipe)
    usual = ["tiny", "--photos", str(photo_folder), "--out", str(tmp_path / "out"), "--device", "cpu"]

    def train(*words: str, name: str = "tiny") -> Result:
        return CliRunner().invoke(cli.main, ["train", name, *usual[1:], *words])

    return train


# What it says


def test_the_last_line_says_where_everything_lies(run: Run, recipe: Recipe, tmp_path: Path) -> None:
    first = run("--minutes", "0.000001")
    assert first.exit_code == 0, first.output
    assert "stopped at step 1 of 8; the same command goes on from there" in first.stderr
    (tmp_path / "out" / loop.LOG).write_text("step\n1\n", encoding="utf-8")
    second = run()
    assert second.exit_code == 0, second.output
    out = tmp_path / "out"
    assert second.stdout == f"weights: {out / loop.SMALL}  log: {out / loop.LOG}\n"
    assert checkpoint.look(out / loop.SMALL)[0]["step"] == 8


def test_steps_replace_the_schedule(run: Run, tmp_path: Path) -> None:
    assert run("--steps", "2").exit_code == 0
    assert checkpoint.look(tmp_path / "out" / loop.FULL)[0] == {"step": 2, "recipe": "tiny"}


def test_help_is_light() -> None:
    script = (
        "import sys\nfrom mezzotint.lab.cli import main\n"
        "try: main(sys.argv[1:])\nfinally: print(sorted({'torch', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    for words in (["--help"], ["train", "--help"], ["eval"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout.splitlines()[-1] == "[]", done


# Ctrl-C


@pytest.fixture
def listening() -> Iterator[None]:
    """Tests in the background may be deaf to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening")
def test_ctrl_c_leaves_a_checkpoint_from_which_the_same_command_goes_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Crops.at

    def press(self: Crops, step: int, *share: slice) -> torch.Tensor:
        if step == 3 and self.size == 64 and self.seed == 0:
            signal.raise_signal(signal.SIGINT)
        return at(self, step, *share)

    assert run("--out", str(tmp_path / "whole")).exit_code == 0
    monkeypatch.setattr(Crops, "at", press)
    stopped = run()
    assert stopped.exit_code == 130 and "Traceback" not in stopped.output
    assert "interrupted at step 5 of 8; the same command goes on from there" in stopped.stderr
    assert checkpoint.look(tmp_path / "out" / loop.FULL)[0]["step"] == 5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    monkeypatch.setattr(Crops, "at", at)
    assert run().exit_code == 0
    whole, sliced = (load_file(tmp_path / name / loop.FULL) for name in ("whole", "out"))
    assert [k for k in whole if not torch.equal(whole[k], sliced[k])] == []


@pytest.mark.usefixtures("listening")
def test_a_second_ctrl_c_stops_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), interrupt.deferred(loud=False) as pressed:
        assert not pressed()
        signal.raise_signal(signal.SIGINT)
        assert pressed()
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("listening")
def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupt.deferred() as pressed:
        signal.raise_signal(signal.SIGINT)
        assert not pressed()


@pytest.mark.usefixtures("listening")
def test_ctrl_c_before_the_first_step_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop.photos, "load", lambda *_, **__: signal.raise_signal(signal.SIGINT))
    stopped = run()
    assert stopped.exit_code == 130 and stopped.stdout == ""
    assert (
        stopped.stderr.strip()
        == "mzt-lab: interrupted; the same command goes on from what was saved, if anything"
    )


@pytest.mark.slow
def test_ctrl_c_in_a_terminal(recipe: Recipe, photo_folder: Path, tmp_path: Path) -> None:
    script = f"""
from mezzotint.lab import recipes
from mezzotint.lab.cli import main
from mezzotint.lab.models.codec import CodecConfig
from mezzotint.lab.models.transform import TransformConfig
from mezzotint.lab.train.recipe import Recipe, Schedule
recipes.names, recipes.find = lambda: ["tiny"], lambda name: {loop.with_steps(recipe, 10**6)!r}
main(prog_name="mzt-lab")
"""
    words = [
        "train",
        "tiny",
        "--photos",
        str(photo_folder),
        "--out",
        str(tmp_path / "out"),
        "--device",
        "cpu",
    ]
    with subprocess.Popen(
        [sys.executable, "-c", script, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as child:
        deadline = time.monotonic() + 300
        while not (tmp_path / "out" / loop.LOG).exists():  # its first row comes after some steps
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        said, complained = child.communicate(timeout=300)
    assert child.returncode == 130 and "Traceback" not in complained
    assert "interrupted at step" in complained and said.startswith("weights: ")
    assert (tmp_path / "out" / loop.FULL).exists()
