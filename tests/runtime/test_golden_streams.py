# SPDX-License-Identifier: Apache-2.0
"""Whole streams give the integers that they once gave, on any machine, and pixels within 1 step of those.

The streams are those of regenerate_streams.py. The integers are also read by plain Python alone, and by processes
with other threads and vector extensions (as tests/intnet/test_machines.py does it for the scale map).
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import mezzotint
from mezzotint.bitstream import Alpha, Container, read
from mezzotint.bundle import Bundle, default, load
from mezzotint.entropy import reference
from mezzotint.entropy.reference import PlainTable
from mezzotint.runtime.decode import decode_picture, latent_digests, read_latents
from mezzotint.runtime.latents import TileLatents, digest, open_model

TESTS = Path(__file__).resolve().parents[1]
FOLDER = TESTS / "golden" / "streams"
TABLE: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("ascii"))
WHOLE = sorted(path.name for path in FOLDER.glob("*.p?m"))
BLOCK = 64
# One block, and so one tile: what plain Python reads in no time.
SMALL = [
    name
    for name, row in TABLE.items()
    if row["header"]["width"] <= BLOCK and row["header"]["height"] <= BLOCK
]
LIMIT = 400_000  # bytes of the whole folder

X86 = platform.machine().lower() in ("x86_64", "amd64")
CORES = ("Prescott", "Nehalem", "Sandybridge", "Haswell") if X86 else ("ARMV8", "NEOVERSEN1")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PROGRAM = """
import json, sys
from pathlib import Path
from mezzotint.bundle import default, load
from mezzotint.runtime.decode import latent_digests
folder = Path(sys.argv[1])
bundles = {"default": default()} | {name: load(folder / f"{name}.mztm") for name in ("tiny", "context")}
for name, row in json.loads((folder / "expected.json").read_text("ascii")).items():
    data = (folder / f"{name}.mzt").read_bytes()
    tiles = latent_digests(data, model=bundles[row["model"]])
    print(name, json.dumps([[tile.z_hat, tile.indices, tile.symbols] for tile in tiles]))
"""


@lru_cache(maxsize=2)
def by_path(name: str, path: Path) -> ModuleType:
    """A module of the tests, which are no package."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def builder() -> ModuleType:
    return by_path("golden_streams", TESTS / "runtime" / "regenerate_streams.py")


@lru_cache(maxsize=3)
def bundle(model: str) -> Bundle:
    return default() if model == "default" else load(FOLDER / f"{model}.mztm")


def stream(name: str) -> tuple[bytes, dict[str, Any], Bundle]:
    row = TABLE[name]
    found = bundle(row["model"])
    made_with = row["header"]["model_id"]
    assert made_with == found.model_id.hex(), "the default model is another one now: run `make golden`"
    return (FOLDER / f"{name}.mzt").read_bytes(), row, found


def test_the_table_names_every_file() -> None:
    assert list(TABLE) == list(builder().cases())
    files = {f"{name}.mzt" for name in TABLE} | {"tiny.mztm", "context.mztm", "expected.json", *WHOLE}
    assert {path.name for path in FOLDER.iterdir()} == files
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LIMIT


def test_the_streams_cover_the_format() -> None:
    models = [row["model"] for row in TABLE.values()]
    assert models.count("default") >= 12
    assert models.count("tiny") >= 6
    for model in ("default", "tiny"):
        rows = [row for row in TABLE.values() if row["model"] == model]
        headers = [row["header"] for row in rows]
        assert {header["channels"] for header in headers} == {1, 3}
        assert {header["tile_log2"] for header in headers} == {6, 7, 10, 15}
        assert {header["alpha"] for header in headers} == {0, 1}
        assert {0, 1351, 3071, 4095} == {header["quality"] for header in headers}
        assert {tag for row in rows for tag, _ in row["boxes"]} >= {"ALPH", "iCCP", "eXIF", "xMP ", "note"}
        assert max(len(row["latents"]) for row in rows) == 6
    for model in ("tiny", "context"):
        assert sum(row["escapes"] for row in TABLE.values() if row["model"] == model) > 100


def test_the_streams_cover_the_scale_context() -> None:
    """Among them are tables that only earlier symbols tell, and some of these are the certain one."""
    names = [name for name, row in TABLE.items() if row["model"] == "context"]
    assert {len(TABLE[name]["latents"]) for name in names} == {1, 4, 6}
    moved = certain = 0
    for name in names:
        data, row, found = stream(name)
        for tile in read_latents(read(data), found):
            plain = found.scale_map(tile.z_hat, row["header"]["quality"])
            moved += int((tile.indices != plain).sum())
            certain += int(((tile.indices == 0) & (plain > 0)).sum())
    assert moved > 500 and certain > 10


@pytest.mark.parametrize("name", TABLE)
def test_container(name: str) -> None:
    data, row, found = stream(name)
    assert len(data) == row["bytes"]
    assert builder().sha256(data) == row["sha256"]
    container = read(data)
    assert asdict(container.header) | {"model_id": container.header.model_id.hex()} == row["header"]
    assert [[box.tag.decode("ascii"), builder().sha256(box.payload)] for box in container.boxes] == row[
        "boxes"
    ]
    assert builder().escapes(data, found) == row["escapes"]


@pytest.mark.parametrize("name", TABLE)
def test_integers(name: str) -> None:
    data, row, found = stream(name)
    tiles = [[tile.z_hat, tile.indices, tile.symbols] for tile in latent_digests(data, model=found)]
    assert tiles == row["latents"]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", TABLE)
