# SPDX-License-Identifier: Apache-2.0
"""GaussianImage: bytes, PSNR and decoding of small pictures; what tuning under the quantisers is worth."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mezzotint.lab.layers.splat import REACH
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.gaussians import LEAST, PITCH
from mezzotint.lab.systems.clip import psnr
from mezzotint.lab.systems.gaussian_image import GaussianImage

pytest.importorskip("numba")


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    rows, columns = np.mgrid[:48, :64]
    edge = 70 * (columns + rows > 60)
    return (
        np.stack([128 + 50 * np.sin(rows / 6 + k) + edge - 35 for k in range(3)], 2)
        .clip(0, 255)
        .astype(np.uint8)
    )


@pytest.fixture(scope="module")
def tuned(start: Start) -> GaussianImage:
    return GaussianImage(start, steps=120, tuning=80)


def test_more_gaussians_are_more_bytes_and_a_better_picture(
    tuned: GaussianImage, picture: np.ndarray
) -> None:
    files = [tuned.compress(picture, quality) for quality in (0, 2, 4)]
    found = [psnr(picture, tuned.decompress(file)) for file in files]
    assert len(files[0]) < len(files[1]) < len(files[2]) < picture.size / 8
    assert found[0] + 1 < found[1] < found[2] - 1 and found[2] > 28


def test_tuning_under_the_quantisers_is_worth_its_steps(picture: np.ndarray, start: Start) -> None:
    """The role check: as many steps in all, as many Gaussians, nearly as many bytes."""
    tuned, plain = GaussianImage(start, steps=300, tuning=300), GaussianImage(start, steps=600, tuning=0)
    ours, theirs = (system.compress(picture, 3) for system in (tuned, plain))
    assert len(ours) < 1.1 * len(theirs)
    assert psnr(picture, tuned.decompress(ours)) > psnr(picture, plain.decompress(theirs)) + 1


def test_a_picture_is_the_sum_of_what_is_sent(tuned: GaussianImage, picture: np.ndarray) -> None:
    """Drawn from the integers by the formula alone, in float64 and without any of the renderer."""
    coded = tuned.fitted(picture, 1)
    shape = coded.shape * coded.scale.astype(float) + coded.offset.astype(float)
    tall, slant, wide = np.maximum(shape[:, 0], 0) + LEAST, shape[:, 1], np.maximum(shape[:, 2], 0) + LEAST
    x, y = ((coded.place + 0.5) / PITCH - 0.5).T
    colour = sum(book[code] for book, code in zip(coded.books.astype(float), coded.code.T, strict=True))
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    drawn = np.zeros(picture.shape) + coded.background / 255
    for n in range(len(x)):
        u = (rows - y[n]) / tall[n]
        w = (columns - x[n] - slant[n] * u) / wide[n]
        inside = u**2 + w**2 <= REACH**2
        drawn += (np.exp(-(u**2 + w**2) / 2) * inside)[..., None] * colour[n]
    back = tuned.decompress(tuned.compress(picture, 1)).astype(int)
    difference = np.abs((drawn.clip(0, 1) * 255).round() - back)
    assert difference.max() <= 2 and (difference > 0).mean() < 0.05


def test_a_pixel_and_a_line_are_pictures(start: Start) -> None:
    system = GaussianImage(start, steps=3, tuning=3)
    for shape in ((1, 1, 3), (1, 40, 3), (33, 1, 3)):
        media = np.full(shape, 200, np.uint8)
        assert psnr(media, system.decompress(system.compress(media, 0))) > 35


def test_options_out_of_range_are_refused(start: Start) -> None:
    for wrong in ({"steps": 0}, {"tuning": -1}, {"books": 0}, {"books": 9}, {"codes": 1}):
        with pytest.raises(ValueError, match="choose"):
            GaussianImage(start, **wrong)


@pytest.mark.slow
def test_decoding_is_quick(start: Start) -> None:
    """Some hundred frames of 192x192 a second on one core: far from a GPU's 1000, nearer to it than a network is."""
    rows, columns = np.mgrid[:192, :192]
    media = np.stack([rows, columns, rows // 2 + columns // 2], 2).astype(np.uint8)
    system = GaussianImage(start, steps=5, tuning=0)
    data = system.compress(media, 4)
    taken = []
    for _ in range(5):
        begun = time.process_time()
        system.decompress(data)
        taken.append(time.process_time() - begun)
    assert min(taken) < 0.05
