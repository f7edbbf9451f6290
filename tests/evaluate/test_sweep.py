# SPDX-License-Identifier: Apache-2.0
"""The sweep: everything is measured once, stops do no harm, and failures are named and skipped.

A worker does its jobs inside this process here, which is quick; test_sweep_processes.py has the real thing.
"""

from __future__ import annotations

import errno
import json
import multiprocessing
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import groupby
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import DamagedFile, FileAccess, MezzotintError, MissingExtra, UsageError
from mezzotint.evaluate import about, images, metrics, rows, sweep
from mezzotint.evaluate.codecs import Codec
from mezzotint.evaluate.lock import only_run
from mezzotint.evaluate.machine import Machine, Package
from mezzotint.evaluate.measure import METRICS, Answer, Job, Measurer, Setup
from mezzotint.evaluate.plan import Count, Plan, Progress, Summary
from mezzotint.evaluate.rows import Row

HERE = Path(__file__).parent
MACHINE = Machine(
    "mzt eval a -o b", "0123456789ab", "abacus", 2, "Linux", "3.11", (Package("numpy", "2"),), "m"
)


class Inline:
    """A worker that is no process."""

    def __init__(self, setup: Setup) -> None:
        self.connection, self._theirs = multiprocessing.Pipe()
        self.job: Job | None = None
        self._measurer = Measurer(setup)

    def give(self, job: Job) -> None:
        self.job = job
        self._theirs.send(self._measurer.answer(job))

    def take(self) -> Answer:
        self.job = None
        answer: Answer = self.connection.recv()
        return answer

    def stop(self) -> None:
        self.connection.close()
        self._theirs.close()


@dataclass
class Seen:
    """A watcher that remembers."""

    told: list[Progress] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    stop_after: int = 10**9

    def progress(self, now: Progress) -> None:
        self.told.append(now)
        if now.done >= self.stop_after:
            raise KeyboardInterrupt

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(HERE))
    return import_module("fake_codecs")


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "Worker", Inline)


