# SPDX-License-Identifier: Apache-2.0
"""The board: its file, its terms, its order, what it says of rows that fail, and (slow) a whole tiny one, resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch import Tensor

from mezzotint.lab import cli
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.leaderboard import board, fit, graphs, plot, race, rows
from mezzotint.lab.leaderboard.rows import Row, Terms
from mezzotint.lab.models.metablock import cycle
from mezzotint.lab.models.skeleton import skeleton
from mezzotint.lab.train import short
from mezzotint.lab.train.update import Step

TERMS = Terms(1000, 1.0, "0123456789ab", "cpu", "float32")
BATCH = fit.BATCH * fit.CROP**2
CURVE = ((0.1, 25.0), (0.5, 30.0), (2.0, 36.0))
SMOOTH = (20, 24), (288, 320)  # cells and pixels of a photo that crops fit into


def row(name: str, rate: float | None = 1.5, **other: object) -> Row:
    bare = Row(name, "X", "window", name, "", TERMS, (0,), None, "p", reason="too dear")
    if rate is None:
        return bare
    made = replace(bare, reason="", bd_rate=rate, bd_rates=(rate,), ms_per_mp=90.0, peak_mib=70.0)
    return replace(made, **other)


@pytest.fixture(scope="module")
def data(skeleton_start: tuple[Tensor, Tensor], smooth: Callable[..., np.ndarray]) -> fit.Data:
    rng = np.random.default_rng(0)
    photos = [torch.from_numpy(smooth(rng, *SMOOTH).transpose(2, 0, 1).copy()) for _ in range(3)]
    held_out = torch.stack([p[:, : fit.CROP, : fit.CROP] for p in photos])
    return fit.Data(Crops(photos, fit.CROP, fit.BATCH), held_out, *skeleton_start, "abc")


# The file


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    made = [
        row("depthwise", 0.0, bd_rates=(-0.5, 0.5), curves=(CURVE, CURVE), seeds=(0, 1)),
        row("swin", None),
    ]
    rows.write(tmp_path / "lab" / "b.jsonl", made)
    assert rows.read(tmp_path / "lab" / "b.jsonl") == made
    first = json.loads((tmp_path / "lab" / "b.jsonl").read_text().splitlines()[0])
    assert first["budget_pixels"] == 1000 and first["id"] == "X" and "terms" not in first
    assert [p.name for p in (tmp_path / "lab").iterdir()] == ["b.jsonl"]
    assert rows.read(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "swin"}', "3"])
def test_a_damaged_line_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text(json.dumps(rows.flat(row("swin"))) + "\n" + text + "\n")
    with pytest.raises(ValueError, match="line 2, is no row of a board: delete the line"):
        rows.read(path)


def test_a_file_never_holds_two_terms(tmp_path: Path, data: fit.Data) -> None:
    path = tmp_path / "b.jsonl"
    rows.write(path, [row("depthwise")])
    with pytest.raises(ValueError, match=f"rows with budget_pixels 1000, not {BATCH}: give another --out"):
        board.run(data, path, ["swin"], BATCH, (0,))
    for change in ({"data": "x"}, {"device": "cuda"}, {"precision": "bfloat16"}, {"block_kmac": 2.0}):
        with pytest.raises(ValueError, match=next(iter(change))):
            rows.refuse_other_terms(path, rows.read(path), replace(TERMS, **change))


# Which rows


def test_the_convolution_block_goes_first_and_unknown_names_list_the_known() -> None:
    assert board.chosen([])[0] == board.ANCHOR and len(set(board.chosen([]))) == len(board.chosen([])) >= 40
    assert board.chosen(["swin"]) == [board.ANCHOR, "swin"]
    assert board.chosen([board.ANCHOR]) == [board.ANCHOR]
    with pytest.raises(ValueError, match="unknown mixer 'swim'; known: .*swin"):
        board.chosen(["swim"])


@pytest.mark.parametrize("name", sorted(board.CYCLES))
def test_cycles_are_of_the_mixer_that_they_stand_for(name: str) -> None:
    assert all(member.split("(")[0] == name for member in cycle(board.spec_of(name)))


def test_resolution_is_how_far_the_seeds_lie_apart() -> None:
    assert board.resolution([row("swin"), row("depthwise", 0.0, bd_rates=(-0.4, 0.1, 0.3))]) == pytest.approx(
        0.7
    )
    assert board.resolution([row("swin")]) is None
    assert board.resolution([row("depthwise")]) is None


def test_mean_curve_is_point_by_point() -> None:
    higher = tuple((3 * rate, quality + 1) for rate, quality in CURVE)
    rates, psnrs = zip(*board.mean_curve((CURVE, higher)), strict=True)
    assert rates == pytest.approx((0.2, 1.0, 4.0)) and psnrs == pytest.approx((25.5, 30.5, 36.5))


# Making a row


def test_the_same_seed_gives_the_same_curve_and_another_another(data: fit.Data) -> None:
    curves = [fit.fit("depthwise", seed, data, BATCH).curve for seed in (0, 0, 1)]
    assert curves[0] == curves[1]
    assert [len(c) for c in curves] == [len(fit.QUALITIES)] * 3
    rates, psnrs = zip(*curves[0], strict=True)
    assert list(rates) == sorted(rates) and 15 < min(psnrs) < max(psnrs) < 60
    assert curves[2] != curves[0]


def test_curve_counts_all_bits_and_8_bit_errors(data: fit.Data) -> None:
    torch.manual_seed(0)
    model = skeleton("depthwise", data.rows, data.spread).eval()
    found = fit.curve(model, data.held_out)
    x = data.held_out.float() / 255 - 0.5
    with torch.no_grad():
        out = model(x, torch.full((3,), fit.QUALITIES[-1]))
    pixels = ((out.x_hat + 0.5) * 255).round().clamp(0, 255)
    mse = (pixels - data.held_out).square().mean((1, 2, 3))
    psnr = (10 * torch.log10(255**2 / mse)).mean().item()
    bpp = ((out.y_bits + out.z_bits) / fit.CROP**2).mean().item()
    assert found[-1] == pytest.approx((bpp, psnr), rel=1e-6)


def test_budgets_become_steps() -> None:
    assert fit.steps_of(10 * BATCH + 5) == 10
    with pytest.raises(ValueError, match=f"holds no batch: give {BATCH} or more"):
        fit.steps_of(BATCH - 1)


def test_what_cannot_be_made_says_why_and_is_a_row(
    data: fit.Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too dear a mixer and a diverged one; the board goes on, and does not try them again."""
    out = tmp_path / "b.jsonl"
    terms = fit.terms(data, BATCH)
    rows.write(out, [row("depthwise", 0.0, curves=(CURVE,))])
    rows.write(out, [replace(rows.read(out)[0], terms=terms)])
    monkeypatch.setitem(board.CYCLES, "convnext", "convnext(kernel=61)")
    skipped = Step(False, 0.0, 0.0, 0.0, 0.0, stop=False)
    monkeypatch.setattr(short, "update", lambda *_: skipped)
    done = board.run(data, out, ["convnext", "dcvc"], BATCH, (0,))
    assert [r.name for r in done] == ["depthwise", "convnext", "dcvc"] and done == rows.read(out)
    assert "cheaper options" in done[1].reason and "did not stay finite" in done[2].reason
    assert done[1].bd_rate is done[2].ms_per_mp is None
    monkeypatch.setattr(fit, "fit", None)
    assert board.run(data, out, ["convnext", "dcvc"], BATCH, (0,)) == done


