# SPDX-License-Identifier: Apache-2.0
"""The same indices with 1 and 2 threads, float32 and float64, and with the processor's vector extensions limited.

What each process computes is in machine.py. OPENBLAS_CORETYPE picks the kernels of an older processor; numpy's own
loops are limited by NPY_DISABLE_CPU_FEATURES. A library that knows neither variable runs as ever, and must agree all
the same.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
EXPECTED = (HERE.parents[0] / "golden" / "intnet" / "machine.txt").read_text("ascii")
X86 = platform.machine().lower() in ("x86_64", "amd64")
CORES = ("Prescott", "Nehalem", "Sandybridge", "Haswell") if X86 else ("ARMV8", "NEOVERSEN1")


def run(**variables):
    """The output of machine.py in a process with these environment variables."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS", "NPY_"))
    }
    command = [sys.executable, "-W", "ignore", str(HERE / "machine.py")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=environment | variables
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def dispatched():
    """The extensions that numpy chooses at run time, and may therefore be told to leave alone."""
    core = getattr(np, "_core", None) or np.core
    features = core._multiarray_umath.__cpu_features__
    return [name for name in core._multiarray_umath.__cpu_dispatch__ if features.get(name)]


def test_float32_and_float64_agree():
    first, second = EXPECTED.splitlines()
    assert first.split()[1] == second.split()[1]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads(threads):
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    assert run(**dict.fromkeys(names, threads)) == EXPECTED


@pytest.mark.parametrize("core", CORES)
def test_kernels_of_older_processors(core):
    assert run(OPENBLAS_CORETYPE=core) == EXPECTED


def test_no_optional_vector_extension():
    features = dispatched()
    if not features:
        pytest.skip("numpy chooses no extension at run time on this processor")
    assert run(NPY_DISABLE_CPU_FEATURES=" ".join(features), OPENBLAS_CORETYPE=CORES[0]) == EXPECTED
