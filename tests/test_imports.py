# SPDX-License-Identifier: Apache-2.0
"""Who may import whom: the contracts of pyproject.toml, and what a process that decodes has really loaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

import mezzotint

DECODE = """
import sys
import mezzotint
with open(sys.argv[1], "rb") as file:
    mezzotint.decode(file.read(), model=sys.argv[2])
loaded = set(sys.modules)
print(sorted(name for name in loaded if name.split(".")[0] in {"torch", "torchvision", "onnx", "scipy"}))
print(sorted(name for name in loaded if name.startswith("mezzotint.lab")))
"""


def test_contracts(root):
    tool = shutil.which(
        "lint-imports", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    assert tool, "import-linter is missing: install the extra `test`"
    done = subprocess.run(
        [tool, "--config", "pyproject.toml", "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_decoding_loads_neither_torch_nor_the_lab(tmp_path, tiny_model):
    coded = tmp_path / "grey.mzt"
    coded.write_bytes(mezzotint.encode(np.full((20, 30), 100, np.uint8), model=tiny_model))
    command = [sys.executable, "-c", DECODE, str(coded), str(tiny_model)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["[]", "[]"]


def test_importing_the_package_loads_nothing_heavy():
    script = "import sys, mezzotint; print(sorted({'numpy', 'PIL', 'onnxruntime', 'constriction'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
