# SPDX-License-Identifier: Apache-2.0
"""The float graphs in four runtimes, behind the contract of `mezzotint.runtime.backends`.

Trap: qemu 7.2 takes small float16 weights for zeros once denormals are to count as zeros, which no real processor does.
Where it stands in for one, graphs have their weights in float32 to begin with, which is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.machines.through_openvino import OpenVinoSession
from mezzotint.bundle import Bundle
from mezzotint.runtime.backends import Session
from mezzotint.runtime.backends.onnxruntime_backend import OnnxSession
from mezzotint.runtime.latents import Model

Make = Callable[[str, bytes, int], Session]


class NumpySession:
    """onnx's own reference, which is written in numpy."""

    def __init__(self, name: str, model: bytes, threads: int) -> None:
        from onnx.reference import ReferenceEvaluator

        self._graph = ReferenceEvaluator(model)
        self.inputs = tuple(self._graph.input_names)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        with np.errstate(over="ignore", invalid="ignore"):  # of the branch that its sigmoid does not take
            outputs: Any = self._graph.run(None, dict(feeds))
        found: NDArray[Any] = outputs[0]
        return found


class WidenedSession(OnnxSession):
    """For an emulated x86; see above."""

    def __init__(self, name: str, model: bytes, threads: int) -> None:
        super().__init__(name, widened(model), threads)


class CoarseSession(OnnxSession):
    """A runtime that is to be found out: what comes out of a graph is cut to bfloat16."""

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        found = super().run(feeds)
        if found.dtype != np.float32:
            return found
        return (found.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


def widened(model: bytes) -> bytes:
    """The same graph with float32 in place of float16; its casts to float32 do nothing then."""
    import onnx

    found = onnx.load_from_string(model)
    for part in found.graph.initializer:
        if part.data_type == onnx.TensorProto.FLOAT16:
            array = onnx.numpy_helper.to_array(part).astype(np.float32)
            part.CopyFrom(onnx.numpy_helper.from_array(array, part.name))
    for node in found.graph.node:
        assert node.op_type != "Constant", "a constant may be float16 too"
    return bytes(found.SerializeToString())


def _torch(name: str, model: bytes, threads: int) -> Session:
    from attacks.machines.through_torch import TorchSession

    return TorchSession(name, model, threads)


MAKERS: dict[str, Make] = {
    "numpy": NumpySession,
    "onnxruntime": OnnxSession,
    "openvino": OpenVinoSession,
    "torch": _torch,
    "widened": WidenedSession,
    "coarse": CoarseSession,
}


class ModelElsewhere(Model):
    """A bundle whose graphs run in the runtime of that name."""

    def __init__(self, bundle: Bundle, runtime: str, threads: int) -> None:
        super().__init__(bundle, threads)
        self._make = MAKERS[runtime]

    def session(self, graph: str) -> Session:
        with self._locks[graph]:
            if graph not in self._sessions:
                self._sessions[graph] = self._make(graph, self.bundle.graph(graph), self.threads)
            return self._sessions[graph]
