# SPDX-License-Identifier: Apache-2.0
"""Efforts give cheaper files that every decoder reads, the same ones each time, and never a dearer one."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mezzotint  # noqa: E402
from mezzotint.lab.models.codec import lambda_of  # noqa: E402
from mezzotint.lab.refine import search  # noqa: E402
from mezzotint.runtime.scales import Scales  # noqa: E402


def cost(data: bytes, pixels: np.ndarray, quality: float) -> float:
    """Bits of the file, and the squared error of what it decodes to in bits."""
    error = np.square(mezzotint.decode(data, threads=1).astype(float) - pixels).mean()
    weight = float(lambda_of(torch.tensor(quality * 40.95)))
    return 8 * len(data) + weight * error * pixels.shape[0] * pixels.shape[1]


def encode(pixels, quality=60, effort=2, **options):
    return mezzotint.encode(pixels, quality, effort=effort, threads=1, **options)


@pytest.fixture(scope="module")
def crop(photo):
    return np.ascontiguousarray(photo[60:188, 100:228])


@pytest.mark.parametrize("quality", [15, 60, 90])
def test_a_cheaper_file(crop, quality):
    """In four steps by 2 % of the plain file's bits at least; at quality 90 the better model left 1.7 %."""
    plain, better = (encode(crop, quality, effort) for effort in (0, 2))
    assert cost(better, crop, quality) < cost(plain, crop, quality) - (
        0.015 if quality == 90 else 0.02
    ) * 8 * len(plain)


def test_the_same_file_each_time_and_no_random_state_touched(crop):
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        with torch.no_grad():
            first = encode(crop)
            assert not torch.is_grad_enabled()
        assert encode(crop) == first
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), before)


def test_more_steps_cost_less(crop):
    costs = [cost(encode(crop, 60, effort), crop, 60) for effort in (1, 5)]
    assert costs[1] < costs[0]


def test_several_tiles(photo):
    pixels = np.ascontiguousarray(photo[60:126, 100:190])
    plain, better = (encode(pixels, 60, effort, tile_log2=6) for effort in (0, 1))
    assert mezzotint.read_header(better).tile_count == 4
    assert cost(better, pixels, 60) < cost(plain, pixels, 60) - 0.02 * 8 * len(plain)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 70), (33, 17, 4), (64, 64)])
def test_odd_pictures(photo, shape):
    """Tiny, grey, with alpha: decoded in the same shape, transparency exact, and never dearer."""
    planes = np.dstack([photo, photo[..., :1]])[:, :, : shape[2]] if len(shape) == 3 else photo[..., 0]
    pixels = np.ascontiguousarray(planes[50 : 50 + shape[0], 150 : 150 + shape[1]])
    plain, better = (encode(pixels, 60, effort) for effort in (0, 2))
    decoded = mezzotint.decode(better, threads=1)
    assert decoded.shape == pixels.shape
    if shape[-1] == 4:
        assert np.array_equal(decoded[..., 3], pixels[..., 3])
    else:
        # Words are whole and chunks have their overhead: 100 bits either way.
        assert cost(better, pixels, 60) < cost(plain, pixels, 60) + 100


def test_never_worse_than_the_draft(crop, draft, default, monkeypatch):
    """Steps far too long only give dearer points; the draft's own integers come back."""
    monkeypatch.setattr(search, "FIRST_SHARE", 1.0)
    monkeypatch.setattr(search, "_CURVATURE", 2000)
    made = draft(crop, 2048, default)
    assert search.refine(made, 1) is made.latents


def test_only_symbols_change(crop, draft, default):
    made = draft(crop, 2048, default)
    (before,), (after,) = made.latents, search.refine(made, 1)
    assert np.array_equal(after.z_hat, before.z_hat)
    assert (after.symbols != before.symbols).mean() > 0.001
    settled = Scales(default.bundle, after.z_hat, 2048).settle(after.symbols.copy())
    assert np.array_equal(after.indices, settled)  # they follow from the symbols
    certain = after.indices == 0
    assert certain.any() and not after.symbols[certain].any()


def test_progress(crop):
    seen = []
    encode(crop, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(n, search.STEPS[2]) for n in range(1, search.STEPS[2] + 1)]


def test_a_model_by_hand(tiny_model, photo):
    """Its y counts in other units than ours, so that steps are far too short: nothing gained, nothing lost."""
    pixels = np.ascontiguousarray(photo[:64, :64])
    assert encode(pixels, 75, 1, model=tiny_model) == encode(pixels, 75, 0, model=tiny_model)


def test_efforts_rise():
    assert len(search.STEPS) == 10
    assert list(search.STEPS) == sorted(set(search.STEPS))
