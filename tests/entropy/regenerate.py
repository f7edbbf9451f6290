# SPDX-License-Identifier: Apache-2.0
"""Golden tables and words; `python tests/entropy/regenerate.py` rewrites them.

The words come from the plain reference coder, and the tables from integer arithmetic, so that every machine gives
the same files. A chunk is kept as the hexadecimal of its bytes.
Trap: the golden files never follow a change of the code by themselves. Regenerate only when the format changes.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import NamedTuple

from mezzotint.entropy import ans
from mezzotint.entropy.reference import PlainTable, encode

GOLDEN = Path(__file__).parents[1] / "golden"
TOTAL = 1 << 24


class Case(NamedTuple):
    about: str
    tables: str  # name of a table file
    indices: list[int]
    values: list[int]


def normalised(weights: list[int], minimum: int, escape: bool = False) -> PlainTable:
    """Frequencies in the proportion of positive weights, each at least 1."""
    share, whole = TOTAL - len(weights), sum(weights)
    frequencies = [1 + weight * share // whole for weight in weights]
    frequencies[frequencies.index(max(frequencies))] += TOTAL - sum(frequencies)
    return PlainTable(minimum, tuple(frequencies), escape)


def falling(numerator: int, denominator: int, reach: int) -> PlainTable:
    """Symmetric, every step outwards (numerator / denominator) times less likely, with an escape."""
    side = [(numerator**k << 64) // denominator**k for k in range(reach + 1)]
    return normalised([*side[:0:-1], *side, side[-1] + 1], -reach, escape=True)


def uneven(rng: random.Random, entries: int, minimum: int = 0, escape: bool = False) -> PlainTable:
    """Weights over many orders of magnitude, so that many frequencies are 1."""
    return normalised([1 + rng.getrandbits(rng.randrange(1, 40)) for _ in range(entries)], minimum, escape)


CERTAIN = PlainTable(0, (TOTAL,))


def tables() -> dict[str, tuple[str, list[PlainTable]]]:
    rng = random.Random(1)
    halves = [PlainTable(0, (TOTAL // 2, TOTAL // 4, TOTAL // 4))]
    y = [CERTAIN, *(falling(k, k + 2, 1 + k * k) for k in range(1, 11))]
    z = [normalised([1 + (1 << 20) // (1 + (k - c) ** 2) for k in range(-127, 128)], -127) for c in range(8)]
    edges = [
        PlainTable(0, (1, TOTAL - 1)),
        PlainTable(-1, (TOTAL - 1, 1)),
        PlainTable(7, (TOTAL // 2, TOTAL // 2), escape=True),
        PlainTable(7, (1, TOTAL - 1), escape=True),
        PlainTable(-5, (TOTAL,)),
        PlainTable(-3, (*(1,) * 6, TOTAL - 6)),
        PlainTable(-3, (TOTAL - 6, *(1,) * 6), escape=True),
        PlainTable(-(2**24), (5, TOTAL - 5)),
        PlainTable(2**24 - 1, (5, TOTAL - 5)),
        PlainTable(0, (1 << 16,) * 256),
    ]
    many = [uneven(rng, 2 + rng.randrange(5), -rng.randrange(3), rng.random() < 0.5) for _ in range(300)]
    return {
        "halves": ("One table that can be followed by hand.", halves),
        "y": ("Like the y tables of a model: one certain symbol, then ever wider tables with escapes.", y),
        "z": ("Like the z tables of a model: -127..127 without escape, one a channel.", z),
        "edges": (
            "Frequencies of 1, of nearly everything, an escape that is always used, extreme values.",
            edges,
        ),
        "many": ("More tables than fit a byte, of 2 to 6 uneven entries.", many),
        "start": (
            "What ans.py holds the installed library to at start-up.",
            [PlainTable(0, ans.CHECK_FREQUENCIES)],
        ),
    }


def drawn(rng: random.Random, indices: list[int], of: list[PlainTable]) -> list[int]:
    """Values with the tables' own probabilities; an escape is up to 2^26 away, near more often than far."""
    values = []
    for number in indices:
        table = of[number]
        entry = rng.choices(range(len(table.frequencies)), table.frequencies)[0]
        value = table.minimum + entry
        if table.escape and entry == table.value_count:
            distance = rng.getrandbits(rng.randrange(1, 26))
            value = table.maximum + 1 + distance if rng.random() < 0.5 else table.minimum - 1 - distance
        values.append(value)
    return values


def cases() -> dict[str, Case]:
    rng, of = random.Random(2), {name: group for name, (_, group) in tables().items()}

    def mixed(name: str, count: int) -> tuple[list[int], list[int]]:
        indices = [rng.randrange(len(of[name])) for _ in range(count)]
        return indices, drawn(rng, indices, of[name])

    y = [min(int(rng.expovariate(0.3)), 10) for _ in range(800)]
    far = [7 + sign * (1 << k) + low for k in range(1, 27) for sign in (-1, 1) for low in (0, 1)]
    far += [8, 6, 7 + 64, 7 + 65, 6 - 64, 6 - 63, 7 + 2**27, 7 - 2**27]
    return {
        "by-hand": Case("Five symbols of one table.", "halves", [0] * 5, [0, 1, 2, 0, 0]),
        "one-symbol": Case("One symbol.", "halves", [0], [2]),
        "nothing": Case("No symbol, no word.", "halves", [], []),
        "certain-only": Case("Only certain symbols: no word either.", "y", [0] * 9, [0] * 9),
        "all-first": Case(
            "The first entry only: costs words nevertheless.", "edges", [0, 2, 5] * 9, [0, 7, -3] * 9
        ),
        "y": Case("Symbols like those of y.", "y", y, drawn(rng, y, of["y"])),
        "z": Case(
            "Symbols like those of z, channel after channel.",
            "z",
            z := [channel for channel in range(8) for _ in range(40)],
            drawn(rng, z, of["z"]),
        ),
        "edges": Case("Symbols at the edge of what tables allow.", "edges", *mixed("edges", 500)),
        "many": Case("Table numbers of 16 bits.", "many", *mixed("many", 600)),
        "escapes": Case("Escapes of every length, on both sides.", "edges", [2] * len(far), far),
        "escapes-likely": Case("Nothing but escapes.", "edges", [3] * 40, [8 + k for k in range(40)]),
        "start": Case(
            "The check at start-up.", "start", [0] * len(ans.CHECK_SYMBOLS), list(ans.CHECK_SYMBOLS)
        ),
    }


def table_file(name: str) -> str:
    about, group = tables()[name]
    rows = [json.dumps(table._asdict()) for table in group]
    return f'{{"about": {json.dumps(about)},\n "tables": [\n  ' + ",\n  ".join(rows) + "]}\n"


def words_file(name: str) -> str:
    case = cases()[name]
    words = encode(case.values, case.indices, tables()[case.tables][1])
    data = b"".join(word.to_bytes(4, "little") for word in words)
    rows = [
        f"{json.dumps(key)}: {json.dumps(value)}"
        for key, value in {**case._asdict(), "chunk": data.hex()}.items()
    ]
    return "{" + ",\n ".join(rows) + "}\n"


def main() -> None:
    for folder, names, make in (("tables", tables(), table_file), ("words", cases(), words_file)):
        (GOLDEN / folder).mkdir(parents=True, exist_ok=True)
        for old in (GOLDEN / folder).glob("*.json"):
            old.unlink()
        for name in names:
            (GOLDEN / folder / f"{name}.json").write_text(make(name), "ascii")
        print(f"{len(names)} files of {folder}")


if __name__ == "__main__":
    main()
