# SPDX-License-Identifier: Apache-2.0
"""Reads just enough of an ONNX file to refuse what a bundle must not hold, without the onnx package.

What may be there is listed, and all else refused: operators, types, every protobuf field. So there is no external data
(the runtime would open files beside the bundle), no foreign domain, function, control flow, chance or text. Arguments
that are known to end the process of some onnxruntime are refused too. What a graph takes in time and memory when it
runs is not bounded here, and cannot be: that is for whoever runs the bundle of a stranger.

The trap: protobuf *merges* a message that occurs twice, so whatever is single must be seen exactly once, and every
occurrence of everything else is checked, not only the last. Another: onnxruntime takes some bytes for a format of its
own, of which nothing here is true.

Depth is bounded by construction (each message kind has its own function and none calls itself) and every
length is checked against the enclosing message before it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

from mezzotint.bundle.operators import COUNTED, LACKING, OPERATORS, allowed, numeric
from mezzotint.bundle.protobuf import Fields, Refused, content, number, numbers, text
from mezzotint.errors import DamagedModel

FLOAT, UINT8 = 1, 2  # TensorProto.DataType
_MAX_NODES = 20_000
_MAX_FIELDS = 200_000  # a fraction of a second; the largest graph of the default model has 5,000
_MAX_AXES = 64
_RUNTIMES_OWN = slice(4, 8), b"ORTM"  # where a file of onnxruntime's own format says so

# Field numbers of onnx.proto that may occur; a number outside its set is refused.
_MODEL_PLAIN = {1, 2, 3, 4, 5, 6, 14}  # ir_version, producer, version, domain, model_version, doc, metadata
_GRAPH_PLAIN = {2, 10, 13, 14, 16}  # name, doc, value_info, quantization_annotation, metadata
_NODE_PLAIN = {3, 6, 9}  # name, doc, metadata
_ATTRIBUTE_PLAIN = {2, 4, 7, 9, 13, 20}  # f, s, floats, strings, doc, type
_TENSOR_PLAIN = {4, 5, 7, 9, 10, 11, 12, 16}  # all but segment, text, name, external_data, data_location


@dataclass(frozen=True)
class Port:
    """An input or output of a graph; a dimension is None where it is free."""

    name: str
    element: int
    dims: tuple[int | None, ...]


@dataclass(frozen=True)
class Graph:
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def inspect(model: bytes, name: str) -> Graph:
    """The ports of the graph in `model`; DamagedModel if it holds anything that a bundle must not."""
    place, mark = _RUNTIMES_OWN
    try:
        if model[place] == mark:
            raise Refused("the runtime would take it for a format of its own")
        return _model(Fields(_MAX_FIELDS), memoryview(model))
    except Refused as reason:
        raise DamagedModel(
            f"the graph {name!r} of the model bundle is refused: {reason}",
            "get the bundle again, or export it anew",
        ) from None


def _known(field: int, plain: set[int], what: str) -> None:
    if field not in plain:
        raise Refused(f"field {field} of its {what} is not allowed")


def _model(fields: Fields, message: memoryview) -> Graph:
    graphs: list[Graph] = []
    for field, value in fields(message):
        if field == 7:
            graphs.append(_graph(fields, content(value)))
        elif field == 8:
            _opset(fields, content(value))
        elif field == 25:
            raise Refused("it defines functions of its own")
        else:
            _known(field, _MODEL_PLAIN, "model")
    if len(graphs) != 1:
        raise Refused(f"it holds {len(graphs)} graphs instead of one")
    return graphs[0]


def _opset(fields: Fields, message: memoryview) -> None:
    for field, value in fields(message):
        if field == 1:
            _domain(text(value))
        else:
            _known(field, {2}, "operator set")


def _domain(domain: str) -> None:
    if domain not in ("", "ai.onnx"):
        raise Refused(f"it uses operators of the domain {domain[:40]!r}")


def _graph(fields: Fields, message: memoryview) -> Graph:
    inputs: list[Port] = []
    outputs: list[Port] = []
    constants: set[str] = set()
    nodes = 0
    for field, value in fields(message):
        if field == 1:
            nodes += 1
            if nodes > _MAX_NODES:
                raise Refused(f"it has more than {_MAX_NODES} nodes")
            _node(fields, content(value))
        elif field == 5:
            constants.add(_tensor(fields, content(value)))
        elif field == 11:
            inputs.append(_port(fields, content(value)))
        elif field == 12:
            outputs.append(_port(fields, content(value)))
        else:
            _known(field, _GRAPH_PLAIN, "graph")
    names = [port.name for port in inputs]
    if len(set(names)) != len(names):
        raise Refused("two of its inputs have one name")
    # Before IR version 4 every constant was listed as an input too.
    return Graph(tuple(port for port in inputs if port.name not in constants), tuple(outputs))


def _node(fields: Fields, message: memoryview) -> None:
    operators: set[str] = set()
    attributes: dict[str, set[int]] = {}
    outputs, complete = 0, True
    for field, value in fields(message):
        if field == 1:
            complete = complete and len(content(value)) > 0
        elif field == 2:
            outputs += 1
        elif field == 4:
            operators.add(text(value))
        elif field == 5:
            name, found = _attribute(fields, content(value))
            attributes[name] = attributes.get(name, set()) | found
        elif field == 7:
            _domain(text(value))
        else:
            _known(field, _NODE_PLAIN, "node")
    for operator in operators:
        if operator not in OPERATORS:
            raise Refused(f"it uses the operator {operator[:40]!r}")
        if not complete and operator not in LACKING:
            raise Refused(f"it leaves out an input of {operator}")
    if attributes.get(COUNTED, {outputs}) != {outputs}:
        raise Refused(f"a node of it has {outputs} outputs and says otherwise")


def _attribute(fields: Fields, message: memoryview) -> tuple[str, set[int]]:
    """Its name and the integers in it."""
    name, values = "", set()
    for field, value in fields(message):
        if field == 1:
            if name:
                raise Refused("an attribute of it has two names")
            name = text(value)
        elif field in (3, 8):
            values |= set(numbers(value))
        elif field in (5, 10):
            _tensor(fields, content(value))
        elif field in (6, 11):
            raise Refused("it holds a graph inside a node (control flow)")
        else:
            _known(field, _ATTRIBUTE_PLAIN, "attribute")
    for found in values:
        if not allowed(name, found):
            raise Refused(f"its attribute {name[:40]!r} is {found}")
    return name, values


def _tensor(fields: Fields, message: memoryview) -> str:
    """Checks one constant and returns its name."""
    name = ""
    axes: list[int] = []
    for field, value in fields(message):
        if field == 1:
            axes += numbers(value)
        elif field == 2:
            if not numeric(number(value)):
                raise Refused(f"it has a constant of type {number(value)}, which is no plain number")
        elif field == 8:
            name = text(value)
        elif field == 13 or (field == 14 and value != 0):
            raise Refused("it keeps data outside the file")
        elif field != 14:
            _known(field, _TENSOR_PLAIN, "constant")
    values = 1
    for side in axes:
        values *= side
        if side < 0 or values > 8 * len(message) or len(axes) > _MAX_AXES:
            raise Refused("it has a constant that declares more values than it holds")
    return name


def _port(fields: Fields, message: memoryview) -> Port:
    name, kinds = "", []
    for field, value in fields(message):
        if field == 1:
            name = text(value)
        elif field == 2:
            kinds.append(_tensor_type(fields, content(value)))
        else:
            _known(field, {3, 4}, "port")
    if len(kinds) != 1:
        raise Refused(f"its port {name[:40]!r} has no single type")
    return Port(name, *kinds[0])


def _tensor_type(fields: Fields, message: memoryview) -> tuple[int, tuple[int | None, ...]]:
    element, shapes, seen = 0, [], 0
    for field, value in fields(message):
        if field != 1:
            _known(field, {6}, "port type")
            continue
        seen += 1
        for inner, part in fields(content(value)):
            if inner == 1:
                element = number(part)
            elif inner == 2:
                shapes.append(_dims(fields, content(part)))
            else:
                _known(inner, set(), "tensor type")
    if seen != 1 or len(shapes) != 1:
        raise Refused("one of its ports is not a tensor of known rank")
    return element, shapes[0]


def _dims(fields: Fields, message: memoryview) -> tuple[int | None, ...]:
    dims: list[int | None] = []
    for field, value in fields(message):
        _known(field, {1}, "shape")
        size: int | None = None
        for inner, part in fields(content(value)):
            if inner == 1:
                size = number(part)
            else:
                _known(inner, {2, 3}, "axis")
        dims.append(size)
    return tuple(dims)
