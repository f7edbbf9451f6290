# SPDX-License-Identifier: Apache-2.0
"""Arrays of zarr with our codec: format 2 by the numcodecs codec, format 3 by a serializer found by name."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import zarr

from mezzotint.errors import BadImage, UsageError
from mezzotint.plugins.numcodecs import Mezzotint
from mezzotint.plugins.zarr import MezzotintCodec

CHUNKS = (1, 64, 64, 3)


@pytest.fixture
def pictures(photo):
    """(2, 150, 130, 3): the chunks at its ends are not whole."""
    return np.stack([photo[:150, :130], photo[150:300, 130:260]])


def settings(number: int, codec: Mezzotint | MezzotintCodec) -> dict[str, object]:
    """The codec's place in an array of that format."""
    if number == 2:
        return {"zarr_format": 2, "compressors": codec}
    return {"zarr_format": 3, "serializer": codec, "compressors": None}


@pytest.mark.parametrize(("number", "kind"), [(2, Mezzotint), (3, MezzotintCodec)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_lossless_arrays(tmp_path, pictures, number, kind, dtype):
    values = pictures if dtype == "uint8" else pictures.astype(np.uint16) * 251
    made = zarr.create_array(
        tmp_path / "a.zarr",
        shape=values.shape,
        chunks=CHUNKS,
        dtype=dtype,
        **settings(number, kind(lossless=True)),
    )
    made[:] = values
    assert np.array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], values)
    made[0, 10:20, 60:70] = 7  # across a border of chunks: read, changed and written again
    assert (zarr.open_array(tmp_path / "a.zarr", mode="r")[0, 10:20, 60:70] == 7).all()
    assert np.array_equal(made[1], values[1])


@pytest.mark.parametrize(("number", "kind"), [(2, Mezzotint), (3, MezzotintCodec)])
def test_lossy_arrays(tmp_path, pictures, number, kind):
    made = zarr.create_array(
        tmp_path / "a.zarr",
        shape=pictures.shape,
        chunks=(1, 150, 130, 3),
        dtype="uint8",
        **settings(number, kind(quality=60)),
    )
    made[:] = pictures
    codec = Mezzotint(quality=60)
    for index, picture in enumerate(pictures):
        assert np.array_equal(made[index], codec.decode(codec.encode(picture)))
    assert made.nbytes_stored() < pictures.nbytes / 10


def test_a_reader_need_not_know_us(tmp_path, pictures):
    """The metadata names the codec, and zarr finds it in a process that has never heard of it."""
    for number, codec in ((2, Mezzotint(lossless=True)), (3, MezzotintCodec(lossless=True))):
        made = zarr.create_array(
            tmp_path / f"{number}.zarr",
            shape=(64, 64, 3),
            chunks=(64, 64, 3),
            dtype="uint8",
            **settings(number, codec),
        )
        made[:] = pictures[0, :64, :64]
        script = "import sys, zarr; print(int(zarr.open_array(sys.argv[1], mode='r')[:].sum()))"
        command = [sys.executable, "-c", script, str(tmp_path / f"{number}.zarr")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert int(done.stdout) == pictures[0, :64, :64].sum()
    written = json.loads((tmp_path / "3.zarr" / "zarr.json").read_text())["codecs"]
    about = {"quality": 75.0, "lossless": True, "max_error": 0, "threads": 1}
    assert written == [{"name": "mezzotint", "configuration": about}]


def test_swapped_bytes_in_format_3(tmp_path):
    values = np.arange(600, dtype=">u2").reshape(20, 30)
    codec = MezzotintCodec(lossless=True)
    made = zarr.create_array(
        tmp_path / "a.zarr", shape=(20, 30), chunks=(20, 30), dtype=">u2", **settings(3, codec)
    )
    made[:] = values
    assert np.array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], values)


def test_transposed_chunks_in_format_3(tmp_path, pictures):
    codecs = settings(3, MezzotintCodec(lossless=True))
    planes = np.moveaxis(pictures[0], 2, 0)  # (3, H, W) in the array, (H, W, 3) for the codec
    turned = zarr.codecs.TransposeCodec(order=(1, 2, 0))
    made = zarr.create_array(
        tmp_path / "a.zarr", shape=planes.shape, chunks=(3, 64, 64), dtype="uint8", filters=turned, **codecs
    )
    made[:] = planes
    assert np.array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], planes)


def test_what_is_refused(tmp_path):
    wrong = {"shape": (64, 64), "chunks": (64, 64), "dtype": "float32"}
    with pytest.raises(BadImage, match="float32"):
        zarr.create_array(tmp_path / "a.zarr", **wrong, **settings(3, MezzotintCodec()))
    with pytest.raises(UsageError, match="0..100"):
        MezzotintCodec(quality=101)
    planes = zarr.create_array(
        tmp_path / "b.zarr", shape=(2, 9, 9), chunks=(2, 9, 9), dtype="uint8", **settings(3, MezzotintCodec())
    )
    with pytest.raises(BadImage, match="choose chunks"):
        planes[:] = 1
