# SPDX-License-Identifier: Apache-2.0
"""What a picture needs follows from its header: peaks of resident memory, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks the Linux kernel")

SIZES = [  # height, width, tile_log2
    (1, 1, 10),
    (64, 65, 6),
    (512, 768, 10),
    (1, 20000, 10),
    (20000, 3, 10),
    (1024, 1024, 10),
    (1000, 1400, 8),
    (2048, 2048, 10),
    (2500, 3000, 12),
    (4096, 4096, 10),
    (8192, 8192, 10),
    (10000, 10000, 10),
]
SMALL = SIZES[:7]


def measured(root: Path, size: tuple[int, int, int], threads: int, mode: str) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("memory_child.py"))]
    command += [str(root / "examples" / "coffee.png"), *map(str, size), str(threads), mode]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def hold(found: dict[str, Any], size: tuple[int, int, int]) -> None:
    assert found["shape"][:2] == list(size[:2])
    assert found["encode"] <= found["encode_most"]
    assert found["decode"] <= found["decode_most"]


@pytest.mark.parametrize("size", SMALL[2:6:3])
@pytest.mark.parametrize("mode", ["lossy", "lossless"])
def test_memory_keeps_to_the_formula(root: Path, size: tuple[int, int, int], mode: str) -> None:
    hold(measured(root, size, 2, mode), size)


@pytest.mark.parametrize(
    "size", [SIZES[5], *(pytest.param(size, marks=pytest.mark.slow) for size in SIZES[6:9])]
)
def test_a_pattern_that_the_encoder_looks_at_keeps_to_the_formula(
    root: Path, size: tuple[int, int, int]
) -> None:
    hold(measured(root, size, 2, "pattern"), size)


@pytest.mark.slow
@pytest.mark.parametrize("size", SMALL)
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_memory_keeps_to_the_formula_at_every_number_of_threads(
    root: Path, size: tuple[int, int, int], threads: int
) -> None:
    hold(measured(root, size, threads, "lossy"), size)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", ["lossy", "lossless"])
def test_memory_keeps_to_the_formula_at_every_size(root: Path, size: tuple[int, int, int], mode: str) -> None:
    found = measured(root, size, 2, mode)
    hold(found, size)
    if size == SIZES[-1]:
        assert found["whole"] < 2_000_000_000  # 100 megapixels, the process and the picture itself included