def test_a_photo_too_small_to_measure_on_is_an_error(photo_folder: Path) -> None:
    with pytest.raises(ValueError, match="256 pixels on both sides"):
        fit.prepare(photo_folder, None, "cpu")


# Time and memory


@pytest.mark.slow
def test_the_race_times_what_torch_computes(data: fit.Data, tmp_path: Path) -> None:
    import onnxruntime as ort

    torch.manual_seed(0)
    for name, spec in (("light", "depthwise"), ("heavy", "dinat")):
        model = skeleton(spec, data.rows, data.spread)
        torch.nn.init.normal_(model.analysis.head.weight, std=0.02)
        graphs.write(model, tmp_path / name)
    session = ort.InferenceSession(
        str(tmp_path / "heavy" / "analysis.onnx"), providers=["CPUExecutionProvider"]
    )
    x = torch.rand(1, 3, 512, 768) - 0.5
    with torch.no_grad():
        wanted = graphs.freeze(model).analysis(x, torch.tensor([graphs.QUALITY])).numpy()
    found = session.run(None, {"x": x.numpy()})[0]
    np.testing.assert_allclose(found, wanted, atol=2e-3 * np.abs(wanted).max())
    raced = race.race(tmp_path / "heavy", tmp_path / "light")
    assert len(raced.ms_per_mp) == len(raced.ms_ratio) == 2 and min(raced.ms_per_mp) > 0
    assert raced.ms_ratio[0] > 1 and raced.peak_mib > 10


def test_a_race_that_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="timing failed: .*analysis.onnx"):
        race.race(tmp_path, tmp_path)


