# SPDX-License-Identifier: Apache-2.0
"""Float graphs on the CPU through onnxruntime.

Only transforms, means and steps run here, never what must be the same on every machine. onnxruntime is
imported when the first session is made: reading a header or a bundle needs none of it.

Traps: a forked child must make its own sessions (forks.py). And from 1.29 on the runtime's wheels report what they do
to their makers, from a thread of their own, and keep a number of the machine in the person's home; what stands in
the environment when it is imported switches all of that off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from mezzotint.errors import DamagedModel, LimitExceeded
from mezzotint.one_line import one_line
from mezzotint.runtime import room
from mezzotint.runtime.backends import Tensor, forks

_SILENCE = "ORT_DISABLE_TELEMETRY"
_LARGE = 16 << 20  # bytes of inputs, from which on a graph gives its memory back: another may need as much
_LOADING = 128 << 20  # bytes; the runtime does not survive it where they are not there while it is loaded
_QUIET = 4  # fatal only; what goes wrong comes back as an exception


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class OnnxSession:
    """One graph, ready to run; safe to share between threads."""

    def __init__(self, name: str, model: bytes, threads: int) -> None:
        with forks.making():
            self._make(name, model, threads)
        forks.own(self._session)

    def _make(self, name: str, model: bytes, threads: int) -> None:
        os.environ.setdefault(_SILENCE, "1")
        if "onnxruntime" not in sys.modules:
            room.take(_LOADING)
        import onnxruntime as ort

        ort.set_default_logger_severity(_QUIET)
        options = ort.SessionOptions()
        options.log_severity_level = _QUIET
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        # A codec runs one graph after another: threads of the last that wait busily take the cores of the next.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Denormals cost a hundred times a normal product and are far below a rounding of a pixel.
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        # A plan of memory for every shape that it meets is kept for ever; windows have many: 200 MB at 36 megapixels.
        options.enable_mem_pattern = False
        # By its fifth to eighth byte a graph could pass as the runtime's own format, which onnx_check does not see.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        self._name = name
        try:
            self._session = ort.InferenceSession(
                model,
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # which would print to standard output, and try again
                read_config_from_model=0,
            )
        except Exception as reason:  # onnxruntime's exceptions share no base of their own
            if room.is_short(reason):
                raise _lack(name) from reason
            raise DamagedModel(
                f"the graph {name!r} of the model cannot be loaded: {one_line(reason, 200)}"
            ) from reason
        self._thrifty = ort.RunOptions()
        self._thrifty.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._inputs = tuple(port.name for port in self._session.get_inputs())

    @property
    def inputs(self) -> tuple[str, ...]:
        return self._inputs

    def run(self, feeds: Mapping[str, Tensor]) -> Tensor:
        options = self._thrifty if sum(feed.nbytes for feed in feeds.values()) > _LARGE else None
        try:
            output: Tensor = self._session.run(None, dict(feeds), options)[0]
        except Exception as reason:
            if room.is_short(reason):
                raise _lack(self._name) from reason
            raise DamagedModel(
                f"the graph {self._name!r} of the model cannot run: {one_line(reason, 200)}"
            ) from reason
        return output


def _lack(name: str) -> LimitExceeded:
    return LimitExceeded(f"the graph {name!r} needs more memory than there is", "free some memory")
