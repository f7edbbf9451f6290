# SPDX-License-Identifier: Apache-2.0
"""Entropic Student: files become features and probabilities, curves are of whole files, and damage is told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.errors import DamagedFile
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.labelled import CLASSES
from mezzotint.lab.models.classifier import FEATURES
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.framed import Start
from mezzotint.lab.recipes.published import entropic_student as recipe
from mezzotint.lab.systems import System, stream, task
from mezzotint.lab.systems.claims import Trial
from mezzotint.lab.systems.entropic_student import EntropicStudent


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], np.ndarray]) -> np.ndarray:
    return sample("photo")


def test_features_and_probabilities(made: Callable[[str], System], photo: np.ndarray) -> None:
    system = made("entropic_student")
    features = system.decompress(system.compress(photo, 3500))
    assert features.dtype == np.float32 and features.shape == (FEATURES, 10, 13)
    said = system.classify(np.stack([features, features]))
    assert said.shape == (2, len(CLASSES)) and said.dtype == np.float32
    np.testing.assert_allclose(said.sum(1), 1, rtol=1e-5)
    assert np.array_equal(said, system.classify(np.stack([features, features])))


def test_lower_quality_is_smaller(made: Callable[[str], System], photo: np.ndarray) -> None:
    system = made("entropic_student")
    sizes = [len(system.compress(photo, quality)) for quality in system.qualities]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]


def test_the_sender_is_lighter_than_the_teacher(made: Callable[[str], System]) -> None:
    system, x = made("entropic_student"), torch.zeros(1, 3, 64, 64)
    assert count(system.student.sender, x).macs < 0.5 * count(system.teacher, x).macs
    assert not any(p is q for p in system.parameters() for q in system.teacher.parameters())


def test_without_a_share_the_teacher_still_lends_its_late_stages(start: Start, crops: Crops) -> None:
    """The ablation differs in its losses alone: before them both students are the same."""
    begun = []
    for share in (1.0, 0.0):
        torch.manual_seed(0)
        system = EntropicStudent(start, share)
        system.learn(crops, 1, 0)
        begun.append(system)
    on, off = begun
    for a, b in zip(on.teacher.parameters(), off.teacher.parameters(), strict=True):
        assert torch.equal(a, b)
    moved = [torch.equal(a, b) for a, b in zip(on.parameters(), off.parameters(), strict=True)]
    assert not all(moved)


def test_fields_that_lie_are_refused(made: Callable[[str], System], photo: np.ndarray) -> None:
    system = made("entropic_student")
    found = stream.read(system.compress(photo, 2000), system.name, stream.identity(system))
    for quality, chunks in ((9999, found.chunks), (2000, ()), (2000, (*found.chunks, b"word"))):
        with pytest.raises(DamagedFile):
            system.decompress(
                stream.write(stream.Stream(system.name, found.weights, quality, found.shape, tuple(chunks)))
            )


def test_a_share_is_a_share(start: Start) -> None:
    with pytest.raises(ValueError, match="choose 0 to 1"):
        EntropicStudent(start, 1.5)


def test_the_judge_counts_whole_files(
    made: Callable[[str], System], crops: Crops, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one sheet of sixteen tiles: rates are those of its file, and JPEG stands beside it."""
    monkeypatch.setattr(task, "TILES", 16)
    monkeypatch.setattr(recipe, "PIXEL_QUALITIES", {"JPEG": (5, 60)})
    system = made("entropic_student")
    pictures = tuple(p.permute(1, 2, 0).numpy() for p in crops.photos)
    tests = task.judged_tiles(pictures)
    assert len(tests.classes) == 16 and len(task.sheets(tests)) == 1
    curve = recipe.student_curve(system, tests)
    sizes = [len(system.compress(task.sheets(tests)[0], quality)) / 16 for quality in system.qualities]
    assert [rate for rate, _ in curve] == sizes
    verdict = recipe.judge(Trial(system, system, (), (), pictures, crops, 2, 0))
    assert verdict.on == verdict.off == 0 and not verdict.holds
    assert sum("JPEG at" in figure.name for figure in verdict.figures) == 2
