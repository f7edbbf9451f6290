# SPDX-License-Identifier: Apache-2.0
"""The scale map, the laws of tables and the plain coder on an emulated aarch64 processor.

`dev/aarch64.sh FOLDER` sets the emulated Python up; MZT_AARCH64_ROOT names the folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROOT = os.environ.get("MZT_AARCH64_ROOT")
EMULATOR = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ROOT, reason="MZT_AARCH64_ROOT names no folder made by dev/aarch64.sh"),
    pytest.mark.skipif(not EMULATOR, reason="qemu-user-static is not installed"),
]


def run(*arguments, processor="max"):
    assert ROOT is not None
    assert EMULATOR is not None
    python = next(Path(ROOT).glob("usr/bin/python3.*[0-9]"))
    environment = {
        "PYTHONPATH": os.pathsep.join([f"{ROOT}/packages", str(TESTS.parent / "src")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "QEMU_CPU": processor,
    }
    command = [EMULATOR, "-L", ROOT, str(python), *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_another_processor():
    assert run("-c", "import platform; print(platform.machine())") == "aarch64\n"


@pytest.mark.parametrize("processor", ["max", "cortex-a57"])  # with SVE, and without
def test_scale_map(processor):
    expected = (TESTS / "golden" / "intnet" / "machine.txt").read_text("ascii")
    assert run(TESTS / "intnet" / "machine.py", processor=processor) == expected


def test_tables_and_words():
    count = len(list((TESTS / "golden" / "words").glob("*.json")))
    assert run(TESTS / "entropy" / "machine.py", TESTS / "golden") == f"{count} agree\n"
