# SPDX-License-Identifier: Apache-2.0
"""Clips made of photos."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.lab.data.clips import high_band, moving


@pytest.fixture
def photo() -> np.ndarray:
    rows, columns = np.mgrid[:90, :140]
    return np.stack([rows * 2, columns, 128 + 60 * np.sin(rows / 5 + columns / 7)], 2).astype(np.uint8)


@pytest.mark.parametrize(("frames", "rows", "columns"), [(1, 1, 1), (4, 50, 70), (3, 200, 33)])
def test_clips_have_the_size_that_is_asked_for(
    photo: np.ndarray, frames: int, rows: int, columns: int
) -> None:
    clip = moving(photo, frames, rows, columns)
    assert clip.shape == (frames, rows, columns, 3) and clip.dtype == np.uint8


def test_seeds_decide_and_the_photo_is_not_touched(photo: np.ndarray) -> None:
    before = photo.copy()
    photo.setflags(write=False)
    assert np.array_equal(moving(photo, seed=1), moving(photo, seed=1))
    assert not np.array_equal(moving(photo, seed=1), moving(photo, seed=2))
    assert np.array_equal(photo, before)


def test_the_camera_moves_smoothly(photo: np.ndarray) -> None:
    """Each frame is nearer to the next than to the last, and none is the next."""
    clip = moving(photo, 8).astype(float)
    to_next = np.abs(np.diff(clip, axis=0)).mean((1, 2, 3))
    to_last = np.abs(clip[:-2] - clip[-1]).mean((1, 2, 3))
    assert (to_next > 0.1).all() and (to_next[:-1] < to_last).all()


def test_a_flat_photo_gives_a_flat_clip() -> None:
    assert (moving(np.full((40, 50, 3), 77, np.uint8)) == 77).all()


def test_the_high_band_is_without_gradients_and_keeps_edges() -> None:
    ramp = np.broadcast_to(np.arange(0, 60, 3, dtype=np.uint8)[None, None, :, None], (2, 9, 20, 3))
    assert np.abs(high_band(ramp)[:, :, 2:-2]).max() < 1e-4
    dots = np.zeros((1, 9, 9, 3), np.uint8)
    dots[0, 4, 4] = 255
    assert high_band(dots)[0, 4, 4, 0] == pytest.approx(255 * (1 - 36 / 256))


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_other_photos_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="give uint8"):
        moving(wrong)
