# SPDX-License-Identifier: Apache-2.0
"""One matrix product in several runtimes and types: all give the integers of int64 where the bound allows the type.

Trap: OpenVINO multiplies float64 in float32, so it is asked for float32 alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.machines.through_openvino import compiled

Array = NDArray[Any]
Product = Callable[[Array, Array], Array]  # (rows, C) @ (C, n)

NEEDS = {"numpy": "numpy", "onnxruntime": "onnxruntime", "torch": "torch", "openvino": "openvino"}
TYPES = {
    "numpy": ("float32", "float64", "int64"),
    "onnxruntime": ("float32", "float64", "int32"),
    "torch": ("float32", "float64", "int64"),
    "openvino": ("float32",),
}


def products(runtimes: Iterable[str] = NEEDS) -> tuple[dict[tuple[str, str], Product], list[str]]:
    """((runtime, type) -> product, what is left out and why)."""
    found, missing = {}, []
    for runtime, package in NEEDS.items():
        if find_spec(package) is None:
            missing.append(
                f"{runtime}: {NEEDS[runtime]} is not installed; pip install -c constraints.txt -e '.[harden]'"
            )
            continue
        for dtype in TYPES[runtime]:
            found[runtime, dtype] = MAKERS[runtime](dtype)
    return found, missing


def _numpy(dtype: str) -> Product:
    return np.matmul


def _onnxruntime(dtype: str) -> Product:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(_graph(dtype), options, providers=["CPUExecutionProvider"])
    return lambda a, b: session.run(None, {"a": a, "b": b})[0]


def _torch(dtype: str) -> Product:
    import torch

    return lambda a, b: torch.from_numpy(a).matmul(torch.from_numpy(b)).numpy()


def _openvino(dtype: str) -> Product:
    session = compiled(_graph(dtype), threads=1)
    return lambda a, b: session({"a": a, "b": b})[0].copy()


def _graph(dtype: str) -> bytes:
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    shapes = {"a": ["rows", "columns"], "b": ["columns", "n"], "c": ["rows", "n"]}
    ports = [helper.make_tensor_value_info(name, kind, shape) for name, shape in shapes.items()]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])], "product", ports[:2], ports[2:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


MAKERS: dict[str, Callable[[str], Product]] = {
    "numpy": _numpy,
    "onnxruntime": _onnxruntime,
    "torch": _torch,
    "openvino": _openvino,
}