@pytest.fixture
def folder(tmp_path, photo):
    """Four pictures of 70x80 pixels: 1.png, 2.png, 10.png and sub/1.png."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for index, name in enumerate(("1.png", "2.png", "10.png", "sub/1.png")):
        draw(folder / name, photo, index)
    return folder


def draw(path: Path, photo: np.ndarray, index: int, mark: int = 0) -> None:
    pixels = photo[10 * index : 10 * index + 70, :80].copy()
    pixels[0, 0] = mark
    Image.fromarray(pixels).save(path)


Go = Callable[..., Summary]


@pytest.fixture
def go(folder: Path, tmp_path: Path, fakes: ModuleType) -> Go:
    """Run a sweep with PSNR over the folder; options are those of Plan."""

    def run(
        *codecs: Codec, watcher: Seen | None = None, machine: Machine = MACHINE, **options: object
    ) -> Summary:
        chosen = codecs or (fakes.Fake(),)
        pictures = tuple(images.find(folder))
        plan = Plan(folder, pictures, tmp_path / "out", chosen, metrics=("psnr",))
        return sweep.run(replace(plan, **options), machine, watcher or Seen())  # type: ignore[arg-type]

    return run


def table(tmp_path: Path) -> list[Row]:
    return rows.read(tmp_path / "out" / rows.NAME)


def timeless(tmp_path: Path) -> list[Row]:
    return [replace(row, encode_s=0, decode_s=0) for row in table(tmp_path)]


# -- what is measured --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("inline")
def test_every_codec_on_every_picture(go, fakes, tmp_path):
    """The table stands in the order of pictures, codecs and qualities; each of the codecs counts."""
    watcher = Seen()
    summary = go(
        fakes.Fake("jpeg"), fakes.Fake("avif", settings="b"), fakes.Fake("avif"), watcher=watcher, jobs=3
    )
    expected = [
        (image, codec, settings, quality)
        for image in ("1.png", "2.png", "10.png", "sub/1.png")
        for codec, settings in (("jpeg", "plain"), ("avif", "b"), ("avif", "plain"))
        for quality in (1.0, 2.5, 8.0)
    ]
    assert [(row.image, row.codec, row.settings, row.quality) for row in table(tmp_path)] == expected
    assert (summary.images, summary.rows, summary.measured, summary.kept) == (4, 36, 36, 0)
    assert summary.codecs == (Count("jpeg", 12, 0), Count("avif", 24, 0))
    assert summary.failures == () and watcher.said == []
    assert watcher.told[-1] == Progress(36, 0, 36, ())
    assert [now.done for now in watcher.told] == sorted(now.done for now in watcher.told)
    assert all(len(now.at_work) <= 3 for now in watcher.told)
    assert any("2.png avif (b) 2.5" in now.at_work for now in watcher.told)


@pytest.mark.usefixtures("inline")
def test_pictures_come_one_after_another(go):
    """So that a worker needs few of them, and the list of what is next stays short."""
    watcher = Seen()
    go(watcher=watcher, jobs=1)
    at_work = [now.at_work[0].split()[0] for now in watcher.told if now.at_work]
    assert len(at_work) == 16
    assert [name for name, _ in groupby(at_work)] == ["1.png", "2.png", "10.png", "sub/1.png"]


@pytest.mark.usefixtures("inline")
def test_fast_and_own_qualities(go, fakes, tmp_path):
    go(fakes.Fake(), fakes.Fake("jp2", fast_qualities=()), fast=True)
    assert {(row.codec, row.quality) for row in table(tmp_path)} == {("fake", 2.5)}
    go(fakes.Fake(), fakes.Fake("mezzotint"), qualities=(0.0, 33.0))
    assert {row.quality for row in table(tmp_path) if row.codec == "mezzotint"} == {0, 33}
    assert {row.quality for row in table(tmp_path) if row.codec == "fake"} == {1, 2.5, 8}


def test_the_set_is_named_as_it_was_typed(tmp_path, monkeypatch):
    (tmp_path / "kodak" / "sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to("kodak")
    monkeypatch.chdir(tmp_path / "kodak" / "sub")
    for typed, name in (
        (tmp_path / "kodak", "kodak"),
        (Path(".."), "kodak"),
        (Path(), "sub"),
        (tmp_path / "link", "link"),
    ):
        assert Plan(typed, (), tmp_path, ()).set_name == name


# -- what is not measured again ----------------------------------------------------------------------------


@pytest.mark.usefixtures("inline")
def test_nothing_is_measured_twice(go, fakes, tmp_path):
    journal = tmp_path / "journal"
    codec = fakes.Fake(qualities=(1.0, 1 / 3, 8.0), journal=str(journal))  # a third, as a row holds it
    go(codec)
    first, lines = (tmp_path / "out" / rows.NAME).read_bytes(), journal.read_text()
    description = (tmp_path / "out" / about.NAME).read_bytes()
    watcher = Seen()
    summary = go(codec, watcher=watcher, machine=replace(MACHINE, command="mzt again"))
    assert (summary.measured, summary.kept, summary.rows) == (0, 12, 12)
    assert journal.read_text() == lines
    assert (tmp_path / "out" / rows.NAME).read_bytes() == first
    assert (tmp_path / "out" / about.NAME).read_bytes() == description
    assert watcher.told[-1] == Progress(12, 12, 0, ())
    go(replace(codec, qualities=(1.0, 4.0)))
    assert journal.read_text().count("\n") == 12 + 4
    assert len(table(tmp_path)) == 16


@pytest.mark.usefixtures("inline")
def test_more_metrics_are_measured_anew(go, fakes, tmp_path):
    go()
    summary = go(metrics=METRICS)
    assert (summary.measured, summary.kept, summary.rows) == (12, 0, 12)
    assert all(row.ssimulacra2 is not None for row in table(tmp_path))
    assert go().kept == 12  # PSNR is among them


@pytest.mark.usefixtures("inline")
def test_another_version_is_another_row(go, fakes, tmp_path):
    go()
    assert go(fakes.Fake(version="fake 2.0")).measured == 12
    assert len(table(tmp_path)) == 24


@pytest.mark.usefixtures("inline")
def test_a_changed_picture_is_measured_anew(go, folder, photo, tmp_path):
    go()
    before = {row.image: row.digest for row in table(tmp_path)}
    draw(folder / "2.png", photo, 9)
    summary = go()
    after = {row.image: row.digest for row in table(tmp_path)}
    assert (summary.measured, summary.kept, summary.rows) == (3, 9, 12)  # the old rows are gone
    assert [image for image in after if before[image] != after[image]] == ["2.png"]


@pytest.mark.usefixtures("inline")
def test_rows_that_nobody_asked_for_stay(go, fakes, folder, tmp_path):
    go(fakes.Fake("jpeg"))
    summary = go(fakes.Fake("webp"), pictures=(folder / "10.png",))
    assert (summary.measured, summary.kept, summary.rows) == (3, 0, 15)
    assert [row.codec for row in table(tmp_path) if row.image == "10.png"] == ["jpeg"] * 3 + ["webp"] * 3


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("done", [0, 1, 5, 11])
def test_a_stopped_run_goes_on(go, fakes, tmp_path, done):
    journal = tmp_path / "journal"
    codec = fakes.Fake(journal=str(journal))
    with pytest.raises(MezzotintError) as caught:
        go(codec, watcher=Seen(stop_after=done), jobs=2)
    written = len(table(tmp_path))
    assert caught.value.what == f"interrupted with {written} rows in {tmp_path / 'out' / rows.NAME}"
    assert written >= done
    unfinished = about.read(tmp_path / "out")
    assert (unfinished is None and written == 0) or (unfinished is not None and not unfinished.finished)
    with open(tmp_path / "out" / rows.NAME, "a") as file:
        file.write("fake,fake 1.0,pla")  # what a kill in the middle of a row leaves
    summary = go(codec)
    assert (summary.kept, summary.measured) == (written, 12 - written)
    stopped = timeless(tmp_path)
    go(codec, output=tmp_path / "unbroken")
    assert stopped == [
        replace(row, encode_s=0, decode_s=0) for row in rows.read(tmp_path / "unbroken" / rows.NAME)
    ]


# -- what fails --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("inline")
def test_a_picture_that_fails_is_skipped(go, folder, tmp_path):
    (folder / "2.png").write_bytes((folder / "2.png").read_bytes()[:200])
    (folder / "10.png").write_bytes(b"")
    watcher = Seen()
    summary = go(watcher=watcher, jobs=2)
    assert {row.image for row in table(tmp_path)} == {"1.png", "sub/1.png"}
    assert [failure.image for failure in summary.failures] == ["2.png", "10.png"]
    assert (summary.images, summary.rows) == (2, 6)
    assert [line.split(":")[0] for line in watcher.said] == ["skipped 2.png", "skipped 10.png"]
    assert watcher.told[-1] == Progress(12, 6, 6, ())
    description = about.read(tmp_path / "out")
    assert description is not None and description.failures == summary.failures
    assert str(folder) not in (tmp_path / "out" / about.NAME).read_text()


@pytest.mark.usefixtures("inline")
def test_a_codec_that_fails_is_skipped_and_tried_again(go, fakes, folder, photo, tmp_path):
    draw(folder / "2.png", photo, 1, fakes.MARK)
    watcher = Seen()
    bad = fakes.Fake(fault="raise", at=2.5, marked=True)
    summary = go(bad, fakes.Fake("other"), watcher=watcher, jobs=2)
    assert [failure.line() for failure in summary.failures] == [
        "2.png, fake (plain) at 2.5: ValueError: no such picture"
    ]
    assert watcher.said == ["skipped " + summary.failures[0].line()]
    assert summary.rows == 23
    again = go(fakes.Fake(), fakes.Fake("other"))
    assert (again.measured, again.kept, again.failures) == (1, 23, ())
    description = about.read(tmp_path / "out")
    assert description is not None and description.failures == ()


@pytest.mark.usefixtures("inline")
def test_many_failures_are_listed_not_said(go, fakes, tmp_path):
    watcher = Seen()
    summary = go(fakes.Fake(fault="raise", qualities=tuple(range(10))), watcher=watcher)
    assert len(summary.failures) == 40
    assert len(watcher.said) == 21 and "about.json" in watcher.said[-1]
    description = about.read(tmp_path / "out")
    assert description is not None and len(description.failures) == 40 and table(tmp_path) == []


@pytest.mark.usefixtures("inline")
def test_a_picture_that_is_taken_away_fails_once(go, fakes, folder):
    class Thief(fakes.Fake):
        def encode(self, pixels, quality, threads):
            for path in folder.rglob("*.png"):
                path.unlink()
            return super().encode(pixels, quality, threads)

    watcher = Seen()
    summary = go(Thief(), jobs=3, watcher=watcher)
    names = [failure.image for failure in summary.failures]
    assert len(set(names)) == len(names) == len(watcher.said)
    assert watcher.told[-1].skipped + watcher.told[-1].done == 12


@pytest.mark.usefixtures("inline")
def test_a_missing_metric_stops_at_once(go, monkeypatch, tmp_path):
    def missing(*_: object) -> float:
        raise MissingExtra("SSIMULACRA2 needs ssimulacra2", "pip install 'mezzotint[eval]'")

    monkeypatch.setattr(metrics, "ssimulacra2", missing)
    with pytest.raises(MissingExtra, match="needs ssimulacra2"):
        go(metrics=METRICS)
    assert table(tmp_path) == []


# -- the output --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("inline")
def test_about(go, fakes, folder, photo, tmp_path):
    alpha = np.dstack([photo[:70, :80], photo[:70, :80, 0]])
    Image.fromarray(alpha).save(folder / "2.png")
    watcher = Seen()
    summary = go(left_out=("heic is left out: no package",), watcher=watcher)
    assert watcher.said == ["2.png: transparency is left out"]
    later = replace(MACHINE, command="mzt more", commit="ba9876543210+")
    go(fakes.Fake("other"), machine=later, jobs=2)
    go(fakes.Fake("other", settings="more"), machine=later, jobs=2)
    document = json.loads((tmp_path / "out" / about.NAME).read_text())
    assert (document["command"], document["commit"], document["processor"]) == (
        "mzt more",
        "ba9876543210+",
        "abacus",
    )
    assert document["packages"] == {"numpy": "2"}
    assert (document["set"], document["images"], document["metrics"]) == ("photos", 4, "psnr")
    assert (document["finished"], document["rows"], document["threads"], document["jobs"]) == (True, 36, 1, 2)
    assert document["earlier"] == ["mzt eval a -o b (commit 0123456789ab)"]
    assert [note["image"] for note in document["notes"]] == ["2.png"]
    assert summary.left_out == ("heic is left out: no package",)


@pytest.mark.usefixtures("inline")
def test_another_set_is_refused(go, folder, tmp_path):
    go()
    before = (tmp_path / "out" / rows.NAME).read_bytes()
    other = shutil.copytree(folder, folder.with_name("others"))
    with pytest.raises(UsageError, match="holds measurements of 'photos', not of 'others'"):
        go(folder=other, pictures=(other / "1.png",))
    assert (tmp_path / "out" / rows.NAME).read_bytes() == before


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("name", [rows.NAME, about.NAME])
def test_files_of_others_are_kept(go, tmp_path, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("something else")
    with pytest.raises(DamagedFile, match="name another folder"):
        go()
    assert (tmp_path / "out" / name).read_text() == "something else"


def test_an_output_that_cannot_be(go, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(FileAccess, match="out is not a folder"):
        go()
    with pytest.raises(FileAccess, match="is not a folder"):
        go(output=tmp_path / "out" / "below")


@pytest.mark.usefixtures("inline")
def test_a_full_disk(go, fakes, tmp_path, monkeypatch):
    append = rows.append

    def fill(file, row):
        if row.image == "2.png":
            file.write("fake,fak")
            file.flush()
            raise OSError(errno.ENOSPC, "No space left on device")
        append(file, row)

    monkeypatch.setattr(rows, "append", fill)
    with pytest.raises(FileAccess, match="no space is left in .*; free some, and the same command goes on"):
        go()
    assert {row.image for row in table(tmp_path)} == {"1.png"}
    monkeypatch.undo()
    monkeypatch.setattr(sweep, "Worker", Inline)
    assert go().kept == 3
    assert len(table(tmp_path)) == 12


@pytest.mark.usefixtures("inline")
def test_two_runs_at_once(go, tmp_path):
    (tmp_path / "out").mkdir()
    with only_run(tmp_path / "out"), pytest.raises(FileAccess, match="another run writes into"):
        go()
    assert go().rows == 12  # the file of the lock stays, and does no harm
