# SPDX-License-Identifier: Apache-2.0
"""Runs an ONNX graph of the default model through torch: one function for each operator that its graphs use.

The graphs are those that the codec runs, not the lab's network that they were exported from. Attributes that are
not understood stop it, since a graph that runs a little differently would look like a runtime that does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch.nn import functional

Tensor = torch.Tensor
Attributes = dict[str, Any]

_TYPES = {onnx.TensorProto.FLOAT: torch.float32, onnx.TensorProto.UINT8: torch.uint8}


def _conv(given: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    top, left, bottom, right = given.get("pads", [0, 0, 0, 0])
    assert (top, left) == (bottom, right) and given.get("auto_pad", b"NOTSET") == b"NOTSET"
    return functional.conv2d(
        x,
        weight,
        bias,
        given.get("strides", 1),
        (top, left),
        given.get("dilations", 1),
        given.get("group", 1),
    )


def _depth_to_space(given: Attributes, x: Tensor) -> Tensor:
    assert given["mode"] == b"CRD"
    return functional.pixel_shuffle(x, given["blocksize"])


def _slice(
    _: Attributes, x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor, steps: Tensor | None = None
) -> Tensor:
    steps = torch.ones_like(starts) if steps is None else steps
    for axis, start, end, step in zip(*(part.tolist() for part in (axes, starts, ends, steps)), strict=True):
        assert step > 0 and axis >= 0
        x = x[(*[slice(None)] * axis, slice(start, end, step))]
    return x


def _unsqueeze(_: Attributes, x: Tensor, axes: Tensor) -> Tensor:
    for axis in sorted(axes.tolist()):
        x = x.unsqueeze(axis)
    return x


def _reshape(given: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    assert not given.get("allowzero") and 0 not in shape.tolist()
    return x.reshape(shape.tolist())


def _clip(_: Attributes, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    return torch.clamp(x, low, high)


def _gather(given: Attributes, x: Tensor, places: Tensor) -> Tensor:
    """One axis, the first; a single place takes the axis away."""
    assert given.get("axis", 0) == 0
    return x[places]


OPERATORS: dict[str, Callable[..., Tensor]] = {
    "Abs": lambda _, x: x.abs(),
    "Add": lambda _, x, y: x + y,
    "Cast": lambda given, x: x.to(_TYPES[given["to"]]),
    "Clip": _clip,
    "Concat": lambda given, *parts: torch.cat(parts, given["axis"]),
    "Conv": _conv,
    "DepthToSpace": _depth_to_space,
    "Div": lambda _, x, y: x / y if x.is_floating_point() else x // y,
    "Exp": lambda _, x: x.exp(),
    "Floor": lambda _, x: x.floor(),
    "Gather": _gather,
    "Log": lambda _, x: x.log(),
    "Mul": lambda _, x, y: x * y,
    "Reshape": _reshape,
    "Shape": lambda _, x: torch.tensor(x.shape),
    "Sigmoid": lambda _, x: x.sigmoid(),
    "Sign": lambda _, x: x.sign(),
    "Slice": _slice,
    "Sub": lambda _, x, y: x - y,
    "Transpose": lambda given, x: x.permute(given["perm"]),
    "Unsqueeze": _unsqueeze,
}


class TorchSession:
    """The contract of `mezzotint.runtime.backends.Session`."""

    def __init__(self, name: str, model: bytes, threads: int) -> None:
        torch.set_num_threads(threads)
        graph = onnx.load_from_string(model).graph
        self._known = {part.name: _tensor(part) for part in graph.initializer}
        self._nodes = [
            (
                node.op_type,
                tuple(node.input),
                node.output[0],
                {part.name: onnx.helper.get_attribute_value(part) for part in node.attribute},
            )
            for node in graph.node
        ]
        self._output = graph.output[0].name
        self.inputs = tuple(port.name for port in graph.input)

    @torch.inference_mode()
    def run(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        values = self._known | {name: torch.from_numpy(array) for name, array in feeds.items()}
        for kind, inputs, output, given in self._nodes:
            values[output] = OPERATORS[kind](given, *(values[name] if name else None for name in inputs))
        found: NDArray[Any] = values[self._output].contiguous().numpy()
        return found


def _tensor(part: onnx.TensorProto) -> Tensor:
    return torch.from_numpy(np.array(onnx.numpy_helper.to_array(part)))
