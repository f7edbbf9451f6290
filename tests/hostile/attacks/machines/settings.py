# SPDX-License-Identifier: Apache-2.0
"""Where row 13 encodes and decodes: a runtime for the float graphs, a number of threads, a vector extension.

Extensions are limited by environment variables of a process of its own; onnxruntime has none, so it meets AVX2 on an
emulated processor (qemu-x86_64-static), as everything meets ARM (dev/aarch64.sh; MZT_AARCH64_ROOT names its folder).
Emulated settings take a share of the files. What cannot be had is told with its reason.

Trap: OpenBLAS takes an AVX-512 processor that it does not know for one without.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import mezzotint

THREADS = (1, 2, 8)
NEEDS = {"numpy": "onnx", "onnxruntime": "onnxruntime", "openvino": "openvino", "torch": "torch"}
AVX2, AVX512, ARM = "AVX2", "AVX-512", "ARM"
X86 = platform.machine().lower() in ("x86_64", "amd64")
ROOT = os.environ.get("MZT_AARCH64_ROOT")
# What a process must not inherit, as it decides how a library computes.
PREFIXES = ("OMP_", "OPENBLAS_", "MKL_", "ONEDNN_", "DNNL_", "ATEN_", "NPY_", "KMP_", "GOMP_", "OV_", "QEMU_")

_LIMITED = {
    AVX2: {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
    },
    AVX512: {"ATEN_CPU_CAPABILITY": "avx512", "OPENBLAS_CORETYPE": "SkylakeX"},
    ARM: {},
}


@dataclass(frozen=True)
class Setting:
    runtime: str
    threads: int
    isa: str
    emulator: str = ""  # path of a qemu, "" where the processor is the real one
    share: float = 1.0  # of the files that it encodes, and gives pixels of
    reads: float = 1.0  # of the files whose integers it decodes

    @property
    def name(self) -> str:
        return f"{self.runtime} x{self.threads} {self.isa}{' emulated' if self.emulator else ''}"

    @property
    def session(self) -> str:
        """Of sessions.MAKERS."""
        return "widened" if self.emulator and self.isa == AVX2 else self.runtime

    def command(self) -> list[str]:
        """What runs Python there."""
        if not self.emulator:
            return [sys.executable]
        if self.isa == AVX2:
            return [self.emulator, "-cpu", "Haswell-noTSX", sys.executable]
        return [self.emulator, "-cpu", "neoverse-n1", "-L", str(ROOT), f"{ROOT}/usr/bin/python3.11"]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
        threads = dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(self.threads)
        )
        limited = {} if self.emulator else _LIMITED[self.isa]
        if self.isa == AVX2 and not self.emulator:
            limited = limited | {"NPY_DISABLE_CPU_FEATURES": " ".join(_beyond_avx2())}
        folders = [str(Path(mezzotint.__file__).parents[1]), str(Path(__file__).parents[2])]
        if self.isa == ARM and self.emulator:
            folders.append(f"{ROOT}/packages")
        quiet = {"PYTHONPATH": os.pathsep.join(folders), "PYTHONDONTWRITEBYTECODE": "1"}
        quiet |= {
            "OPENBLAS_THREAD_TIMEOUT": "4",
            "OMP_WAIT_POLICY": "PASSIVE",
        }  # threads that wait go to sleep
        return kept | threads | limited | quiet


def settings() -> tuple[list[Setting], list[str]]:
    """(all that this machine offers, what is left out and why)."""
    found, missing = [], []
    for runtime, package in NEEDS.items():
        if find_spec(package) is None:
            missing.append(
                f"{runtime}: {package} is not installed; pip install -c constraints.txt -e '.[harden]'"
            )
            continue
        for isa in _native():
            if (runtime, isa) != ("onnxruntime", AVX2) or not _has(AVX512):
                found += [Setting(runtime, n, isa, share=_share(runtime, n)) for n in THREADS]
    for part, reason in (_emulated_avx2(), _emulated_arm()):
        found += part
        missing += reason
    if X86 and not _has(AVX512):
        missing.append("AVX-512: this processor has none")
    return found, [*missing, "GPU: the decoder has no GPU backend"]


def _share(runtime: str, threads: int) -> float:
    """OpenBLAS's threads wait busily for each other: two take five times as long as one, eight on two cores thirty."""
    return {1: 1.0, 2: 0.2, 8: 0.04}[threads] if runtime == "numpy" else 1.0


def _native() -> list[str]:
    if not X86:
        return [ARM]
    return [isa for isa in (AVX2, AVX512) if _has(isa)]


def _emulated_avx2() -> tuple[list[Setting], list[str]]:
    """onnxruntime alone: the others can be told."""
    if not X86 or not _has(AVX512):
        return [], []
    emulator = shutil.which("qemu-x86_64-static")
    if emulator is None:
        return [], ["onnxruntime AVX2: it has no switch, and qemu-user-static is not installed"]
    return [
        Setting("onnxruntime", n, AVX2, emulator, *((0.06, 0.2) if n == 1 else (0.01, 0.02))) for n in THREADS
    ], []


def _emulated_arm() -> tuple[list[Setting], list[str]]:
    emulator = shutil.which("qemu-aarch64-static")
    if not X86:
        return [], []
    if emulator is None or ROOT is None:
        return [], [
            "ARM: MZT_AARCH64_ROOT names no folder made by dev/aarch64.sh, or qemu-user-static is missing"
        ]
    packages = Path(ROOT) / "packages"
    there = [name for name in NEEDS if (packages / NEEDS[name]).is_dir()]
    missing = [f"{name} ARM: it is not in MZT_AARCH64_ROOT" for name in NEEDS if name not in there]
    return [
        Setting(name, n, ARM, emulator, *((0.02, 0.06) if n == 1 else (0.004, 0.01)))
        for name in there
        for n in THREADS
    ], missing


def _features() -> dict[str, bool]:
    core = getattr(np, "_core", None) or np.core
    found: dict[str, bool] = core._multiarray_umath.__cpu_features__
    return found


def _has(isa: str) -> bool:
    return _features().get({AVX2: "AVX2", AVX512: "AVX512F"}[isa], False)


def _beyond_avx2() -> list[str]:
    """What numpy chooses at run time, and calls by other names from release to release."""
    core = getattr(np, "_core", None) or np.core
    names: list[str] = core._multiarray_umath.__cpu_dispatch__
    return [name for name in names if name.startswith(("AVX512", "X86_V4")) and _features().get(name)]
