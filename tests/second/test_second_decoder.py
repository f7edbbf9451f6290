# SPDX-License-Identifier: Apache-2.0
"""A decoder written from docs/format.md alone finds the integers of every golden file, and refuses what it must.

Lossless coding (15) is tested in test_second_exact.py.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import decoder
import exact
import numpy as np
import pytest
from numpy.typing import NDArray

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
PACKAGE = HERE.parents[1] / "src" / "mezzotint"
STREAMS, REFUSED = (
    json.loads((GOLDEN / folder / "expected.json").read_text("ascii")) for folder in ("streams", "refuse")
)


@cache
def bundle(model: str) -> Any:
    folder = PACKAGE / "bundle" if model == "default" else GOLDEN / "streams"
    return decoder.read_bundle((folder / f"{model}.mztm").read_bytes())


@cache
def tables() -> exact.Tables:
    return exact.read_tables(PACKAGE / "runtime" / "lossless" / "tables.npz")


def sha256(array: NDArray[Any] | None, dtype: str) -> str | None:
    return None if array is None else hashlib.sha256(array.astype(dtype).tobytes()).hexdigest()


@pytest.mark.parametrize("name", STREAMS)
def test_latents_and_alpha_are_the_golden_ones(name: str) -> None:
    row = STREAMS[name]
    file = decoder.parse((GOLDEN / "streams" / f"{name}.mzt").read_bytes())
    tiles = decoder.decode_latents(file, bundle(row["model"]))
    found = [[sha256(a, kind) for a, kind in zip(tile, ("<i4", "u1", "<i4"), strict=True)] for tile in tiles]
    assert found == row["latents"]
    assert sha256(decoder.decode_alpha(file), "<u2" if file.depth > 8 else "u1") == row["alpha"]


def decode(data: bytes, model: str | None) -> None:
    """All that the two modules can find out about a file."""
    file = decoder.parse(data)
    decoder.decode_alpha(file)
    if file.mode == 0:
        decoder.decode_latents(file, bundle(model or "default"))
    else:
        exact.decode_exact(file, tables())


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_must_be_refused(name: str) -> None:
    data, row = (GOLDEN / "refuse" / name).read_bytes(), REFUSED[name]
    if row["met"] == "decode" and row["error"] != "LimitExceeded":
        decoder.parse(data)  # no fault of the container's
    with pytest.raises(decoder.Refused):
        decode(data, row["model"])


def test_every_flipped_bit_of_a_chunk_is_refused_behind_the_checksums() -> None:
    """What section 9.3 says of the end of the words: often nothing else tells, and a checksum would hide it."""
    file = decoder.parse((GOLDEN / "streams" / "default-17x33-q100.mzt").read_bytes())
    good = file.chunks[1][0]
    assert len(good) >= 4
    for bit in range(8 * len(good)):
        damaged = bytearray(good)
        damaged[bit // 8] ^= 1 << bit % 8
        file.chunks[1][0] = bytes(damaged)
        with pytest.raises(decoder.Refused):
            decoder.decode_latents(file, bundle("default"))


@pytest.mark.parametrize("depth", [8, 16])
def test_differences_of_alpha_are_to_the_left_or_to_the_sample_above(depth: int) -> None:
    """3.3 by hand, since no golden file need use every kind."""
    file = decoder.File(0, 1, 3, 1024, depth, 0, 4, bytes(8), 2, 2)
    dtype, top = ("<u2", 65535) if depth > 8 else ("u1", 255)
    packed = zlib.compress(np.array([1, top, 3, 4], dtype).tobytes())
    for kind, plane in ((1, [[1, top], [3, 4]]), (2, [[1, 0], [3, 7]]), (3, [[1, top], [4, 3]])):
        file.boxes = [(b"ALPH", bytes([kind]) + packed)]
        assert decoder.decode_alpha(file).tolist() == plane
    file.boxes = [(b"ALPH", bytes([0]) + np.array([7], dtype).tobytes())]
    assert decoder.decode_alpha(file).tolist() == [[7, 7], [7, 7]]


def test_the_decoder_shares_nothing_with_the_package() -> None:
    found = set()
    for node in ast.walk(ast.parse((HERE / "decoder.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    assert found - set(sys.stdlib_module_names) - {"collections.abc"} == {"numpy"}
