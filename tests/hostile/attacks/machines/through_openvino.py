# SPDX-License-Identifier: Apache-2.0
"""Graphs through OpenVINO on the CPU, in float32.

Traps: it computes in bfloat16 of its own accord where the processor can, so float32 is asked for. And its package for
telemetry is loaded by the first import, though only converting a model would send anything; here it is kept out.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray


def compiled(model: bytes, threads: int) -> Any:
    """OpenVINO's own form of a graph."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    core = openvino.Core()
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    return core.compile_model(core.read_model(model), "CPU", options)


class OpenVinoSession:
    """The contract of `mezzotint.runtime.backends.Session`."""

    def __init__(self, name: str, model: bytes, threads: int) -> None:
        self.compiled = compiled(model, threads)
        self.inputs = tuple(port.any_name for port in self.compiled.inputs)
        self._request = self.compiled.create_infer_request()

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        self._request.infer(dict(feeds))
        found: NDArray[Any] = self._request.get_output_tensor(0).data.copy()
        return found
