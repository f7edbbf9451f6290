# SPDX-License-Identifier: Apache-2.0
"""Samples, curves, coders and metrics of the search, and the search itself on curves that no photo has."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mezzotint import bundle as bundles
from mezzotint import evaluate
from mezzotint.bitstream import Container, Header, write
from mezzotint.runtime.encode import encode_picture
from mezzotint.runtime.latents import Model, open_model
from mezzotint.runtime.pictures import Picture, from_array
from mezzotint.runtime.search import metrics
from mezzotint.runtime.search.approach import approach, best_of
from mezzotint.runtime.search.busyness import busyness
from mezzotint.runtime.search.coders import REACH, Held
from mezzotint.runtime.search.curve import Curve
from mezzotint.runtime.search.goal import psnr_goal, size_goal, ssim_goal
from mezzotint.runtime.search.measure import bytes_beside, file_size, size_of_whole
from mezzotint.runtime.search.sample import sample

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def default() -> Model:
    return open_model(bundles.default(), 1)


@pytest.fixture(scope="module")
def coffee(root: Path) -> Pixels:
    with Image.open(root / "examples" / "coffee.png") as image:
        return np.asarray(image.convert("RGB"))


# -- samples ----------------------------------------------------------------------------------------------


def test_a_sample_foretells_the_size(coffee, default):
    """To a quarter at any quality, and the change between two qualities better."""
    picture = from_array(coffee)
    part = sample(picture, busyness(picture))
    assert part is not None and part.picture.colour.size * 4 < coffee.size
    whole, code = Held(picture, (), default, 10, 4095), Held(part.picture, (), default, 10, 4095)
    measure = size_of_whole(part, 60)
    off = []
    for quality in (500, 1500, 2500, 3500):
        off.append(math.log(measure(code(quality), b"") / len(write(whole(quality)))))
    assert max(map(abs, off)) < 0.25
    assert max(np.abs(np.diff(off[1:]))) < 0.05 and off[0] - off[1] < 0.15  # seams cost most at low qualities


@pytest.mark.parametrize("shape", [(64, 6000, 3), (9000, 40), (100, 5000, 3), (1, 9000, 3), (640, 640)])
def test_samples_of_any_shape(shape):
    picture = from_array(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))
    part = sample(picture, busyness(picture))
    assert part is not None
    height, width = part.picture.colour.shape[:2]
    assert height % 64 == 0 and width % 64 == 0 and part.picture.colour.ndim == len(shape)
    assert 4 < part.times < 10


def test_a_sample_reaches_all_corners():
    """Of a large picture, whose blocks are numbered by their grey."""
    rows, columns = np.mgrid[:40, :50]
    numbers = (rows // 10 * 5 + columns // 10).astype(np.uint8)
    picture = from_array(np.repeat(np.repeat(numbers, 64, 0), 64, 1))
    part = sample(picture, 1.0)
    assert part is not None and set(np.unique(part.picture.colour)) == set(range(20))


def test_small_pictures_have_none():
    assert sample(from_array(np.zeros((448, 512), np.uint8)), 1.0) is None


def test_busyness(coffee):
    flat = Picture(np.full((70, 90, 3), 9, np.uint8))
    assert 0 < busyness(flat) < 0.3 * busyness(from_array(coffee))
    deep = Picture(coffee.astype(np.uint16) * 257, bit_depth=16)
    assert busyness(deep) == busyness(from_array(coffee))
    assert busyness(from_array(np.zeros((1, 70000), np.uint8))) > 0  # longer than a JPEG can be


# -- coders -----------------------------------------------------------------------------------------------


def test_held_codes_as_the_encoder_does(photo, model):
    """The same bytes at the quality of its analysis, which is kept for qualities that are near."""
    code = Held(from_array(photo), (), model, 7)
    assert write(code(2000)) == write(encode_picture(from_array(photo), 2000, model, 7))
    assert code(2000 + REACH).header.quality == 2000 + REACH
    assert code.analyses == 1
    assert write(code(3000)) == write(encode_picture(from_array(photo), 3000, model, 7))
    assert code.analyses == 2


def test_bytes_beside(photo, model):
    container = encode_picture(from_array(photo), 2000, model, 6)
    chunks = sum(len(chunk) for layer in container.layers for chunk in layer)
    count = sum(map(len, container.layers))
    assert abs(bytes_beside(container.header, ()) - (len(write(container)) - chunks)) <= count


# -- curves -----------------------------------------------------------------------------------------------


def test_curve_between_and_beyond():
    curve = Curve(0.01)
    curve.add(1000, 5.0)
    assert curve.where(5.5) == 1050 and curve.at(1050) == pytest.approx(5.5)
    curve.add(2000, 25.0)  # twice the usual slope
    assert curve.where(15.0) == 1500 and curve.at(1500) == pytest.approx(15)
    assert curve.where(27.0) == 2100 and curve.where(3.0) == 900
    assert curve.where(1e9) == 4095 and curve.where(-1e9) == 0
    assert curve.distance(24.0) == 1.0
    curve.add(2010, 24.9)  # falls, and is too near to tell a slope
    assert 2000 <= curve.where(25.05) <= 2030


BESIDE = 40  # bytes of a file whose size a ladder gives, header and index
LADDERS = {
    "line": lambda q: 1000 * math.exp(q / 1000),
    "steps": lambda q: 1000 + 4 * (q // 25),
    "cliff": lambda q: 1000 if q < 2222 else 50000,
    "flat, then steep": lambda q: 1000 + max(0, q - 3900) * 40,
    "bent": lambda q: 200 + 30000 * (q / 4095) ** 0.2,
    "jagged": lambda q: 900 + 20 * q + 300 * (q % 7),
}


@pytest.mark.parametrize("name", LADDERS)
@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.7, 1, 1.2])
def test_any_curve(name, share):
    """The largest file that fits is found, or one within the tolerance; that none fits, only where none does."""
    sizes = [int(LADDERS[name](quality)) for quality in range(4096)]
    most = math.floor(sizes[0] + share * (sizes[-1] - sizes[0])) + BESIDE
    goal = size_goal(most, BESIDE, 10000, 0.3)
    trials = approach(goal, ladder(LADDERS[name]), file_size, None, goal.start, 16)
    best = best_of(goal, trials)
    assert best is not None and best.reached <= most
    fitting = max(size + BESIDE for size in sizes if size + BESIDE <= most)
    step = 300 * 7 if name == "jagged" else 4
    assert best.reached >= min(goal.nearest, fitting - step)
    assert len(trials) <= (3 if name == "line" else 16)


def test_no_file_fits():
    goal = size_goal(900, BESIDE, 10000, 0.3)
    for start in (0, 1, 300, 4000):
        trials = approach(goal, ladder(LADDERS["line"]), file_size, None, start, 16)
        assert best_of(goal, trials) is None and trials[-1].quality == 0


def ladder(size: Callable[[int], float]) -> Callable[[int], Container]:
    """A coder whose chunk has a size that is given."""

    def code(quality: int) -> Container:
        header = Header(
            width=64, height=64, channels=3, quality=quality, model_id=bytes(8), layer_count=1, tile_log2=6
        )
        return Container(header, (), ((bytes(int(size(quality))),),))

    return code


@pytest.mark.parametrize("goal", [psnr_goal(36), ssim_goal(0.95)])
def test_goals_of_quality(goal):
    assert goal.held(goal.value) and goal.close(goal.value) and not goal.held(goal.value - 1e-6)
    assert goal.held(1e9) and not goal.close(goal.value + 0.2)
    assert goal.level(goal.value) < goal.aim < goal.level(goal.nearest) and 0 < goal.start < 4095
    assert math.isfinite(goal.level(math.inf if goal.value > 1 else 1.0))


def test_goal_of_size():
    goal = size_goal(1000, 100, 10000, 0.3)
    assert goal.close(1000) and goal.close(980) and not goal.close(979) and not goal.held(1001)
    assert 100 + math.exp(goal.aim) == pytest.approx(991)
    assert goal.level(50) == 0.0  # less than what is beside: no logarithm of nothing


# -- metrics ----------------------------------------------------------------------------------------------


def test_psnr_is_the_one_that_we_report(coffee):
    other = np.clip(coffee.astype(int) + np.random.default_rng(1).integers(-9, 9, coffee.shape), 0, 255)
    other = other.astype(np.uint8)
    assert metrics.psnr(coffee, other, 255) == evaluate.metrics.psnr(coffee, other)
    assert metrics.psnr(coffee, coffee, 255) == math.inf
    wide = [samples.astype(np.uint16) * 257 for samples in (coffee, other)]
    assert metrics.psnr(*wide, 65535) == pytest.approx(metrics.psnr(coffee, other, 255))


@pytest.mark.parametrize("shape", [(40, 31, 3), (23, 37), (4, 30, 3), (1, 1)])
def test_ssim_as_it_is_defined(shape, monkeypatch):
    rng = np.random.default_rng(2)
    one = rng.integers(0, 256, shape).astype(np.uint8)
    other = np.clip(one + rng.normal(0, 20, shape), 0, 255).astype(np.uint8)
    monkeypatch.setattr(metrics, "_BAND", 9)  # several bands
    assert metrics.ssim(one, other, 255) == pytest.approx(plain_ssim(one, other), abs=2e-5)
    assert metrics.ssim(one, one, 255) == 1.0
    wide = [samples.astype(np.uint16) * 257 for samples in (one, other)]
    assert metrics.ssim(*wide, 65535) == pytest.approx(metrics.ssim(one, other, 255), abs=1e-6)


def plain_ssim(one: Pixels, other: Pixels) -> float:
    """Window by window, as equation 13 of the paper with the weights of its section III.B."""
    line = np.exp(-((np.arange(11) - 5) ** 2) / 4.5)
    window = np.outer(line, line) / line.sum() ** 2
    a, b = (luma(samples) for samples in (one, other))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    found = []
    for top in range(a.shape[0] - 10):
        for left in range(a.shape[1] - 10):
            x, y = (plane[top : top + 11, left : left + 11] for plane in (a, b))
            mx, my = (window * x).sum(), (window * y).sum()
            vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
            cov = (window * (x - mx) * (y - my)).sum()
            found.append((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2)))
    return float(np.mean(found))


def luma(samples: Pixels) -> NDArray[np.float64]:
    plane = samples @ np.array([0.299, 0.587, 0.114]) if samples.ndim == 3 else samples.astype(float)
    return np.pad(plane, [(0, max(0, 11 - side)) for side in plane.shape], mode="edge")
