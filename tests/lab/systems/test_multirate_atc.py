# SPDX-License-Identifier: Apache-2.0
"""MultiRate-ATC: one model against JPEG at every rate, its files against its tables, and its ablation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mezzotint.evaluate.bdrate import bd_rate
from mezzotint.evaluate.metrics import psnr
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.framed import Start
from mezzotint.lab.recipes.published.multirate_atc import beside_entropy, jpeg_curve
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.claims import Curve
from mezzotint.lab.systems.multirate_atc import MultiRateAtc

STEPS = 6


def trained(spec: str, root: Path, start: Start) -> MultiRateAtc:
    """On the examples but the cat."""
    pictures = []
    for name in ("astronaut", "coffee", "rocket"):
        with Image.open(root / "examples" / f"{name}.png") as image:
            pictures.append(torch.from_numpy(np.asarray(image.convert("RGB")).transpose(2, 0, 1).copy()))
    torch.manual_seed(0)
    system = SYSTEMS.build(spec, start)
    assert isinstance(system, MultiRateAtc)
    system.learn(Crops(pictures, 128, 2), STEPS, 0)
    return system


@pytest.fixture(scope="module")
def system(root: Path, start: Start) -> MultiRateAtc:
    return trained("multirate_atc", root, start)


@pytest.fixture(scope="module")
def cat(photo: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(photo[20:276, 60:316])


def curve(system: MultiRateAtc, picture: np.ndarray) -> Curve:
    points = []
    for quality in system.qualities:
        data = system.compress(picture, quality)
        points.append((8 * len(data) / picture[..., 0].size, psnr(picture, system.decompress(data))))
    return tuple(points)


def test_one_model_beats_jpeg_at_all_rates(system: MultiRateAtc, cat: np.ndarray) -> None:
    found = curve(system, cat)
    rates, qualities = zip(*found, strict=True)
    assert list(rates) == sorted(rates) and list(qualities) == sorted(qualities) and rates[-1] > 8 * rates[0]
    for subsampling in ("4:2:0", "4:4:4"):
        jpeg = jpeg_curve((cat,), subsampling)
        assert bd_rate(jpeg, found) < -25
        for rate, quality in jpeg:  # at each of its rates, and not in the mean alone
            if rates[0] < rate < rates[-1]:
                assert np.interp(math.log(rate), np.log(rates), qualities) > quality + 0.5


def test_files_hold_little_beside_the_entropy(system: MultiRateAtc, cat: np.ndarray) -> None:
    assert 0 < beside_entropy(system, (cat,), 3500) < 0.5
    spent = 8 * len(system.compress(cat, 500)) - system.bits(cat, 500)
    assert 0 < spent < 8 * 60, "bits of head, checksum and the coder's end"


def test_black_is_nearly_free(system: MultiRateAtc) -> None:
    black = np.zeros((300, 200, 3), np.uint8)
    data = system.compress(black, 2000)
    assert len(data) < 150 and system.decompress(data).max() <= 2


@pytest.mark.slow
def test_learned_steps_and_contexts_save_rate(
    system: MultiRateAtc, root: Path, start: Start, cat: np.ndarray
) -> None:
    plain = trained("multirate_atc(anchors=0, reach=0)", root, start)
    contexts = trained("multirate_atc(anchors=0)", root, start)
    assert bd_rate(curve(plain, cat), curve(contexts, cat)) < -5
    assert bd_rate(curve(plain, cat), curve(system, cat)) < -5
