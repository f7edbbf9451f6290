# SPDX-License-Identifier: Apache-2.0
"""MS-SSIM against the package that papers use."""

import tracemalloc
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from mezzotint.errors import UsageError
from mezzotint.evaluate.metrics import ms_ssim, smooth

Picture = NDArray[np.uint8]

SIZES = ((161, 177), (162, 161), (256, 256), (321, 481))


def reference(one: Picture, other: Picture, double: bool) -> float:
    """What the package says; on one thread, as on small pictures threads wait for one another longer than they work."""
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("pytorch_msssim")
    kind = torch.float64 if double else torch.float32
    tensors = [torch.tensor(picture).permute(2, 0, 1)[None].to(kind) for picture in (one, other)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return float(package.ms_ssim(*tensors, data_range=255))
    finally:
        torch.set_num_threads(threads)


def compare(one: Picture, other: Picture) -> float:
    """Ours, after it was found to agree with the package in both of its precisions."""
    found = ms_ssim(one, other)
    assert found is not None
    assert found == pytest.approx(reference(one, other, double=False), abs=1e-4)
    assert found == pytest.approx(reference(one, other, double=True), abs=2e-5)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_pairs_of_noise(size: tuple[int, int]) -> None:
    one, other = np.random.default_rng(3).integers(0, 256, (2, *size, 3), np.uint8)
    assert 0 < compare(one, other) < 0.5


@pytest.mark.parametrize("size", SIZES)
def test_noise_with_a_little_noise(size: tuple[int, int]) -> None:
    one = np.random.default_rng(4).integers(20, 230, (*size, 3), np.uint8)
    assert 0.9 < compare(one, one + np.random.default_rng(5).integers(0, 20, one.shape, np.uint8)) < 1


@pytest.mark.parametrize(("change", "amount"), [("soft", 2), ("noise", 20), ("coarse", 32), ("moved", 2)])
def test_changed_photos(photo: Picture, pairs: ModuleType, change: str, amount: int) -> None:
    for size in ((300, 451), (161, 177)):
        one = np.ascontiguousarray(photo[: size[0], : size[1]])
        assert 0.3 < compare(one, getattr(pairs, change)(one, amount)) < 0.999


def test_bright_and_flat_pictures() -> None:
    """float32 has the fewest digits left where a variance is small and a mean large."""
    flat = np.full((170, 180, 3), 250, np.uint8)
    assert compare(flat, flat - 3) > 0.99
    compare(flat, flat - np.random.default_rng(6).integers(0, 3, flat.shape, np.uint8))


def test_channels_count_alike(photo: Picture) -> None:
    """The geometric mean over scales is taken in each channel, and then the plain mean of three channels."""
    one = photo[:170, :170]
    other = one.copy()
    other[..., 1] = 255 - other[..., 1]
    assert compare(one, other) == pytest.approx(2 / 3)  # negative structure is 0


def test_identical_pictures_have_exactly_1(photo: Picture) -> None:
    assert ms_ssim(photo, photo.copy()) == 1.0
    white = np.full((161, 161, 3), 255, np.uint8)
    assert ms_ssim(white, white) == 1.0


def test_too_small_for_five_scales() -> None:
    one = np.zeros((160, 500, 3), np.uint8)
    assert ms_ssim(one, one) is None
    assert ms_ssim(np.zeros((161, 161, 3), np.uint8), np.zeros((161, 161, 3), np.uint8)) is not None


def test_bands_leave_no_seam(photo: Picture, pairs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    other = pairs.noise(photo, 9)
    whole = ms_ssim(photo, other)
    monkeypatch.setattr(smooth, "_BAND_SAMPLES", 1)
    monkeypatch.setattr(smooth, "_FEWEST_ROWS", 6)
    assert ms_ssim(photo, other) == pytest.approx(whole, abs=1e-9)


def test_memory() -> None:
    one = np.zeros((1000, 1500, 3), np.uint8)
    tracemalloc.start()
    ms_ssim(one, one)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * one[..., 0].size


def test_what_cannot_be_compared(photo: Picture) -> None:
    grey, four = photo[..., 0], np.dstack([photo, photo[..., 0]])
    for one, other in ((photo, photo[1:]), (grey, grey), (four, four), (photo, photo.astype(np.float32))):
        with pytest.raises(UsageError):
            ms_ssim(one, other)  # type: ignore[arg-type]
