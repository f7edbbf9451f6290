# SPDX-License-Identifier: Apache-2.0
"""What the golden files that decode are examples of, as the second decoder reads them: no part may lack one.

That each of them gives what it once gave is tested beside it: test_golden_streams.py and test_golden_exact.py of
tests/runtime for the package, test_second_decoder.py and test_second_exact.py here.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import Any, NamedTuple

import decoder
import exact
import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
TABLES = Path(__file__).parents[2] / "src" / "mezzotint" / "runtime" / "lossless" / "tables.npz"
PRIMES = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 37, 53, 67, 71, 97, 101, 103, 113}


class Golden(NamedTuple):
    name: str
    row: dict[str, Any]
    data: bytes
    file: decoder.File


@cache
def golden(folder: str) -> tuple[Golden, ...]:
    rows = json.loads((GOLDEN / folder / "expected.json").read_text("ascii"))
    datas = {name: (GOLDEN / folder / f"{name}.mzt").read_bytes() for name in rows}
    return tuple(Golden(name, rows[name], data, decoder.parse(data)) for name, data in datas.items())


def both() -> tuple[Golden, ...]:
    return golden("streams") + golden("exact")


def of_mode(mode: int) -> list[decoder.File]:
    return [found.file for found in both() if found.file.mode == mode]


def test_there_are_enough_each_with_its_hashes() -> None:
    assert len(both()) >= 80
    assert len({found.data for found in both()}) == len(both())
    for found in both():
        hashes = [found.row["sha256"], *chain.from_iterable(found.row.get("latents", [[]]))]
        hashes += [found.row["pixels"]] if found in golden("exact") else []
        assert len(hashes) >= 2 and all(len(digest) == 64 for digest in hashes), found.name
        assert (found.row["alpha"] is None) == (found.file.alpha == 0)


def test_every_mode_with_and_without_alpha_in_grey_and_colour() -> None:
    found = {(file.mode, file.alpha, file.channels) for mode in (0, 1, 2) for file in of_mode(mode)}
    assert found == set(product((0, 1, 2), (0, 1), (1, 3)))


def test_every_bit_depth() -> None:
    assert {found.file.depth for found in both()} == set(range(1, 17))
    for mode in (0, 1, 2):
        depths = {file.depth for file in of_mode(mode)}
        assert depths & {8} and depths & set(range(9, 17)), mode
    assert {file.depth for file in of_mode(0)} >= {1, 5, 8, 10, 12, 14, 16}


def test_every_layout_of_tiles() -> None:
    for mode in (0, 1, 2):
        counts = {len(file.tiles) for file in of_mode(mode)}
        assert 1 in counts and max(counts) >= 4, mode
        # A last tile that is smaller than the others both ways.
        assert any(
            a > c and b > d for file in of_mode(mode) for (a, b), (c, d) in [(file.tiles[0], file.tiles[-1])]
        )
    assert {found.file.tile for found in both()} == {64, 128, 1024, 32768}
    assert any(found.file.alpha and len(found.file.tiles) > 1 for found in golden("streams"))
    assert any(found.file.alpha and len(found.file.tiles) > 1 for found in golden("exact"))


@pytest.mark.parametrize("folder", ["streams", "exact"])
def test_every_class_of_sizes(folder: str) -> None:
    sizes = {(found.file.width, found.file.height) for found in golden(folder)}
    assert (1, 1) in sizes and (64, 64) in sizes
    assert any(width == 1 < height for width, height in sizes)
    assert any(height == 1 < width for width, height in sizes)
    assert any({width, height} <= PRIMES for width, height in sizes)
    assert any(max(size) < 64 for size in sizes) and any(min(size) > 128 for size in sizes)
    assert any(width > 64 and width % 64 for width, _ in sizes) and any(h > 64 and h % 64 for _, h in sizes)


@pytest.mark.parametrize("folder", ["streams", "exact"])
def test_every_box_and_other_colours(folder: str) -> None:
    tags = Counter(tag for found in golden(folder) for tag, _ in found.file.boxes)
    assert set(tags) == {b"ALPH", b"iCCP", b"eXIF", b"xMP ", b"note", b"zzZ~"}
    twice = [found for found in golden(folder) if [tag for tag, _ in found.file.boxes].count(b"note") == 2]
    assert twice
    # Colour code points are bytes 8 to 10 of a file, full range in the highest bit of the last.
    assert {found.data[8:11] for found in golden(folder)} == {b"\x01\x0d\x80", b"\x09\x10\x09"}


def test_every_way_to_store_alpha() -> None:
    planes = {
        (dict(found.file.boxes)[b"ALPH"][0], found.file.depth > 8) for found in both() if found.file.alpha
    }
    assert {kind for kind, _ in planes} == {0, 1, 2, 3}
    assert {deep for kind, deep in planes if kind} == {False, True}


def test_every_kind_of_lossy_file() -> None:
    rows = [(found.row["model"], found) for found in golden("streams")]
    assert {model for model, _ in rows} == {"default", "tiny", "context"}
    for model in ("default", "tiny", "context"):
        own = [found for name, found in rows if name == model]
        assert {found.file.quality for found in own} >= {0, 1351, 3071, 4095}, model
        assert sum(found.row["escapes"] for found in own) > 0
        assert {found.file.channels for found in own} == {1, 3} and {found.file.alpha for found in own} == {
            0,
            1,
        }
    # A layer that codes nothing.
    assert any(not chunk for found in golden("streams") for layer in found.file.chunks for chunk in layer)


def test_every_choice_of_lossless_coding(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an encoder may choose (15.7, 15.8), noted while the files are read."""
    seen: Counter[str] = Counter()
    read_head, read_rows = exact.read_head, exact.read_rows

    def head(reader: Any, number: int, weights: Any, entries: Any) -> exact.Head:
        flags = reader.data[reader.place]
        found = read_head(reader, number, weights, entries)
        seen[
            "a set for each class" if flags & 31 == 31 else "another set" if flags & 31 else "the first set"
        ] += 1
        seen["a correction"] += flags >> 5
        seen["another map"] += bool((found.map != entries).any())
        seen["low bits"] += bool(found.plain)
        seen["nothing but residuals"] += not found.plain
        return found

    def rows(reader: Any, height: int, width: int, channels: int, dtype: Any) -> Any:
        raw = zlib.decompress(reader.data[reader.place :])
        seen.update(f"filter {kind}" for kind in raw[:: len(raw) // height])
        return read_rows(reader, height, width, channels, dtype)

    monkeypatch.setattr(exact, "read_head", head)
    monkeypatch.setattr(exact, "read_rows", rows)
    tables = exact.read_tables(TABLES)
    for found in golden("exact"):
        if found.row["bytes"] < 8000:
            exact.decode_exact(found.file, tables)
        for chunk in found.file.chunks[0]:
            seen[f"graphics of kind {chunk[1]}" if chunk[0] else "lattice"] += 1
    wanted = {
        *("a set for each class", "another set", "the first set", "a correction", "another map", "low bits"),
        *("nothing but residuals", "lattice", *(f"graphics of kind {kind}" for kind in (0, 1, 2))),
        *(f"filter {kind}" for kind in (0, 1, 2, 3)),
    }
    assert {what for what, count in seen.items() if count} == wanted


def test_every_size_of_errors_and_levels() -> None:
    assert {file.quality for file in of_mode(1)} >= {1, 2, 7, 40, 100, 200, 4095}
    tops = {exact.top_level(size) for found in golden("exact") for size in found.file.tiles}
    assert tops >= {4, 5}
