# SPDX-License-Identifier: Apache-2.0
"""One measurement: what stands in its row, and what becomes of every kind of failure."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import MissingExtra
from mezzotint.evaluate import images, metrics
from mezzotint.evaluate.failures import Failure, Note
from mezzotint.evaluate.measure import METRICS, Look, Measure, Measurer, Seen, Setup
from mezzotint.evaluate.rows import Row


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return import_module("fake_codecs")


@pytest.fixture
def path(tmp_path, photo):
    Image.fromarray(photo[:180, :170]).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_row_says_what_was_measured(fakes, path, photo):
    codec = fakes.Fake()
    row = Measurer(Setup(METRICS)).answer(Measure(path, "sub/a.png", codec, 2.5))
    assert isinstance(row, Row)
    pixels = photo[:180, :170]
    data = codec.encode(pixels, 2.5, 1)
    back = codec.decode(data, 1)
    assert (row.codec, row.version, row.settings, row.quality) == ("fake", "fake 1.0", "plain", 2.5)
    assert (row.image, row.digest, row.width, row.height) == ("sub/a.png", images.digest(pixels), 170, 180)
    assert (row.bytes, row.bpp) == (len(data), 8 * len(data) / (170 * 180))
    assert row.psnr == pytest.approx(metrics.psnr(pixels, back))
    assert row.ms_ssim == pytest.approx(metrics.ms_ssim(pixels, back))
    assert row.ssimulacra2 == pytest.approx(metrics.ssimulacra2(pixels, back))
    assert (row.threads, row.metrics) == (1, "psnr ms_ssim ssimulacra2")
    assert 0 < row.encode_s < 5 and 0 < row.decode_s < 5


def test_only_what_is_asked_for_is_measured(fakes, path, monkeypatch):
    monkeypatch.setattr(metrics, "ms_ssim", None)
    monkeypatch.setattr(metrics, "ssimulacra2", None)
    row = Measurer(Setup(("psnr",))).answer(Measure(path, "a.png", fakes.Fake(), 2.5))
    assert isinstance(row, Row)
    assert (row.psnr is None, row.ms_ssim, row.ssimulacra2, row.metrics) == (False, None, None, "psnr")


def test_identical_pictures_are_finite(fakes, path):
    row = Measurer(Setup(METRICS)).answer(Measure(path, "a.png", fakes.Fake(), 8.0))
    assert isinstance(row, Row)
    assert (row.psnr, row.ms_ssim, row.ssimulacra2) == (100, pytest.approx(1), pytest.approx(100))


def test_a_small_picture_has_no_ms_ssim(fakes, tmp_path, photo):
    Image.fromarray(photo[:70, :200]).save(tmp_path / "a.png")
    row = Measurer(Setup(METRICS)).answer(Measure(tmp_path / "a.png", "a.png", fakes.Fake(), 2.5))
    assert isinstance(row, Row)
    assert row.ms_ssim is None and row.psnr is not None


def test_times_are_those_of_the_codec_without_its_first_call(fakes, path):
    class Slow(fakes.Fake):
        started = False

        def encode(self, pixels, quality, threads):
            if not Slow.started:  # as if a library were loaded
                Slow.started = True
                import time

                time.sleep(0.3)
            return super().encode(pixels, quality, threads)

    measurer = Measurer(Setup(("psnr",)))
    first = measurer.answer(Measure(path, "a.png", Slow(), 2.5))
    second = measurer.answer(Measure(path, "a.png", fakes.Fake(seconds=0.2), 2.5))
    assert isinstance(first, Row) and isinstance(second, Row)
    assert first.encode_s < 0.25
    assert second.encode_s >= 0.2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raise", "ValueError: no such picture"),
        ("memory", "MemoryError"),
        ("shape", "what comes back is uint8 (90, 170, 3), not uint8 (180, 170, 3)"),
    ],
)
def test_a_codec_that_fails_is_named(fakes, path, fault, reason):
    codec = fakes.Fake(fault=fault)
    measurer = Measurer(Setup(METRICS))
    failure = measurer.answer(Measure(path, "a.png", codec, 2.5))
    assert failure == Failure("a.png", reason, "fake", "plain", 2.5)
    assert failure.line() == f"a.png, fake (plain) at 2.5: {reason}"
    assert isinstance(measurer.answer(Measure(path, "a.png", replace(codec, fault=""), 2.5)), Row)


def test_a_metric_that_is_missing_stops_everything(fakes, path, monkeypatch):
    def missing(*_: object) -> float:
        raise MissingExtra("SSIMULACRA2 needs ssimulacra2", "pip install 'mezzotint[eval]'")

    monkeypatch.setattr(metrics, "ssimulacra2", missing)
    assert isinstance(
        Measurer(Setup(METRICS)).answer(Measure(path, "a.png", fakes.Fake(), 2.5)), MissingExtra
    )


@pytest.mark.parametrize("folder", ["plain", "two\n lines"])
def test_a_picture_that_fails_is_named_without_its_folder(fakes, path, folder):
    path.write_bytes(path.read_bytes()[:500])
    path.parent.joinpath(folder).mkdir()
    path = path.rename(path.parent / folder / "a.png")
    for job in (Look(path, "sub/a.png"), Measure(path, "sub/a.png", fakes.Fake(), 2.5)):
        failure = Measurer(Setup(METRICS)).answer(job)
        assert isinstance(failure, Failure)
        assert (failure.image, failure.codec, failure.quality) == ("sub/a.png", "", None)
        assert str(path.parent.parent) not in failure.line()
        assert failure.line().startswith("sub/a.png: ")


def test_the_limit_of_pixels_holds(path):
    failure = Measurer(Setup(METRICS, max_pixels=99)).answer(Look(path, "a.png"))
    assert failure == Failure("a.png", "170x180 pixels, over the limit of 99")


def test_looking_gives_digest_and_notes(tmp_path, photo):
    pixels = np.dstack([photo[:20, :20], photo[:20, :20, 0]])
    Image.fromarray(pixels).save(tmp_path / "a.png")
    seen = Measurer(Setup(METRICS)).answer(Look(tmp_path / "a.png", "a.png"))
    note = Note("a.png", "transparency is left out")
    assert seen == Seen("a.png", images.digest(photo[:20, :20]), (note,))


def test_at_most_two_pictures_are_kept(tmp_path, photo, fakes, monkeypatch):
    loaded = []
    load = images.load

    def counted(path, *rest):
        loaded.append(path.name)
        return load(path, *rest)

    monkeypatch.setattr(images, "load", counted)
    for name in "abc":
        Image.fromarray(photo[:70, :80]).save(tmp_path / f"{name}.png")
    measurer = Measurer(Setup(("psnr",)))
    for name in "aaabaabbcbbca":
        assert isinstance(measurer.answer(Measure(tmp_path / f"{name}.png", name, fakes.Fake(), 1)), Row)
    assert loaded == ["a.png", "b.png", "c.png", "a.png"]
    assert len(measurer._pictures) == 2
