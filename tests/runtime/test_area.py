# SPDX-License-Identifier: Apache-2.0
"""Parts of a picture, smaller pictures and cut-off files are what the whole would have given."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import mezzotint
from mezzotint.bitstream import read, unpack_preamble
from mezzotint.bundle import Bundle
from mezzotint.errors import TruncatedFile, UsageError
from mezzotint.runtime import tiles
from mezzotint.runtime.area import shrunk, wanted
from mezzotint.runtime.decode import decode_picture
from mezzotint.runtime.latents import open_model

REGIONS = [
    (0, 0, 1, 1),
    (0, 0, 451, 300),
    (450, 299, 1, 1),
    (63, 64, 130, 2),
    (100, 50, 257, 201),
    (0, 299, 451, 1),
]
KINDS = ["lossy", "tiled", "grey", "alpha", "exact", "near", "deep", "exact-alpha"]


@pytest.fixture(scope="module")
def photo(root: Path) -> NDArray[np.uint8]:
    """451x300 pixels, whole."""
    with Image.open(root / "examples" / "chelsea.png") as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def files(photo: NDArray[np.uint8], bundle: Bundle) -> dict[str, bytes]:
    alpha = np.dstack([photo, np.add.outer(np.arange(300), np.arange(451)).astype(np.uint8)])
    deep = photo.astype(np.uint16) * 257
    return {
        "lossy": mezzotint.encode(photo, 60, model=bundle),
        "tiled": mezzotint.encode(photo, 60, model=bundle, tile_log2=7),
        "grey": mezzotint.encode(photo[..., 1], 60, model=bundle, tile_log2=6),
        "alpha": mezzotint.encode(alpha, 60, model=bundle, tile_log2=8),
        "exact": mezzotint.encode(photo, lossless=True, tile_log2=7),
        "near": mezzotint.encode(photo, max_error=3, tile_log2=8),
        "deep": mezzotint.encode(deep, 95, tile_log2=8),
        "exact-alpha": mezzotint.encode(alpha, lossless=True, tile_log2=6),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("region", REGIONS)
def test_a_region_is_cut_from_the_whole(
    files: dict[str, bytes], bundle: Bundle, kind: str, region: tuple[int, int, int, int]
) -> None:
    whole = mezzotint.decode(files[kind], model=bundle)
    x, y, width, height = region
    part = mezzotint.decode(files[kind], model=bundle, region=region)
    assert part.dtype == whole.dtype
    expected = whole[y : y + height, x : x + width]
    assert part.shape == expected.shape
    if kind in ("lossy", "tiled", "grey", "alpha"):  # other windows, so another order of float sums
        assert np.abs(part.astype(int) - expected.astype(int)).max() <= 1
    else:
        assert (part == expected).all()


@pytest.mark.parametrize("scale", [1 / 2, 1 / 4, 1 / 8])
@pytest.mark.parametrize("kind", KINDS)
def test_a_region_of_a_smaller_picture_is_cut_from_it(
    files: dict[str, bytes], bundle: Bundle, kind: str, scale: float
) -> None:
    small = mezzotint.decode(files[kind], model=bundle, scale=scale)
    step = round(1 / scale)
    assert small.shape[:2] == (-(-300 // step), -(-451 // step))
    for x, y, width, height in REGIONS:
        part = mezzotint.decode(files[kind], model=bundle, scale=scale, region=(x, y, width, height))
        expected = small[y // step : -(-(y + height) // step), x // step : -(-(x + width) // step)]
        assert part.shape == expected.shape
        assert np.abs(part.astype(int) - expected.astype(int)).max() <= (1 if small.dtype == np.uint8 else 0)


@pytest.mark.parametrize("scale", [1 / 2, 1 / 4, 1 / 8])
def test_a_smaller_lossy_picture_is_the_mean_of_boxes(
    files: dict[str, bytes], bundle: Bundle, scale: float
) -> None:
    whole = mezzotint.decode(files["tiled"], model=bundle)
    step = round(1 / scale)
    small = mezzotint.decode(files["tiled"], model=bundle, scale=scale)
    inside = whole[: 300 // step * step, : 451 // step * step].astype(float)
    means = inside.reshape(300 // step, step, 451 // step, step, 3).mean(axis=(1, 3))
    assert np.abs(small[: 300 // step, : 451 // step] - means).max() <= 1.01


def test_shrinking_rounds_means_and_repeats_the_edge() -> None:
    samples = np.array([[0, 1, 10], [2, 4, 20]], np.uint8)
    assert (shrunk(samples, 1) == [[2, 15]]).all()  # 7 / 4, and the last column twice
    assert shrunk(samples, 0) is samples
    assert (shrunk(np.full((9, 17, 3), 65535, np.uint16), 3) == 65535).all()
    assert shrunk(np.zeros((9, 17, 3), np.uint16), 3).shape == (2, 3, 3)


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ((0, 0, 11, 1), "leaves the picture of 10x20"),
        ((9, 19, 1, 2), "leaves the picture"),
        ((-1, 0, 1, 1), "is none"),
        ((0, 0, 0, 1), "is none"),
        ((0, 0, 1.5, 1), "is none"),
        ((0, 0, True, 1), "is none"),
        ((0, 0, 1), "is none"),
        (5, "is none"),
        ("0,0,1,1", "is none"),
    ],
)
def test_a_region_outside_is_refused(region: tuple[int, int, int, int], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        wanted(20, 10, region)


@pytest.mark.parametrize("scale", [0, -1, 2, 1 / 3, 1 / 16, "1/8", None, True, float("nan")])
def test_other_scales_are_refused(scale: float) -> None:
    with pytest.raises(UsageError, match="choose 1, 1/2, 1/4 or 1/8"):
        wanted(20, 10, None, scale)


def test_a_region_decodes_its_own_tiles_alone(
    files: dict[str, bytes], bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """15 tiles of 128; one pixel in the corner needs the tiles within the halo of its window."""
    from mezzotint.runtime import decode

    seen: list[int] = []
    real = decode.read_tile

    def counted(container, number, *rest):  # type: ignore[no-untyped-def]
        seen.append(number)
        return real(container, number, *rest)

    monkeypatch.setattr(decode, "read_tile", counted)
    header = read(files["tiled"]).header
    assert header.tile_count == 12
    mezzotint.decode(files["tiled"], model=bundle, region=(0, 0, 1, 1))
    halo = -(-bundle.card.synthesis_halo // tiles.Y_CELLS)
    side = -(-(1 + halo) // 2)  # tiles of two blocks
    assert sorted(seen) == [row * 4 + column for row in range(side) for column in range(side)]


def test_tiles_are_decoded_once_and_forgotten(files: dict[str, bytes], bundle: Bundle) -> None:
    """However many windows look at a tile."""
    from mezzotint.runtime.decode import YHat, cuts

    container, model = read(files["tiled"]), open_model(bundle, 1)
    area = wanted(300, 451)
    y_hat = YHat(container, model)
    most = 0
    windows = cuts(container.header, model, area, 9 * 64 * 64)
    assert len(windows) > 8
    for window in windows:
        y_hat.forget_above(window.reach.top)
        y_hat.of(window.reach)
        most = max(most, len(y_hat._known))
    assert most < container.header.tile_count  # 4 columns of them in 3 rows
    small = decode_picture(container, model, 9 * 64 * 64).colour.astype(int)
    assert np.abs(small - decode_picture(container, model).colour).max() <= 1


@pytest.mark.parametrize("kind", ["tiled", "grey", "exact", "near", "deep"])
def test_a_cut_file_gives_ever_coarser_pictures(
    files: dict[str, bytes], bundle: Bundle, photo: NDArray[np.uint8], kind: str
) -> None:
    data = files[kind]
    original = photo[..., 1] if kind == "grey" else photo.astype(np.uint16) * 257 if kind == "deep" else photo
    whole = mezzotint.decode(data, model=bundle)
    assert (mezzotint.decode(data, model=bundle, partial=True) == whole).all()
    with pytest.raises(TruncatedFile):
        mezzotint.decode(data[:-1], model=bundle)
    container = read(data)
    chunks = [len(chunk) for layer in container.layers for chunk in layer]
    start = len(data) - sum(chunks)
    errors = []
    for layer in range(len(container.layers), 0, -1):
        end = start + sum(chunks[: layer * container.header.tile_count])
        part = mezzotint.decode(data[:end], model=bundle, partial=True)
        assert part.shape == whole.shape and part.dtype == whole.dtype
        errors.append(float(np.square(part.astype(float) - original).mean()))
    assert errors[0] <= errors[-1]
    assert all(b >= a * 0.99 for a, b in pairwise(errors))
    with pytest.raises(TruncatedFile, match="before|inside|where the file has only"):
        mezzotint.decode(data[: unpack_preamble(data).size + 3], model=bundle, partial=True)
    with pytest.raises(TruncatedFile, match="first layer"):
        mezzotint.decode(data[:start], model=bundle, partial=True)
