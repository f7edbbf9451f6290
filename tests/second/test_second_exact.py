# SPDX-License-Identifier: Apache-2.0
"""Section 15 of docs/format.md, decoded from the document alone: golden files, what must be refused, and damage.

exact.py shares nothing with the package but the frozen numbers, which are data. Where the two are compared, it is on
files that no encoder of the package wrote (forge.py), whole and damaged: golden files use a part of the format only.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import decoder
import exact
import forge
import numpy as np
import pytest
from numpy.typing import NDArray

import mezzotint
from mezzotint import bitstream
from mezzotint.errors import MezzotintError

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
TABLES = exact.read_tables(HERE.parents[1] / "src" / "mezzotint" / "runtime" / "lossless" / "tables.npz")
EXPECTED = json.loads((GOLDEN / "exact" / "expected.json").read_text("ascii"))
TILES = sorted(path.stem for path in (GOLDEN / "lossless").glob("*.json"))
Samples = NDArray[Any]


def golden(name: str) -> decoder.File:
    return decoder.parse((GOLDEN / "exact" / f"{name}.mzt").read_bytes())


def tile(size: tuple[int, int], channels: int, depth: int, most: int, *chunks: bytes) -> decoder.File:
    """A file of one tile; chunks that are not given are empty."""
    layers = [[chunk] for chunk in (*chunks, *[b""] * (5 - len(chunks)))]
    mode = 1 if most else 2
    return decoder.File(
        mode, 0, channels, 1 << 15, depth, most, 5, TABLES.id, size[1], size[0], chunks=layers
    )


def sha256(array: Samples | None) -> str | None:
    return None if array is None else hashlib.sha256(array.tobytes()).hexdigest()


# What the document says, on what the package wrote


@pytest.mark.parametrize("name", EXPECTED)
def test_samples_and_alpha_are_the_golden_ones(name: str) -> None:
    file = golden(name)
    assert sha256(exact.decode_exact(file, TABLES)) == EXPECTED[name]["pixels"]
    assert sha256(decoder.decode_alpha(file)) == EXPECTED[name]["alpha"]


@pytest.mark.parametrize("name", TILES)
def test_golden_tiles_have_their_samples(name: str) -> None:
    row = json.loads((GOLDEN / "lossless" / f"{name}.json").read_text("ascii"))
    (height, width, *channels), chunks = row["shape"], map(bytes.fromhex, row["chunks"])
    file = tile((height, width), *(channels or [1]), row["bit_depth"], row["max_error"], *chunks)
    assert TABLES.id.hex() == row["tables"]
    assert sha256(exact.decode_exact(file, TABLES)) == row["samples"]


def test_the_frozen_numbers_keep_their_laws() -> None:
    """15.9, and sums that stay within 32 bits because of them."""
    arrays = TABLES.arrays
    assert f"`{TABLES.id.hex()}`" in (HERE.parents[1] / "docs" / "format.md").read_text("utf-8")
    for name in (f"{g}{c}{p}" for g in range(3) for c in range(3) for p in range(3)):
        c, p = int(name[1]), int(name[2])
        weights, spread, scales = (arrays[f"{kind}{name}"] for kind in ("weights", "spread", "map"))
        features = 5 + len(exact.OWN_ERRORS[p]) + c * len(exact.CROSS_ERRORS[p])
        assert 1 <= len(weights) <= 16
        assert weights.shape[1:] == (len(exact.OWN[p]) + 9 * c, 15)
        assert spread.shape == (features + 1, 15)
        assert scales.shape == (36,) and scales.max() < 108
        assert (weights.sum(1) == 4096).all() and (abs(weights).sum(1) < 1 << 15).all()
        bounds = np.array([1 << 19] * 5 + [1 << 21] * (features - 5) + [1])
        assert (bounds @ abs(spread) < 1 << 31).all()
        assert spread.min() >= 0  # the remark at the end of 15.6, and below
        counts = [len(group) for group in exact.OWN_ERRORS[p] + exact.CROSS_ERRORS[p] * c]
        most = np.array([1, 1, 2, 2, 8, *(4 * count for count in counts), 1]) * 65535
        assert (most @ spread >> 4).max() < 1 << 23
    assert len(arrays) == 3 * 27 + 3
    assert len(TABLES.residual) == len(arrays["minima"]) == 540
    assert all(table.left[-1] == 1 << 24 and len(table.left) > 2 for table in TABLES.residual)
    assert arrays["lengths"].sum() == len(arrays["frequencies"]) and arrays["frequencies"].min() >= 1


# What the document says, on what nobody wrote


def pack(file: decoder.File) -> bytes:
    header = bitstream.Header(
        width=file.width,
        height=file.height,
        channels=file.channels,
        quality=file.quality,
        model_id=file.model_id,
        layer_count=file.layers,
        mode=bitstream.Mode(file.mode),
        bit_depth=file.depth,
        tile_log2=file.tile.bit_length() - 1,
    )
    return bitstream.write(bitstream.Container(header, (), tuple(map(tuple, file.chunks))))


def by_the_package(data: bytes, **options: Any) -> Samples | None:
    """The samples, or None where the package refuses."""
    try:
        samples: Any = mezzotint.decode(data, threads=1, **options)
    except MezzotintError:
        return None
    return samples if samples.ndim == 3 else samples[..., None]


def by_the_document(file: decoder.File) -> Samples | None:
    try:
        return exact.decode_exact(file, TABLES)
    except decoder.Refused:
        return None


def same(one: Samples | None, other: Samples | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


SHAPES = [(1, 2), (2, 1), (3, 3), (1, 140), (7, 9), (140, 3), (20, 31), (33, 17), (5, 280)]
DEPTHS = [1, 2, 5, 8, 8, 9, 12, 16, 16]
ERRORS = [0, 0, 1, 0, 7, 300, 4095]


@cache
def forged(seed: int) -> tuple[decoder.File, Samples]:
    depth = DEPTHS[seed % 9]
    most = min(ERRORS[seed % 7], (1 << depth) - 1)
    return forge.forge_tile(seed, SHAPES[seed * 5 % 9], (1, 3)[seed % 2], depth, most, TABLES)


@pytest.mark.parametrize("seed", range(27))
def test_tiles_that_no_encoder_writes_decode_to_the_same_everywhere(seed: int) -> None:
    file, samples = forged(seed)
    assert same(samples, by_the_document(file))
    assert same(samples, by_the_package(pack(file)))


@pytest.mark.parametrize("depth", range(1, 17))
def test_graphics_of_every_kind_decode_to_the_same_everywhere(depth: int) -> None:
    for seed in range(8):
        file = forge.forge_graphics(depth * 8 + seed, SHAPES[seed], (1, 3)[seed % 2], depth, TABLES)
        samples = by_the_document(file)
        assert samples is not None
        assert same(samples, by_the_package(pack(file)))


@pytest.mark.parametrize("name", ["130x70-near-7-tiles", "65x43-10-bits", "64x64-flat", "1x70"])
def test_cut_files_show_the_same(name: str) -> None:
    """15.10, at every end of a chunk. The package gives no picture without a first chunk."""
    data, file = (GOLDEN / "exact" / f"{name}.mzt").read_bytes(), golden(name)
    chunks, count = [chunk for layer in file.chunks for chunk in layer], len(file.tiles)
    ends = (
        len(data) - np.cumsum([0, *map(len, chunks[::-1])])[::-1][1:]
    )  # a chunk that is empty is not cut off
    for cut in ends if count == 1 else ends[::7]:
        flat = [chunk if end <= cut else None for chunk, end in zip(chunks, ends, strict=True)]
        file.chunks = [flat[k : k + count] for k in range(0, len(flat), count)]
        assert same(by_the_document(file), by_the_package(data[:cut], partial=True))


# Damage


def damaged_files(count: int) -> Iterator[decoder.File]:
    rng = np.random.default_rng(15)
    sound = [golden(name) for name in EXPECTED if not {"alpha", "tiles"} & {*name.split("-")}] + [
        forged(k)[0] for k in range(27)
    ]
    for number in range(count):
        file = sound[number % len(sound)]
        full = [(i, t) for i, layer in enumerate(file.chunks) for t, chunk in enumerate(layer) if chunk]
        place = full[rng.integers(len(full))]
        yield replace(
            file,
            chunks=[
                [damaged(chunk, rng) if (i, t) == place else chunk for t, chunk in enumerate(layer)]
                for i, layer in enumerate(file.chunks)
            ],
        )


def damaged(chunk: bytes, rng: np.random.Generator) -> bytes:
    """Bits turned over, mostly near the front, where heads are; or bytes taken away or put in."""
    found, at = bytearray(chunk), int(rng.integers(min(len(chunk), rng.choice([2, 40, 10**9]))))
    kind = int(rng.integers(8))
    if kind < 5:
        found[at] ^= int(rng.choice([1 << kind, 1 << kind + 3, rng.integers(1, 256)]))
    elif kind == 5:
        del found[at : at + int(rng.integers(1, 5))]
    elif kind == 6:
        found[at:at] = rng.bytes(int(rng.integers(1, 5)))
    else:
        found += rng.bytes(int(rng.integers(1, 5)))
    return bytes(found)


def test_damage_is_refused_here_and_there_or_gives_the_same_samples() -> None:
    outcomes: Counter[bool] = Counter()
    for file in damaged_files(500):
        samples = by_the_document(file)
        assert same(samples, by_the_package(pack(file)))
        outcomes[samples is None] += 1
    assert outcomes[True] > 300 and outcomes[False] > 20


def lattice(head: bytes, size: tuple[int, int] = (1, 2), start: bytes = b"\0\x50") -> decoder.File:
    """One grey sample, and then a pass of one sample."""
    return tile(size, 1, 8, 0, start, b"", b"", b"", head)


def graphics(front: bytes, rows: bytes, depth: int = 8, channels: int = 1) -> decoder.File:
    return tile((2, 2), channels, depth, 0, b"\1" + front + zlib.compress(rows))


def with_residual(residual: int, depth: int, most: int, start: int) -> tuple[decoder.File, int]:
    """(a row of two samples, the second of which has this residual; that sample before it is clamped)"""
    dtype, cells = exact.sample_type(depth), [np.array([[start]])]
    file = tile((1, 2), 1, depth, most, b"\0" + np.array(start, dtype).tobytes())
    level, known, number = next(exact.walk(cells, (1, 2)))
    assert (level, number) == (0, 1)
    arrays = TABLES.arrays
    head = exact.read_head(decoder.Reader(b"\0\xff\0\0"), 1, arrays["weights001"], arrays["map001"])
    view = exact.look(known, number, head, arrays["spread001"], file)
    file.chunks[4][0] = b"\0\xff" + forge.encode_residuals(np.array([[residual]]), view, TABLES)
    return file, int(view.whole[0, 0] + view.sign[0, 0] * residual * (2 * most + 1))


ROWS = b"\0\1\2\0\3\4"
SOUND = zlib.compress(ROWS)
REFUSED = {
    "15 layers": replace(tile((1, 1), 1, 8, 0, b"\0\5"), layers=4, chunks=[[b"\0\5"], [b""], [b""], [b""]]),
    "15 other numbers": replace(tile((1, 1), 1, 8, 0, b"\0\5"), model_id=bytes(8)),
    "15.1 empty": tile((1, 1), 1, 8, 0),
    "15.1 coding": tile((1, 1), 1, 8, 0, b"\2\5"),
    "15.1 graphics in two chunks": tile((2, 2), 1, 8, 0, b"\1\0" + SOUND, b"", b"\0"),
    "15.2 sample": tile((1, 1), 1, 7, 0, b"\0\x80"),
    "15.2 sample of 16 bits": tile((1, 1), 1, 9, 0, b"\0\0\2"),
    "15.2 sample missing": tile((1, 1), 3, 8, 0, b"\0\5\5"),
    "15.2 pass without samples": tile((1, 1), 1, 8, 0, b"\0\5", b"\0\xff\0\0"),
    "15.7 pass missing": lattice(b""),
    "15.7 bit 6": lattice(b"\x40\xff\0\0"),
    "15.7 bit 7": lattice(b"\x80\xff\0\0"),
    "15.7 set": lattice(b"\x0f\xff\0\0"),
    "15.7 set of a class": lattice(b"\x1f" + bytes(14) + b"\x0f\xff\0\0"),
    "15.7 first": lattice(b"\0\x24\1\0\0\0"),
    "15.7 count of 0": lattice(b"\0\0\0\0\0"),
    "15.7 count": lattice(b"\0\x23\2\0\0\0\0"),
    "15.7 entry": lattice(b"\0\0\1\x6c\0\0"),
    "15.7 varint": lattice(b"\0\xff\x80\0\0"),
    "15.7 no words": lattice(b"\0\xff\0\0"),
    "15.7 plain words": lattice(b"\0\xff\0\4\1\0\0\0"),
    "15.7 words missing": lattice(b"\0\xff\4\0\1\0\0"),
    "15.8 kind": graphics(b"\3", ROWS),
    "15.8 filter": graphics(b"\0", b"\4\1\2\0\3\4"),
    "15.8 sample": graphics(b"\0", b"\0\1\2\0\3\x80", 7),
    "15.8 colour": graphics(b"\1\4" + b"\1\2\3\4\x80", ROWS, 7),
    "15.8 colour that no pixel has": graphics(b"\1\5" + b"\1\2\3\4\5\x80", ROWS, 7),
    "15.8 colours missing": tile((2, 2), 1, 8, 0, b"\1\1\xff"),
    "15.8 index": graphics(b"\1\3" + b"\1\2\3\4", ROWS),
    "15.8 short rows": graphics(b"\0", ROWS[:-1]),
    "15.8 long rows": graphics(b"\0", ROWS + b"\0"),
    "15.8 behind the stream": tile((2, 2), 1, 8, 0, b"\1\0" + SOUND + b"\0"),
    "15.8 checksum of the stream": tile((2, 2), 1, 8, 0, b"\1\0" + SOUND[:-1] + b"\0"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_document_refuses_is_refused(what: str) -> None:
    with pytest.raises(decoder.Refused):
        exact.decode_exact(REFUSED[what], TABLES)
    assert by_the_package(pack(REFUSED[what])) is None


def test_the_refused_files_would_be_sound_without_their_flaw() -> None:
    file, _ = with_residual(3, 8, 0, 0x50)
    assert file.chunks[4][0].startswith(b"\0\xff") and by_the_document(file) is not None
    for good in (
        tile((1, 1), 3, 8, 0, b"\0\5\5\5"),
        graphics(b"\0", ROWS),
        graphics(b"\1\4\1\2\3\4\5", ROWS),
    ):
        assert by_the_document(good) is not None


@pytest.mark.parametrize(("depth", "most"), [(1, 0), (2, 1), (8, 0), (8, 5), (12, 300), (16, 0), (16, 4095)])
def test_samples_may_leave_their_range_by_the_largest_error_and_no_more(depth: int, most: int) -> None:
    """15.6, and that residuals of any size are refused rather than wrapped."""
    top, step = (1 << depth) - 1, 2 * most + 1
    for start in (0, top // 2, top):
        edges = [(edge - start) // step for edge in (-most, top + most)]
        residuals = {sign * (edge + k) for edge in edges for k in (-1, 0, 1, 2) for sign in (-1, 1)}
        huge = {sign << e for sign in (-1, 1) for e in (17, 18, 26)}
        for residual in residuals | huge:
            file, s = with_residual(residual, depth, most, start)
            samples = by_the_document(file)
            assert (samples is not None) == (-most <= s <= top + most)
            assert samples is None or samples.ravel().tolist() == [start, min(max(s, 0), top)]
            assert same(samples, by_the_package(pack(file)))


# Where it comes from


def test_nothing_is_shared_with_the_package() -> None:
    for name, own in (("decoder", set()), ("exact", {"decoder"}), ("forge", {"decoder", "exact"})):
        found = set()
        for node in ast.walk(ast.parse((HERE / f"{name}.py").read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                found.add(str(node.module).split(".")[0])
            elif isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
        assert found - set(sys.stdlib_module_names) == {"numpy", *own}