def test_pixels(name: str, threads: int) -> None:
    data, row, found = stream(name)
    header = row["header"]
    picture = decode_picture(read(data), open_model(found, threads))
    planes = () if header["channels"] == 1 else (3,)
    assert picture.colour.shape == (header["height"], header["width"], *planes)
    # Pixels within 1 step have means within 1, and the thumbnail is rounded to 0.01. A step is one of 8 bits.
    step = max(1, -(-((1 << header["bit_depth"]) - 1) // 255))
    difference = np.array(builder().thumbnail(picture.colour)) - np.array(row["thumbnail"])
    assert np.abs(difference).max() <= step + 0.01
    if header["alpha"] == Alpha.NONE:
        assert picture.alpha is None
    else:
        assert picture.alpha is not None
        assert builder().sha256(picture.alpha.tobytes()) == row["alpha"]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", WHOLE)
def test_every_pixel(name: str, threads: int) -> None:
    data, _, found = stream(Path(name).stem)
    with Image.open(FOLDER / name) as image:
        expected = np.asarray(image).astype(int)
    again = mezzotint.decode(data, model=found, threads=threads)
    assert again.shape == expected.shape
    assert np.abs(again - expected).max() <= 1


# -- other threads, other processors ----------------------------------------------------------------------


def integers_elsewhere(**variables: str) -> dict[str, Any]:
    """The hashes by a process with these environment variables."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("OPENBLAS", "NPY_"))
    }
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(FOLDER)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=environment | variables
    )
    assert done.returncode == 0, done.stderr
    return {
        name: json.loads(tiles) for name, _, tiles in (x.partition(" ") for x in done.stdout.splitlines())
    }


def expected_integers() -> dict[str, Any]:
    return {name: row["latents"] for name, row in TABLE.items()}


def dispatched() -> list[str]:
    """The extensions that numpy chooses at run time, and may therefore be told to leave alone."""
    core = getattr(np, "_core", None) or np.core
    features = core._multiarray_umath.__cpu_features__
    return [name for name in core._multiarray_umath.__cpu_dispatch__ if features.get(name)]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads(threads: str) -> None:
    assert integers_elsewhere(**dict.fromkeys(THREADS, threads)) == expected_integers()


def test_the_oldest_processor() -> None:
    variables = {"NPY_DISABLE_CPU_FEATURES": " ".join(dispatched()), "OPENBLAS_CORETYPE": CORES[0]}
    assert integers_elsewhere(**variables) == expected_integers()


@pytest.mark.parametrize("core", CORES)
def test_kernels_of_older_processors(core: str) -> None:
    assert integers_elsewhere(OPENBLAS_CORETYPE=core) == expected_integers()


# -- plain Python -----------------------------------------------------------------------------------------


@lru_cache(maxsize=3)
def plain_y_tables(model: str) -> tuple[PlainTable, ...]:
    """As docs/format.md 9.1 lays them out."""
    arrays = (bundle(model).array(f"y.{name}").tolist() for name in ("frequencies", "lengths", "minima"))
    frequencies, lengths, minima = arrays
    tables, start = [], 0
    for length, minimum in zip(lengths, minima, strict=True):
        tables.append(PlainTable(minimum, tuple(frequencies[start : start + length]), length > 1))
        start += length
    return tuple(tables)


def words(chunk: bytes) -> list[int]:
    return [int.from_bytes(chunk[at : at + 4], "little") for at in range(0, len(chunk), 4)]


def plainly(container: Container, model: str) -> TileLatents:
    """The integers of a stream of one block: nothing of coder.py, grouping.py or intnet has a part in it."""
    plain = by_path("plain_scale_map", TESTS / "intnet" / "plain.py")
    found, quality = bundle(model), container.header.quality
    chunks = [words(layer[0]) for layer in container.layers]

    bank = found.array("z.frequencies")[quality * found.card.z_banks // 4096].tolist()
    z_tables = [PlainTable(-127, tuple(frequencies)) for frequencies in bank]
    numbers = list(range(len(z_tables)))
    z = reference.decode(chunks[0], numbers, z_tables)
    assert reference.encode(z, numbers, z_tables) == chunks[0]

    arrays = [found.array(f"scale.{name}").tolist() for name in ("weight", "bias", "offset")]
    totals = plain.sums(*arrays, [[[value]] for value in z], quality)
    names = {blob.entry.name for blob in found.blobs}
    context = [found.array(name).tolist() for name in ("scale.inner", "scale.outer") if name in names]

    groups, indices, symbols = found.card.latent_groups, [], []
    for order, (channels, chunk) in enumerate(zip(groups, chunks[1:], strict=True)):
        group = totals[len(symbols) : len(symbols) + channels]
        added = [[[0] * 4] * 4] * channels
        if context and order > 0:
            added = plain.scale_context(*context, groups, symbols, order)
        indices += plain.indices(group, added)
        numbers = [number for plane in indices[len(symbols) :] for row in plane for number in row]
        values = reference.decode(chunk, numbers, plain_y_tables(model))
        assert reference.encode(values, numbers, plain_y_tables(model)) == chunk
        symbols += np.array(values).reshape(channels, 4, 4).tolist()
    return TileLatents(
        np.array(z, np.int32).reshape(-1, 1, 1), np.array(indices, np.uint8), np.array(symbols, np.int32)
    )


@pytest.mark.parametrize("name", SMALL)
def test_plain_python_reads_the_same(name: str) -> None:
    data, row, _ = stream(name)
    assert [list(asdict(digest(plainly(read(data), row["model"]))).values())] == row["latents"]
