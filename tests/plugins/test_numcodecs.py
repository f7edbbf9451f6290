# SPDX-License-Identifier: Apache-2.0
"""The numcodecs codec: found without an import, exact shapes and samples back, and refusals in time."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numcodecs
import numpy as np
import pytest

import mezzotint
from mezzotint.errors import BadImage, DamagedFile, MezzotintError, UsageError
from mezzotint.plugins.numcodecs import Mezzotint

SHAPES = [
    (20, 30),
    (20, 30, 3),
    (20, 30, 4),
    (1, 20, 30, 3),
    (1, 1, 20, 30),
    (1, 1, 1, 20, 30, 4),
    (20, 30, 1),
    (1, 20, 30, 1),
    (1, 30),
    (1, 1, 3),
    (1, 1),
    (1, 7, 3),
]


def noise(shape: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def test_found_by_its_entry_point_alone():
    script = (
        "import sys, numcodecs; assert not any(name.startswith('mezzotint') for name in sys.modules); "
        "print(numcodecs.get_codec({'id': 'mezzotint', 'quality': 60}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "Mezzotint(lossless=False, max_error=0, quality=60.0, threads=1)"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_lossless(shape, dtype):
    codec, chunk = Mezzotint(lossless=True), noise(shape, dtype)
    back = codec.decode(codec.encode(chunk))
    assert back.dtype == dtype
    assert back.tobytes() == chunk.tobytes()  # zarr gives it its shape
    out = np.empty_like(chunk)
    assert codec.decode(codec.encode(chunk), out=out) is not None
    assert np.array_equal(out, chunk)


def test_a_plane_that_says_nothing_stays():
    """Opaque alpha and colour that is grey could be left out of a picture, but not out of a chunk."""
    codec = Mezzotint(lossless=True)
    opaque = np.dstack([noise((9, 8, 3)), np.full((9, 8), 255, np.uint8)])
    grey = np.repeat(noise((9, 8, 1)), 3, axis=2)
    for chunk in (opaque, grey, np.zeros((9, 8, 4), np.uint16)):
        assert np.array_equal(codec.decode(codec.encode(chunk)), chunk)


def test_lossy(photo):
    codec = Mezzotint(quality=60)
    coded = codec.encode(photo[None])
    assert coded == mezzotint.encode(photo, 60)
    assert len(coded) < len(Mezzotint(quality=95).encode(photo))
    assert np.array_equal(codec.decode(coded), mezzotint.decode(coded))
    assert np.abs(codec.decode(coded).astype(int) - photo).mean() < 8


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_near_lossless(dtype):
    codec, chunk = Mezzotint(max_error=3), noise((40, 50, 3), dtype)
    error = np.abs(codec.decode(codec.encode(chunk)).astype(int) - chunk).max()
    assert 0 < error <= 3


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)])
def test_coded_bytes_of_any_kind(kind):
    codec, chunk = Mezzotint(lossless=True), noise((5, 6, 3))
    assert np.array_equal(codec.decode(kind(codec.encode(chunk))), chunk)


def test_a_chunk_longer_than_a_picture_may_be():
    chunk = np.arange(40_000, dtype=np.uint16).reshape(1, -1)
    codec = Mezzotint(lossless=True)
    assert np.array_equal(codec.decode(codec.encode(chunk)), chunk)


def test_chunks_that_are_views():
    codec, chunk = Mezzotint(lossless=True), noise((20, 30, 3))
    view = chunk[::2, ::-3]
    assert np.array_equal(codec.decode(codec.encode(view)), view)


def test_configuration():
    codec = Mezzotint(quality=np.float32(60), max_error=np.int64(0), threads=None)
    config = json.loads(json.dumps(codec.get_config()))
    assert config == {
        "id": "mezzotint",
        "quality": 60.0,
        "lossless": False,
        "max_error": 0,
        "threads": None,
    }
    assert numcodecs.get_codec(config) == codec
    assert Mezzotint.from_config({"lossless": True}) == Mezzotint(lossless=True)
    assert Mezzotint().get_config()["threads"] == 1


@pytest.mark.parametrize(
    "settings", [{"quality": 101}, {"lossless": True, "max_error": 1}, {"max_error": -1}]
)
def test_wrong_settings_are_refused_before_the_first_chunk(settings):
    with pytest.raises(UsageError):
        Mezzotint(**settings)


@pytest.mark.parametrize(
    ("chunk", "says"),
    [
        (b"raw bytes", "shape"),
        (np.zeros((2, 9, 9), np.uint8), "shape"),
        (np.zeros((2, 9, 9, 3), np.uint8), "shape"),
        (np.zeros((9, 9, 2), np.uint8), "shape"),
        (np.zeros(9, np.uint8), "shape"),
        (np.zeros((0, 9), np.uint8), "pixels"),
        (np.zeros((9, 9), np.float32), "float32"),
        (np.zeros((9, 9), np.int16), "int16"),
        (np.zeros((9, 9), np.dtype(np.uint16).newbyteorder()), "swapped"),
        (np.zeros((9, 8, 3), np.uint8, order="F"), "order C"),
    ],
)
def test_chunks_that_would_not_come_back(chunk, says):
    with pytest.raises(BadImage, match=says):
        Mezzotint(lossless=True).encode(chunk)


def test_damage_and_a_wrong_place():
    codec, chunk = Mezzotint(lossless=True), noise((5, 6))
    coded = codec.encode(chunk)
    with pytest.raises(DamagedFile):
        codec.decode(coded[:-1] + bytes([coded[-1] ^ 1]))
    with pytest.raises(MezzotintError):
        codec.decode(b"nonsense")
    for size in (29, 31, 60):
        with pytest.raises(UsageError, match="30 bytes"):
            codec.decode(coded, out=np.empty(size, np.uint8))
    with pytest.raises(UsageError):
        codec.decode(codec.encode(noise((1, 1))), out=np.empty(30, np.uint8))


def test_from_many_threads(photo):
    codec, chunks = Mezzotint(quality=40), [photo[start : start + 64, :64] for start in range(0, 128, 8)]
    alone = [codec.encode(chunk) for chunk in chunks]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(codec.encode, chunks)) == alone
        for found, coded in zip(pool.map(codec.decode, alone), alone, strict=True):
            assert np.array_equal(found, mezzotint.decode(coded))
