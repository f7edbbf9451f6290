# SPDX-License-Identifier: Apache-2.0
"""A decoder written from docs/format.md alone finds the integers of every golden file, and refuses what it must.

Tiles on the lattice (15.2 to 15.7) are left to tests/runtime/lossless/plain.py, which shares the frozen numbers and the
reference coder with the package; the rest of an exact file, graphics among it, shares nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
PACKAGE = HERE.parents[1] / "src" / "mezzotint"
STREAMS, EXACT, REFUSED = (
    json.loads((GOLDEN / folder / "expected.json").read_text("ascii"))
    for folder in ("streams", "exact", "refuse")
)


@pytest.fixture(scope="session")
def second(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    return load_module(HERE / "decoder.py", "mezzotint_tests_second_decoder")


@pytest.fixture(scope="session")
def plain(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    return load_module(HERE.parent / "runtime" / "lossless" / "plain.py", "mezzotint_tests_second_plain")


@cache
def bundle(second: ModuleType, model: str) -> Any:
    folder = PACKAGE / "bundle" if model == "default" else GOLDEN / "streams"
    return second.read_bundle((folder / f"{model}.mztm").read_bytes())


def sha256(array: NDArray[Any] | None, dtype: str) -> str | None:
    return None if array is None else hashlib.sha256(array.astype(dtype).tobytes()).hexdigest()


@pytest.mark.parametrize("name", STREAMS)
def test_latents_and_alpha_are_the_golden_ones(second: ModuleType, name: str) -> None:
    row = STREAMS[name]
    file = second.parse((GOLDEN / "streams" / f"{name}.mzt").read_bytes())
    tiles = second.decode_latents(file, bundle(second, row["model"]))
    found = [[sha256(a, kind) for a, kind in zip(tile, ("<i4", "u1", "<i4"), strict=True)] for tile in tiles]
    assert found == row["latents"]
    assert sha256(second.decode_alpha(file), "u1") == row["alpha"]


def unfilter(rows: NDArray[np.uint8], width: int, channels: int, dtype: str) -> NDArray[Any]:
    """15.8: (height, width, channels) out of filtered rows."""
    found = np.zeros((len(rows) + 1, width + 1, channels), dtype)  # a row and a column of zeros before all
    for y, row in enumerate(rows, 1):
        assert row[0] <= 3
        left, above = row[0] & 1, row[0] >> 1
        part = row[1:].view(dtype).reshape(width, channels)
        # Taking the value to the left away from a row is undone by a running sum, from what is above or from zero.
        found[y, 1:] = np.cumsum(part, axis=0, dtype=dtype) if left else part
        found[y] += found[y - 1] * above
    return found[1:, 1:]


def graphics(
    second: ModuleType, chunk: bytes, size: tuple[int, int], channels: int, depth: int
) -> NDArray[Any]:
    """15.8: the samples of a tile, (height, width, channels)."""
    reader, (height, width), dtype = second.Reader(chunk), size, "<u2" if depth > 8 else "u1"
    assert reader.number(1) == 1
    kind, sample = reader.number(1), np.dtype(dtype).itemsize
    if kind == 0:
        raw = second.inflate(chunk[reader.place :], height * (1 + width * channels * sample))
        return unfilter(np.frombuffer(raw, "u1").reshape(height, -1), width, channels, dtype)
    assert kind <= 2
    count = reader.number(1) + 1
    colours = np.frombuffer(reader.take(count * channels * sample), dtype).reshape(count, channels)
    bits = 8 if kind == 1 else next(bits for bits in (1, 2, 4, 8) if count <= 1 << bits)
    packed = -(-width * bits // 8)
    raw = second.inflate(chunk[reader.place :], height * (1 + packed))
    rows = unfilter(np.frombuffer(raw, "u1").reshape(height, -1), packed, 1, "u1")[..., 0]
    fields = np.unpackbits(rows, axis=1).reshape(height, -1, bits)
    return colours[(fields @ (1 << np.arange(bits)[::-1]))[:, :width]]


def lattice(plain: ModuleType, chunks: list[bytes], size: tuple[int, int], file: Any) -> NDArray[Any]:
    """15.2 to 15.7: the same of a tile on the lattice, whose planes are green, red, blue."""
    shape = size if file.channels == 1 else (*size, 3)
    planes = plain.decode(chunks, shape, file.depth, file.quality)
    found = [np.array([[cells[y, x] for x in range(size[1])] for y in range(size[0])]) for cells in planes]
    return np.dstack([found[k] for k in ((0,) if file.channels == 1 else (1, 0, 2))])


@cache
def frozen_id() -> bytes:
    """15.9."""
    text = hashlib.sha256(b"mezzotint lossless 1\n")
    for name, array in sorted(np.load(PACKAGE / "runtime" / "lossless" / "tables.npz").items()):
        kind = f"{array.dtype.kind}{array.dtype.itemsize}"
        text.update(f"{name} {kind} {' '.join(map(str, array.shape))}\n".encode("ascii"))
        text.update(array.astype(f"<{kind}").tobytes())
    return text.digest()[:8]


@pytest.mark.parametrize("name", EXACT)
def test_samples_and_alpha_are_the_golden_ones(second: ModuleType, plain: ModuleType, name: str) -> None:
    file = second.parse((GOLDEN / "exact" / f"{name}.mzt").read_bytes())
    assert file.layers == 5 and file.model_id == frozen_id()
    tiles = []
    for size, *chunks in zip(file.tiles, *file.chunks, strict=True):
        if chunks[0][0] == 1:  # 15.1
            assert not any(chunks[1:])
            tiles.append(graphics(second, chunks[0], size, file.channels, file.depth))
        else:
            tiles.append(lattice(plain, chunks, size, file))
    columns = -(-file.width // file.tile)
    bands = [np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)]
    dtype = "<u2" if file.depth > 8 else "u1"
    assert sha256(np.vstack(bands), dtype) == EXACT[name]["pixels"]
    assert sha256(second.decode_alpha(file), dtype) == EXACT[name]["alpha"]


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_must_be_refused(second: ModuleType, name: str) -> None:
    with pytest.raises(second.Refused):
        second.parse((GOLDEN / "refuse" / name).read_bytes())


def test_every_flipped_bit_of_a_chunk_is_refused_behind_the_checksums(second: ModuleType) -> None:
    """What section 9.3 says of the end of the words: often nothing else tells, and a checksum would hide it."""
    file = second.parse((GOLDEN / "streams" / "default-17x33-q100.mzt").read_bytes())
    good = file.chunks[1][0]
    assert len(good) >= 4
    for bit in range(8 * len(good)):
        damaged = bytearray(good)
        damaged[bit // 8] ^= 1 << bit % 8
        file.chunks[1][0] = bytes(damaged)
        with pytest.raises(second.Refused):
            second.decode_latents(file, bundle(second, "default"))


@pytest.mark.parametrize("depth", [8, 16])
def test_differences_of_alpha_are_to_the_left_or_to_the_sample_above(second: ModuleType, depth: int) -> None:
    """3.3 by hand, since no golden file need use every kind."""
    file = second.File(0, 1, 3, 1024, depth, 0, 4, bytes(8), 2, 2)
    dtype, top = ("<u2", 65535) if depth > 8 else ("u1", 255)
    packed = zlib.compress(np.array([1, top, 3, 4], dtype).tobytes())
    for kind, plane in ((1, [[1, top], [3, 4]]), (2, [[1, 0], [3, 7]]), (3, [[1, top], [4, 3]])):
        file.boxes = [(b"ALPH", bytes([kind]) + packed)]
        assert second.decode_alpha(file).tolist() == plane
    file.boxes = [(b"ALPH", bytes([0]) + np.array([7], dtype).tobytes())]
    assert second.decode_alpha(file).tolist() == [[7, 7], [7, 7]]


def test_the_decoder_shares_nothing_with_the_package() -> None:
    found = set()
    for node in ast.walk(ast.parse((HERE / "decoder.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    assert found - set(sys.stdlib_module_names) - {"collections.abc"} == {"numpy"}
