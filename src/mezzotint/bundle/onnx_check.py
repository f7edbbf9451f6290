# SPDX-License-Identifier: Apache-2.0
"""Reads just enough of an ONNX file to refuse what a bundle must not hold, without the onnx package.

Refused: external data (the runtime would open files beside the bundle), operators of foreign domains,
model-local functions, subgraphs (control flow), sparse tensors, random operators, and every protobuf field that
is not known here. The trap: protobuf *merges* a message that occurs twice, so whatever is single must be seen
exactly once, and every occurrence of everything else is checked, not only the last.

Depth is bounded by construction (each message kind has its own function and none calls itself) and every
length is checked against the enclosing message before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mezzotint.errors import DamagedModel

FLOAT, UINT8 = 1, 2  # TensorProto.DataType
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # protobuf wire types; 3 and 4 (groups) are refused
_MAX_NODES = 20_000

# Field numbers of onnx.proto that may occur; a number outside its set is refused.
_MODEL_PLAIN = {1, 2, 3, 4, 5, 6, 14}  # ir_version, producer, version, domain, model_version, doc, metadata
_GRAPH_PLAIN = {2, 10, 13, 14, 16}  # name, doc, value_info, quantization_annotation, metadata
_NODE_PLAIN = {1, 2, 3, 6, 9}  # input, output, name, doc, metadata
_ATTRIBUTE_PLAIN = {1, 2, 3, 4, 7, 8, 9, 13, 20}  # name, f, i, s, floats, ints, strings, doc, type
_TENSOR_PLAIN = {1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 16}  # all but segment, name, external_data, data_location

_FORBIDDEN_OPS = {
    *("If", "Loop", "Scan", "SequenceMap"),  # control flow: cost that the header cannot bound
    *("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"),
}


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


class _Refused(Exception):
    """Carries the reason up to `inspect`, which knows the name of the graph."""


def inspect(model: bytes, name: str) -> Graph:
    """The ports of the graph in `model`; DamagedModel if it holds anything that a bundle must not."""
    try:
        return _model(memoryview(model))
    except _Refused as reason:
        raise DamagedModel(
            f"the graph {name!r} of the model bundle is refused: {reason}",
            "get the bundle again, or export it anew",
        ) from None


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) in file order; a value is an int (varint) or the bytes of the field."""
    position, end = 0, len(message)
    while position < end:
        key, position = _varint(message, position)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire == _BYTES:
            length, position = _varint(message, position)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise _Refused("it is not valid protobuf")
        if length > end - position:
            raise _Refused("a length in it points outside")
        yield number, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise _Refused("it is cut off")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _Refused("it is not valid protobuf")


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _Refused("it is not valid protobuf")
    return value


def _number(value: int | memoryview) -> int:
    if not isinstance(value, int):
        raise _Refused("it is not valid protobuf")
    return value


def _text(value: int | memoryview) -> str:
    try:
        return bytes(_message(value)).decode("utf-8")
    except UnicodeDecodeError:
        raise _Refused("a name in it is not text") from None


def _known(number: int, plain: set[int], what: str) -> None:
    if number not in plain:
        raise _Refused(f"field {number} of its {what} is not allowed")


def _model(message: memoryview) -> Graph:
    graphs: list[Graph] = []
    for number, value in _fields(message):
        if number == 7:
            graphs.append(_graph(_message(value)))
        elif number == 8:
            _opset(_message(value))
        elif number == 25:
            raise _Refused("it defines functions of its own")
        else:
            _known(number, _MODEL_PLAIN, "model")
    if len(graphs) != 1:
        raise _Refused(f"it holds {len(graphs)} graphs instead of one")
    return graphs[0]


def _opset(message: memoryview) -> None:
    for number, value in _fields(message):
        if number == 1:
            _domain(_text(value))
        else:
            _known(number, {2}, "operator set")


def _domain(domain: str) -> None:
    if domain not in ("", "ai.onnx"):
        raise _Refused(f"it uses operators of the domain {domain!r}")


def _graph(message: memoryview) -> Graph:
    inputs: list[Port] = []
    outputs: list[Port] = []
    constants: set[str] = set()
    nodes = 0
    for number, value in _fields(message):
        if number == 1:
            nodes += 1
            if nodes > _MAX_NODES:
                raise _Refused(f"it has more than {_MAX_NODES} nodes")
            _node(_message(value))
        elif number == 5:
            constants.add(_tensor(_message(value)))
        elif number == 11:
            inputs.append(_port(_message(value)))
        elif number == 12:
            outputs.append(_port(_message(value)))
        else:
            _known(number, _GRAPH_PLAIN, "graph")
    names = [port.name for port in inputs]
    if len(set(names)) != len(names):
        raise _Refused("two of its inputs have one name")
    # Before IR version 4 every constant was listed as an input too.
    return Graph(tuple(port for port in inputs if port.name not in constants), tuple(outputs))


def _node(message: memoryview) -> None:
    for number, value in _fields(message):
        if number == 4:
            operator = _text(value)
            if operator in _FORBIDDEN_OPS:
                raise _Refused(f"it uses the operator {operator}")
        elif number == 5:
            _attribute(_message(value))
        elif number == 7:
            _domain(_text(value))
        else:
            _known(number, _NODE_PLAIN, "node")


def _attribute(message: memoryview) -> None:
    for number, value in _fields(message):
        if number in (5, 10):
            _tensor(_message(value))
        elif number in (6, 11):
            raise _Refused("it holds a graph inside a node (control flow)")
        else:
            _known(number, _ATTRIBUTE_PLAIN, "attribute")


def _tensor(message: memoryview) -> str:
    """Checks one constant and returns its name."""
    name = ""
    for number, value in _fields(message):
        if number == 8:
            name = _text(value)
        elif number == 13 or (number == 14 and value != 0):
            raise _Refused("it keeps data outside the file")
        elif number != 14:
            _known(number, _TENSOR_PLAIN, "constant")
    return name


def _port(message: memoryview) -> Port:
    name, kinds = "", []
    for number, value in _fields(message):
        if number == 1:
            name = _text(value)
        elif number == 2:
            kinds.append(_tensor_type(_message(value)))
        else:
            _known(number, {3, 4}, "port")
    if len(kinds) != 1:
        raise _Refused(f"its port {name!r} has no single type")
    return Port(name, *kinds[0])


def _tensor_type(message: memoryview) -> tuple[int, tuple[int | None, ...]]:
    element, shapes, seen = 0, [], 0
    for number, value in _fields(message):
        if number != 1:
            _known(number, {6}, "port type")
            continue
        seen += 1
        for inner, content in _fields(_message(value)):
            if inner == 1:
                element = _number(content)
            elif inner == 2:
                shapes.append(_dims(_message(content)))
            else:
                _known(inner, set(), "tensor type")
    if seen != 1 or len(shapes) != 1:
        raise _Refused("one of its ports is not a tensor of known rank")
    return element, shapes[0]


def _dims(message: memoryview) -> tuple[int | None, ...]:
    dims: list[int | None] = []
    for number, value in _fields(message):
        _known(number, {1}, "shape")
        size: int | None = None
        for inner, content in _fields(_message(value)):
            if inner == 1:
                size = _number(content)
        dims.append(size)
    return tuple(dims)
