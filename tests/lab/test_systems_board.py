# SPDX-License-Identifier: Apache-2.0
"""The board of systems: its file, what it measures of a system, and (slow) a tiny one from photos to rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mezzotint.lab import cli
from mezzotint.lab.leaderboard import measure, system_plot, system_rows, systems
from mezzotint.lab.leaderboard.system_media import from_photo
from mezzotint.lab.leaderboard.system_rows import OTHER_PICTURES, SystemRow, Terms
from mezzotint.lab.systems.claims import Verdict

TERMS = Terms(1000, "0123456789ab", 320, 1, "float32")
CURVE = ((0.1, 25.0), (0.5, 30.0))


def row(name: str, **other: object) -> SystemRow:
    made = SystemRow(
        id=name.upper(),
        name=name,
        family="f",
        title="A paper",
        year=2024,
        spec=name,
        scaled_down="much",
        terms=TERMS,
        seeds=(0,),
        commit=None,
        processor="p",
        media="photo",
        parameters=3,
        kmac_px=3.0,
        kmac_encode=2.0,
        kmac_decode=1.0,
        bytes=100,
        pixels=64,
        encode_seconds=0.1,
        decode_seconds=0.2,
        exact=True,
        train_seconds=1.0,
        curve=CURVE,
        figures=(("a", 1.5, "%"),),
    )
    return replace(made, **other)


class Halving:
    """A system that keeps the upper bits of every number: 4 of them at quality 1, all at quality 2."""

    media, gives, qualities = "photo", "same", (1, 2)

    def compress(self, media: np.ndarray, quality: int) -> bytes:
        kept = media & (0xF0 if quality == 1 else 0xFF)
        return bytes([quality, *media.shape[:2]]) + kept.tobytes()

    def decompress(self, data: bytes) -> np.ndarray:
        return np.frombuffer(data[3:], np.uint8).reshape(data[1], data[2], 3)

    def rebuilt(self, media: np.ndarray, quality: int) -> np.ndarray:
        return self.decompress(self.compress(media, quality))


@pytest.fixture
def pictures() -> list[np.ndarray]:
    return [np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8) for i in range(3)]


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    made = [row("plain"), row("ftic", bd_rate=-3.0, confirmed=True, off="plain", off_curve=CURVE)]
    system_rows.write(tmp_path / "s.jsonl", made)
    assert system_rows.read(tmp_path / "s.jsonl") == made
    assert json.loads((tmp_path / "s.jsonl").read_text().splitlines()[1])["budget_pixels"] == 1000
    (tmp_path / "s.jsonl").write_text("{}\n")
    with pytest.raises(ValueError, match="line 1, is no row"):
        system_rows.read(tmp_path / "s.jsonl")


def test_a_file_never_holds_two_terms(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give another --out"):
        system_rows.refuse_other_terms(tmp_path, [row("plain")], replace(TERMS, threads=2))


def test_the_curve_is_of_whole_files_and_what_they_decode_to(pictures: list[np.ndarray]) -> None:
    system = Halving()
    system.qualities = (1,)
    ((rate, quality),) = measure.curve(system, pictures)
    assert rate == 8 * (3 + 192) / 64
    errors = [np.square((p & 15).astype(float)).mean() for p in pictures]
    assert quality == pytest.approx(np.mean([10 * np.log10(255**2 / e) for e in errors]))


def test_nothing_lossless_has_a_curve_and_slow_systems_choose_less(pictures: list[np.ndarray]) -> None:
    system = Halving()
    assert measure.curve(system, pictures) == ()
    system.pictures_at_most, system.side_at_most = 2, 5
    assert [p.shape for p in measure.pictures_for(system, pictures)] == [(5, 5, 3)] * 2
    rate, why = systems.against(CURVE, system, CURVE, pictures)
    assert rate is None and "fewer" in why


def test_what_does_not_come_back_is_not_exact(pictures: list[np.ndarray]) -> None:
    system = Halving()
    assert measure.exact(system, pictures)
    system.rebuilt = lambda media, quality: media ^ 1
    assert not measure.exact(system, pictures)
    system, count = Halving(), iter(range(100))
    system.compress = lambda media, quality: bytes([next(count)])
    assert not measure.exact(system, pictures)


def test_rates_without_a_shared_range_say_so(pictures: list[np.ndarray]) -> None:
    rate, why = systems.against(CURVE, Halving(), ((0.01, 15.0), (0.02, 18.0)), pictures)
    assert rate is None and why
    assert systems.against(CURVE, Halving(), tuple((2 * r, q) for r, q in CURVE), pictures) == (100.0, "")


@pytest.mark.parametrize(("less", "holds"), [(True, False), (False, True)])
def test_a_verdict_knows_which_way_is_better(less: bool, holds: bool) -> None:
    assert Verdict("m", 2.0, 1.0, less).holds is holds


def test_every_kind_of_media_is_made_of_a_photo() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (200, 220, 3), dtype=np.uint8)
    system = Halving()
    assert np.array_equal(from_photo(system, photo), photo)
    system.media = "linear"
    light = from_photo(system, photo)
    assert light.dtype == np.uint16 and light.max() > 5000 and light.shape == photo.shape
    system.media = "clip"
    clip = from_photo(system, photo)
    assert clip.dtype == np.uint8 and clip.ndim == 4 and not np.array_equal(clip[0], clip[1])
    system.media = "sound"
    with pytest.raises(ValueError, match="sound"):
        from_photo(system, photo)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_plot_shows_every_curve(tmp_path: Path, suffix: str) -> None:
    system_plot.write(
        tmp_path / f"p{suffix}",
        [row("plain"), row("ftic"), row("fsq", curve=()), row("vat", bd_reason=OTHER_PICTURES)],
        "plain",
    )
    drawn = (tmp_path / f"p{suffix}").read_bytes()
    assert len(drawn) > 2000
    if suffix == ".svg":
        assert b"FTIC" in drawn and b"FSQ" not in drawn and b"VAT" not in drawn
    with pytest.raises(ValueError, match="no row has a curve"):
        system_plot.write(
            tmp_path / "p.svg", [row("fsq", curve=()), row("vat", bd_reason=OTHER_PICTURES)], "plain"
        )


def test_wrong_requests_are_refused_at_once(tmp_path: Path) -> None:
    wanted = [
        "systems",
        "--photos",
        str(tmp_path),
        "--examples",
        str(tmp_path),
        "--out",
        str(tmp_path / "o.jsonl"),
    ]
    for extra, says in ((["--only", "ftik"], "did you mean 'ftic'"), (["--plot", "a.gif"], "neither .svg")):
        result = CliRunner().invoke(cli.main, [*wanted, *extra])
        assert result.exit_code == 1 and says in result.output


@pytest.mark.slow
def test_a_tiny_board_runs_and_resumes(tmp_path: Path, smooth: Callable[..., np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    for folder, count in (("train", 3), ("examples", 1)):
        (tmp_path / folder).mkdir()
        for i in range(count):
            Image.fromarray(smooth(rng, (20, 24), (352, 384))).save(tmp_path / folder / f"{i}.png")
    out = tmp_path / "s.jsonl"
    arguments = ["--photos", "train", "--validation", "train", "--examples", "examples", "--out", "s.jsonl"]
    wanted = ["systems", *arguments, "--only", "ftic", "--budget-pixels", str(3 * 4 * 256**2), "--json"]
    wanted = [str(tmp_path / w) if w in ("train", "examples", "s.jsonl") else w for w in wanted]
    result = CliRunner().invoke(cli.main, wanted)
    assert result.exit_code == 0, result.output
    plain, ftic = system_rows.read(out)
    assert (plain.name, ftic.name) == ("plain", "ftic") and plain.bd_rate == 0 and plain.exact and ftic.exact
    assert len(ftic.curve) == len(ftic.off_curve) == 5 and ftic.confirmed is not None and ftic.kmac_px > 1
    before = out.read_text()
    assert CliRunner().invoke(cli.main, wanted).exit_code == 0 and out.read_text() == before
