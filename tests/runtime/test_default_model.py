# SPDX-License-Identifier: Apache-2.0
"""The model that ships: its size, its dial, its bound, its halos, and every size of picture.

All 1600 sizes up to 40x40 are tried with the tiny model, in test_roundtrip.py; here is a sample of them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import mezzotint
from mezzotint.bitstream import read
from mezzotint.bundle import default, listing
from mezzotint.evaluate import psnr
from mezzotint.runtime.decode import decode_picture, read_latents
from mezzotint.runtime.encode import encode_picture
from mezzotint.runtime.latents import Model, open_model
from mezzotint.runtime.pictures import from_array
from mezzotint.runtime.tiles import BLOCK

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.png"))
LATENTS = 1000


@pytest.fixture(scope="module")
def shipped() -> Model:
    return open_model(default(), 1)


def example(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


# -- the file ---------------------------------------------------------------------------------------------


def test_the_bundle_is_small_and_has_a_model_card() -> None:
    first = listing()[0]
    assert first.path.name == "default.mztm"
    assert first.model_id == default().model_id
    assert first.size <= 16_000_000
    assert first.card.name.strip()
    assert first.card.about.strip()


def imported_by(code: str, *arguments: str) -> set[str]:
    code += "\nimport sys; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_decoding_imports_neither_torch_nor_the_lab(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "a.mzt"
    path.write_bytes(mezzotint.encode(photo))
    loaded = imported_by(
        "import mezzotint, pathlib, sys\nmezzotint.decode(pathlib.Path(sys.argv[1]).read_bytes())", str(path)
    )
    assert "onnxruntime" in loaded
    assert not {name for name in loaded if name.split(".")[0] in ("torch", "onnx", "safetensors", "scipy")}
    assert not {name for name in loaded if name.startswith(("mezzotint.lab", "mezzotint.runtime.encode"))}


# -- the dial ---------------------------------------------------------------------------------------------


def falls(pixels: NDArray[np.uint8], qualities: Sequence[int]) -> list[str]:
    """Where size or PSNR does not rise from one quality to the next, and by how much."""
    found, before = [], (0, 0, 0.0)
    for quality in qualities:
        data = mezzotint.encode(pixels, quality)
        size, score = len(data), psnr(pixels, mezzotint.decode(data))
        if not (size > before[1] and score > before[2]):
            found.append(f"{before[0]} to {quality}: {size - before[1]:+} bytes, {score - before[2]:+.4f} dB")
        before = quality, size, score
    return found


def test_quality_is_monotone() -> None:
    assert falls(example(EXAMPLES[0].with_name("chelsea.png")), (0, 25, 50, 75, 100)) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_quality_is_monotone_at_every_step(path: Path) -> None:
    """The whole photo: 21 files in about 5 s."""
    assert falls(example(path), range(0, 101, 5)) == []


@pytest.mark.parametrize("quality", [0, 100])
def test_a_file_is_its_chunks_and_64_bytes_at_most(quality: int) -> None:
    for pixels in (example(EXAMPLES[-1]), np.zeros((1, 1), np.uint8)):
        data = mezzotint.encode(pixels, quality)
        assert len(data) - sum(len(chunk) for layer in read(data).layers for chunk in layer) <= 64


# -- the scale map ----------------------------------------------------------------------------------------


def test_the_bound_is_proved(shipped: Model) -> None:
    """The same bound from the bare arrays, in Python integers."""
    bundle = shipped.bundle
    weight, bias, offset = (bundle.array(f"scale.{name}").tolist() for name in ("weight", "bias", "offset"))
    rows = [127 * sum(map(abs, row)) + abs(b) for row, b in zip(weight, bias, strict=True)]
    for channel, bound in enumerate(bundle.scale_map.bound()):
        largest = max(abs(anchor[channel]) for anchor in offset)
        assert bound == 16 * max(rows[16 * channel : 16 * channel + 16]) + largest + 128
        assert bound < 2**53
    assert bundle.scale_map.float32_is_exact == (max(bundle.scale_map.bound()) < 2**24)


def latents(weight: NDArray[np.int64]) -> NDArray[np.int64]:
    """(Cz, 25, 40): corners by the signs of a row, the same a little flipped, random corners, random values."""
    rng = np.random.default_rng(0)
    quarter, channels = LATENTS // 4, weight.shape[1]
    signs = np.where(weight[rng.choice(len(weight), quarter)] >= 0, 127, -127)
    corners = signs * rng.choice([-1, 1], (quarter, 1))
    flipped = signs * rng.choice([-1, 1], signs.shape, p=[0.1, 0.9])
    chosen = rng.choice([-127, 127], signs.shape)
    anything = rng.integers(-127, 128, signs.shape)
    z = np.concatenate([corners, flipped, chosen, anything])
    return z.T.reshape(channels, 25, 40)


def twin(shipped: Model, z: NDArray[np.int64], quality: int) -> NDArray[np.int64]:
    """v + o + 128 in int64 throughout."""
    weight, bias = (shipped.bundle.array(f"scale.{name}").astype(np.int64) for name in ("weight", "bias"))
    _, height, width = z.shape
    acc = weight @ z.reshape(len(z), -1) + bias[:, None]
    u = acc.reshape(-1, 4, 4, height, width).transpose(0, 3, 1, 4, 2).reshape(-1, 4 * height, 4 * width)
    padded = np.pad(u, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    v = rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]
    sums: NDArray[np.int64] = v + shipped.bundle.scale_map.offset_at(quality)[:, None, None] + 128
    return sums


@pytest.mark.parametrize("quality", [0, 1500, 4095])
def test_adversarial_latents_stay_inside_the_bound(shipped: Model, quality: int) -> None:
    scale_map = shipped.bundle.scale_map
    bound = np.array(scale_map.bound())[:, None, None]
    z = latents(scale_map.weight.astype(np.int64))
    alone = [z[:, row : row + 1, :1] for row in range(z.shape[1])]  # where the window mixes no neighbours
    for some in (z, *alone):
        exact = twin(shipped, some, quality)
        indices = np.clip(exact >> 8, 0, 63)
        assert (np.abs(exact) <= bound).all()
        for dtype in (np.float32, np.float64) if scale_map.float32_is_exact else (np.float64,):
            sums = np.concatenate([block for _, block in scale_map.sums(some, quality, dtype)])
            assert np.array_equal(sums, exact)
            assert np.array_equal(scale_map.indices(some, quality, dtype), indices)


# -- pictures ---------------------------------------------------------------------------------------------


def test_windows_change_nothing(shipped: Model, photo: NDArray[np.uint8]) -> None:
    """Its halos are as wide as its networks look."""
    wide = np.concatenate([photo, photo[:, ::-1]], axis=1)  # (200, 660, 3), 4 x 11 blocks
    halo = max(shipped.card.analysis_halo // BLOCK, -(-shipped.card.synthesis_halo // 4))
    budget = 4 * (1 + 2 * halo) * BLOCK**2  # cores of one column
    whole = encode_picture(from_array(wide), 2500, shipped, 7)
    cut = encode_picture(from_array(wide), 2500, shipped, 7, window_pixels=budget)
    symbols = [
        np.concatenate([tile.symbols.reshape(-1) for tile in read_latents(coded, shipped.bundle)])
        for coded in (whole, cut)
    ]
    assert (symbols[0] == symbols[1]).mean() > 0.999
    one = decode_picture(whole, shipped).colour.astype(int)
    other = decode_picture(whole, shipped, window_pixels=budget).colour.astype(int)
    assert np.abs(one - other).max() <= 1


@pytest.mark.parametrize("height", [1, 2, 7, 16, 23, 33, 40])
def test_small_sizes_come_back(photo: NDArray[np.uint8], height: int) -> None:
    for width in (1, 3, 16, 29, 40):
        pixels = photo[:height, :width]
        assert mezzotint.decode(mezzotint.encode(pixels, 60)).shape == pixels.shape
        grey = pixels[..., 0]
        assert mezzotint.decode(mezzotint.encode(grey, 20)).shape == grey.shape


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (127, 61), (193, 257)])
def test_long_and_prime_sizes_come_back(shape: tuple[int, int]) -> None:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    pixels = np.repeat(((rows + columns) // 20 % 200)[..., None], 3, 2).astype(np.uint8)
    again = mezzotint.decode(mezzotint.encode(pixels, 60))
    assert again.shape == pixels.shape
    assert psnr(pixels, again) > 25
