# SPDX-License-Identifier: Apache-2.0
"""A graph of a bundle in torch: read from its ONNX bytes, run with gradients, one function an operator.

`Graph.bind` works out whatever does not depend on the inputs still missing, so that a loop runs only the rest.
`run` takes rules: other functions in place of an operator's own, as for a rounding that is to have a gradient. The
operators are those of opset 17 that our bundles hold (tests/lab/refine compares each graph with onnxruntime).

Trap: the Cast to uint8 at the end of the synthesis is left out, so that pixels have gradients: floor them yourself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor

from mezzotint.errors import MezzotintError
from mezzotint.lab.refine.operators import OPERATORS

Rule = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Node:
    operator: str
    inputs: tuple[str, ...]  # "" for one that is left out
    output: str
    attributes: Mapping[str, object]


class Graph:
    """One graph. MezzotintError, when made, for an operator that is not known here."""

    def __init__(self, nodes: tuple[Node, ...], values: Mapping[str, Tensor], output: str) -> None:
        self.nodes, self.output = nodes, output
        self._values = dict(values)

    @classmethod
    def load(cls, model: bytes, name: str) -> Graph:
        """`model` holds the bytes of the graph NAME, as `Bundle.graph` gives them."""
        graph = onnx.load_from_string(model).graph
        for node in graph.node:
            if node.op_type not in OPERATORS or len(node.output) != 1:
                raise MezzotintError(
                    f"the graph {name!r} of the model uses the operator {node.op_type}, which refining does not know",
                    "encode with effort 0, or add it to mezzotint.lab.refine.operators",
                )
        constants = {t.name: _tensor(numpy_helper.to_array(t)) for t in graph.initializer}
        return cls(tuple(map(_node, graph.node)), constants, graph.output[0].name).bind({})

    def bind(self, inputs: Mapping[str, Tensor]) -> Graph:
        """The graph that is left when these inputs are known: nodes that need only them run now, without gradients."""
        values = {**self._values, **inputs}
        left = []
        with torch.no_grad():
            for node in self.nodes:
                if all(name in values for name in node.inputs if name):
                    values[node.output] = _run(node, values, {})
                else:
                    left.append(node)
        needed = {name for node in left for name in node.inputs} | {self.output}
        return Graph(tuple(left), {k: v for k, v in values.items() if k in needed}, self.output)

    def run(self, inputs: Mapping[str, Tensor], rules: Mapping[str, Rule] | None = None) -> Tensor:
        """The output; all inputs that are not bound must be given. `rules`: operator -> function of its first input."""
        values = {**self._values, **inputs}
        for node in self.nodes:
            values[node.output] = _run(node, values, rules or {})
        return values[self.output]


def _run(node: Node, values: Mapping[str, Tensor], rules: Mapping[str, Rule]) -> Tensor:
    inputs = [values[name] if name else None for name in node.inputs]
    if node.operator in rules:
        return rules[node.operator](inputs[0])  # type: ignore[arg-type]
    return OPERATORS[node.operator](node.attributes, *inputs)


def _node(node: onnx.NodeProto) -> Node:
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return Node(node.op_type, tuple(node.input), node.output[0], attributes)


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array))
