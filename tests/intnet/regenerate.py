# SPDX-License-Identifier: Apache-2.0
"""Golden scale maps and contexts; `python tests/intnet/regenerate.py` rewrites them. Results come from plain.py alone.

Trap: the golden files never follow a change of the code by themselves. Regenerate only when the format changes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[1] / "golden" / "intnet"
CONTEXT = FOLDER / "context"


def load(name: str) -> ModuleType:
    """A sibling, by path: tests are no package."""
    spec = importlib.util.spec_from_file_location(f"intnet_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plain = load("plain")
contexts = load("contexts")


class Case(NamedTuple):
    about: str
    weight: list[list[int]]  # (16M, Cz)
    bias: list[int]  # (16M,)
    offset: list[list[int]]  # (A, M)
    z: list[list[list[int]]]  # (Cz, hz, wz)
    qualities: list[int]


def random_case(
    seed: int, about: str, m: int, cz: int, hz: int, wz: int, anchors: int, **spread: int
) -> Case:
    """Integers within the spreads, of which `z`, `weight`, `bias` and `offset` may be given."""
    rng = random.Random(seed)
    limit = {"z": 20, "weight": 20, "bias": 4000, "offset": 9000, **spread}

    def one(name: str) -> int:
        return rng.randrange(-limit[name], limit[name] + 1)

    weight = [[one("weight") for _ in range(cz)] for _ in range(16 * m)]
    bias = [one("bias") + 16 * 16 for _ in range(16 * m)]
    offset = [[one("offset") for _ in range(m)] for _ in range(anchors)]
    z = [[[one("z") for _ in range(wz)] for _ in range(hz)] for _ in range(cz)]
    return Case(about, weight, bias, offset, z, [0, 1, 1000, 2047, 2048, 4094, 4095])


def cases() -> dict[str, Case]:
    rising = Case(
        "No weight: the index is bias and offset alone, and rounds halves up.",
        [[0]] * 32,
        [*[16 * 4] * 16, *[-16 * 4] * 16],
        [[-128 - 1024 * 4, 128], [-128 + 1024 * 9, 127 + 1024 * 4]],
        [[[5]]],
        list(range(0, 4096, 91)),
    )
    return {
        "rising": rising,
        "small": random_case(1, "One latent channel, one position.", 1, 1, 1, 1, 2, weight=127),
        "row": random_case(2, "One row: edges are repeated above and below.", 2, 3, 1, 5, 3),
        "column": random_case(3, "One column.", 2, 3, 5, 1, 3),
        "many": random_case(4, "Several of everything.", 5, 7, 3, 4, 8),
        "extreme": random_case(
            5,
            "The whole range of the weights, of z and of bias and offset.",
            2,
            6,
            2,
            3,
            4,
            z=127,
            weight=127,
            bias=2**31 - 300,
            offset=2**31 - 1,
        ),
    }


def file_of(case: Case) -> str:
    arrays = case.weight, case.bias, case.offset, case.z
    indices = [plain.scale_map(*arrays, quality) for quality in case.qualities]
    return as_json({**case._asdict(), "indices": indices})  # (qualities, M, 4hz, 4wz)


def context_file_of(case: Any) -> str:
    """A ContextCase with what follows: c of all channels but the first group's, and the indices of all."""
    added, first = [], case.groups[0]
    for group in range(1, len(case.groups)):
        known = case.symbols[: sum(case.groups[:group])]
        added += plain.scale_context(case.inner, case.outer, case.groups, known, group)
    none = [[[0] * len(row) for row in plane] for plane in case.totals[:first]]
    indices = plain.indices(case.totals, none + added)
    return as_json({**case._asdict(), "context": added, "indices": indices})


def as_json(rows: dict[str, Any]) -> str:
    return "{" + ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rows.items()) + "}\n"


def machine_file() -> str:
    """What machine.py must print, from the plain map."""
    machine = load("machine")
    arrays = (machine.weight(), machine.bias(), machine.offset(), machine.z())
    digest = hashlib.sha256()
    for quality in machine.QUALITIES:
        indices = plain.scale_map(*(array.tolist() for array in arrays), quality)
        digest.update(bytes(index for m in indices for row in m for index in row))
    return "".join(f"{name} {digest.hexdigest()}\n" for name in ("float64", "float32"))


def main() -> None:
    CONTEXT.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.rglob("*.json"):
        old.unlink()
    for name, case in cases().items():
        (FOLDER / f"{name}.json").write_text(file_of(case), "ascii")
    for name, case in contexts.context_cases().items():
        (CONTEXT / f"{name}.json").write_text(context_file_of(case), "ascii")
    (FOLDER / "machine.txt").write_text(machine_file(), "ascii")
    print(f"{len(cases()) + len(contexts.context_cases()) + 1} files of intnet")


if __name__ == "__main__":
    main()
