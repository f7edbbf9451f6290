# SPDX-License-Identifier: Apache-2.0
"""The squared error is that of what a decoder gives, however the picture is cut, and its gradient leads down."""

from __future__ import annotations

import numpy as np
import pytest

import mezzotint
from mezzotint.lab.refine.distortion import Distortion
from mezzotint.runtime.latents import dequantise_tile


def whole(draft):
    (tile,) = draft.latents
    return dequantise_tile(tile, draft.quality, draft.model)


@pytest.mark.parametrize("grey", [False, True])
def test_as_decoded(photo, draft, default, grey):
    pixels = np.ascontiguousarray(photo[100:170, 150:240, 1] if grey else photo[100:170, 150:240])
    made = draft(pixels, 2048, default)
    found, gradient = Distortion(made)(whole(made))
    decoded = mezzotint.decode(mezzotint.encode(pixels, 2048 / 40.95, threads=1), threads=1)
    difference = decoded.astype(int) - pixels
    assert found == pytest.approx((difference**2).sum() * (3 if grey else 1), rel=0.01)
    assert gradient.shape == (1, default.card.latent_channels, 8, 8)


def test_windows_add_up(photo, draft, default):
    """Seven windows of one block and its halo, against all at once."""
    made = draft(photo[:60, :448], 2048, default)
    y_hat = whole(made)
    error, gradient = Distortion(made)(y_hat)
    parts, pieces = Distortion(made, 5 * 64 * 64)(y_hat)
    assert len(Distortion(made, 5 * 64 * 64)._windows) > 1
    assert parts == pytest.approx(error, rel=1e-4)
    assert np.abs(pieces - gradient).max() < 0.01 * np.abs(gradient).max()


def test_padding_is_free(draft, default, photo):
    """Two pictures that pad to the same size: only the true pixels of each count."""
    made = draft(photo[:65, :65], 2048, default)
    error, _ = Distortion(made)(whole(made))
    larger = draft(np.pad(photo[:65, :65], [(0, 63), (0, 63), (0, 0)], mode="edge"), 2048, default)
    assert np.array_equal(larger.latents[0].symbols, made.latents[0].symbols)
    more, _ = Distortion(larger)(whole(larger))
    assert more > error


def test_the_gradient_leads_down(photo, draft, default):
    made = draft(photo[:128, :128], 2048, default)
    y_hat = whole(made)
    distortion = Distortion(made)
    error, gradient = distortion(y_hat)
    better, _ = distortion(y_hat - gradient / np.float32(8 * 255**2))
    assert better < 0.98 * error