@pytest.mark.slow
def test_timing_anew_keeps_all_but_times(tmp_path: Path) -> None:
    out = tmp_path / "b.jsonl"
    made = [row("depthwise", 0.0, peak_mib=0.0), row("swin", -3.0, spec="swin(4)"), row("fnet", None)]
    rows.write(out, made)
    found = board.retime(out)
    assert rows.read(out) == found and found[2] == made[2]
    for before, after in zip(made[:2], found[:2], strict=True):
        times = {"ms_per_mp", "ms_per_mp_2", "ms_ratio", "ms_ratio_2", "peak_mib", "processor"}
        kept = {f: v for f, v in vars(after).items() if f not in times}
        assert kept == {f: v for f, v in vars(before).items() if f not in times}
        assert after.ms_per_mp != before.ms_per_mp and after.ms_per_mp > 0 and after.peak_mib > 10
    assert (
        0.8 < found[0].ms_ratio < 1.25 and found[1].ms_ratio > 1
    )  # the block against itself, and a dearer part
    with pytest.raises(ValueError, match="no rows to time"):
        board.retime(tmp_path / "none.jsonl")


# Pictures and the command


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_plot_shows_every_row_with_numbers(tmp_path: Path, suffix: str) -> None:
    done = [
        row("depthwise", 0.0, bd_rates=(-0.4, 0.4)),
        row("swin", -3.0, ms_per_mp=300.0),
        row("fnet", None),
    ]
    plot.write(tmp_path / f"b{suffix}", done)
    head = (tmp_path / f"b{suffix}").read_bytes()
    assert head.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")
    with pytest.raises(ValueError, match="no row has a BD-rate"):
        plot.write(tmp_path / f"b{suffix}", done[2:])
    with pytest.raises(ValueError, match=r"neither \.svg nor \.png"):
        plot.write(tmp_path / "b.gif", done)


@pytest.mark.parametrize(
    ("arguments", "says", "status"),
    [
        (["--only", "swim"], "unknown mixer 'swim'", 1),
        (["--plot", "x.gif"], "neither .svg nor .png", 1),
        (["--budget-pixels", "0"], "holds no batch", 1),
        (["--seeds", "a"], "no list of whole numbers", 2),
        ([], "no folder nowhere", 1),
    ],
)
def test_wrong_requests_are_refused_at_once(arguments: list[str], says: str, status: int) -> None:
    words = ["leaderboard", "--photos", "nowhere", "--out", "x.jsonl", *arguments]
    result = CliRunner().invoke(cli.main, words)
    assert result.exit_code == status and says in result.output


@pytest.mark.slow
def test_a_tiny_board_runs_and_resumes(tmp_path: Path, smooth: Callable[..., np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    photos, out, drawn = tmp_path / "photos", tmp_path / "board.jsonl", tmp_path / "board.svg"
    photos.mkdir()
    for i in range(8):
        Image.fromarray(smooth(rng, *SMOOTH)).save(photos / f"{i}.png")
    words = ["leaderboard", "--photos", str(photos), "--out", str(out), "--budget-pixels", str(2 * BATCH)]
    words += ["--device", "cpu", "--threads", "1", "--json", "--plot", str(drawn), "--only"]
    first = CliRunner().invoke(cli.main, [*words, "swin"])
    assert first.exit_code == 0, first.output
    lines = out.read_text().splitlines()
    conv, swin = (json.loads(line) for line in lines)
    assert (conv["name"], conv["seeds"], swin["seeds"]) == ("depthwise", [0, 1, 2], [0])
    assert len(conv["bd_rates"]) == 3 and len(set(conv["bd_rates"])) == 3 and abs(conv["bd_rate"]) < 1
    assert swin["spec"] == "swin(shift=0) | swin()" and abs(swin["bd_rate"]) < 50
    assert swin["kmac_px"] == pytest.approx(conv["kmac_px"], rel=0.01)
    assert swin["ms_per_mp"] > 0 and swin["ms_ratio"] > 0 and swin["peak_mib"] > 0
    assert 0.5 < conv["ms_ratio"] < 2  # raced against itself
    second = CliRunner().invoke(cli.main, [*words, "swin,fnet"])
    assert second.exit_code == 0, second.output
    assert out.read_text().splitlines()[:2] == lines  # what was there stays
    assert [json.loads(line)["name"] for line in out.read_text().splitlines()] == [
        "depthwise",
        "swin",
        "fnet",
    ]
    assert [r["name"] for r in json.loads(second.stdout)] == ["depthwise", "swin", "fnet"]
    assert drawn.read_text().startswith("<?xml")
    other = CliRunner().invoke(
        cli.main, [*words[:5], "--budget-pixels", str(BATCH), "--device", "cpu", "--only", "swin"]
    )
    assert other.exit_code == 1 and "give another --out" in other.output
