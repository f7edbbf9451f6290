# SPDX-License-Identifier: Apache-2.0
"""What a process really computes with, asked of the libraries themselves: settings of the environment may be in vain.

Trap: OpenBLAS and OpenVINO take no more threads than there are processors, unless OpenBLAS is told by a call.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from attacks.machines.settings import NEEDS


def blas_threads(count: int) -> None:
    """More than there are processors, if so many are wanted."""
    library = _openblas()
    if library is not None:
        _call(library, "openblas_set_num_threads")(count)


def seen(runtime: str, session: Any) -> dict[str, str]:
    """What this process turns out to use."""
    package = NEEDS.get(runtime, "onnxruntime")
    found = {"processor": platform.machine(), "numpy": np.__version__, package: version(package)}
    library = _openblas()
    if library is not None:
        name = _call(library, "openblas_get_corename")
        name.restype = ctypes.c_char_p
        found["OpenBLAS"] = f"{name().decode()}, {_call(library, 'openblas_get_num_threads')()} threads"
    if runtime == "openvino":
        kernels = {str(node.get_rt_info()["primitiveType"].astype(str)) for node in _nodes(session)}
        found["kernels"] = " ".join(
            sorted(kernel for kernel in kernels if "conv" in kernel or "acl" in kernel)
        )
        found["threads"] = str(session.compiled.get_property("INFERENCE_NUM_THREADS"))
    if runtime == "torch":
        torch = sys.modules["torch"]
        found["kernels"] = torch.backends.cpu.get_cpu_capability()
        found["threads"] = str(torch.get_num_threads())
    return found


def _nodes(session: Any) -> list[Any]:
    found: list[Any] = session.compiled.get_runtime_model().get_ordered_ops()
    return found


def _openblas() -> ctypes.CDLL | None:
    """The one in numpy's wheel; None where numpy was built with another."""
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    paths = sorted(folder.glob("*openblas*"))
    return ctypes.CDLL(str(paths[0])) if paths else None


def _call(library: ctypes.CDLL, name: str) -> Any:
    """numpy's wheels have renamed functions."""
    for full in (f"scipy_{name}64_", f"scipy_{name}", f"{name}64_", name):
        if hasattr(library, full):
            return getattr(library, full)
    raise AttributeError(name)
