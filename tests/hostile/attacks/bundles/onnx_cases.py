# SPDX-License-Identifier: Apache-2.0
"""Graphs that a bundle must not hold, by hand: each in a bundle that is right in all else, hashes included.

Every case breaks one rule of src/mezzotint/bundle/onnx_check.py, of the graph `synthesis` unless it says otherwise.
What is about data outside the file is in external_cases.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from attacks.bundles import wire
from attacks.bundles.drafts import Hostile, draft

Model = Any  # onnx.ModelProto; the package has no types
Change = Callable[[Model], object]
Rewiring = Callable[[list[wire.Field]], list[wire.Field]]

UNKNOWN = (
    *("If", "Loop", "Scan", "SequenceMap"),
    *(
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
        "Multinomial",
        "Bernoulli",
        "Dropout",
    ),
    *("SequenceConstruct", "SequenceEmpty", "SequenceAt", "SplitToSequence", "ConcatFromSequence"),
    *("Optional", "OptionalGetElement", "OptionalHasElement"),
    *("StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "TfIdfVectorizer", "ImageDecoder"),
    *("QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "ConvInteger", "MatMulInteger"),
    *(
        "NonMaxSuppression",
        "RoiAlign",
        "GridSample",
        "DeformConv",
        "LSTM",
        "GatherND",
        "ScatterND",
        "DFT",
        "Mod",
    ),
    *("FusedConv", "PyOp", "EPContext", "Pickle", "conv", "Conv ", "Conv\0", "", "x" * 100_000),
)


def cases() -> Iterator[Hostile]:
    yield from operators()
    yield from arguments()
    yield from domains()
    yield from ports()
    yield from vectors()
    yield from previews()
    yield from constants()
    yield from structure()
    yield from wires()


def operators() -> Iterator[Hostile]:
    for name in UNKNOWN:
        made = bundled(_first_node(op_type=name))
        yield Hostile(f"the operator {name[:20]!r}", made, f"it uses the operator {name[:40]!r}")
    for name in ("If", "Loop", "Scan"):
        made = bundled(adding("node", _flow(name)))
        yield Hostile(f"{name} with a graph inside", made, "it holds a graph inside a node (control flow)")

    def disguised(model: Model) -> None:
        model.graph.node[0].attribute.append(helper.make_attribute("body", _body()))

    yield Hostile("a graph in a node of Conv", bundled(disguised), "control flow")

    def several(model: Model) -> None:
        attribute = model.graph.node[0].attribute.add()
        attribute.name, attribute.type = "bodies", onnx.AttributeProto.GRAPHS
        attribute.graphs.append(_body())

    yield Hostile("graphs in a node of Conv", bundled(several), "control flow")
    # Protobuf takes the last of two; whoever looks at one only is led astray by one of these.
    for first, last in (("Loop", "Conv"), ("Conv", "Loop")):
        made = rewired((7, 1), _named(first, last))
        yield Hostile(f"an operator twice, {first} and {last}", made, "it uses the operator 'Loop'")
    for name in ("analysis", "hyper_analysis", "quantise", "dequantise", "preview"):
        made = bundled(_first_node(op_type="Loop"), name)
        yield Hostile(f"Loop in {name}", made, f"the graph {name!r} of the model bundle is refused")


def arguments() -> Iterator[Hostile]:
    """What ends the process of some onnxruntime, or asks it for text."""
    for name, value in (
        ("group", 0),
        ("group", -1),
        ("blocksize", 0),
        ("blocksize", 2**32),
        ("strides", [0, 0]),
        ("strides", [-1, 1]),
        ("dilations", [0, 1]),
        ("kernel_shape", [2**40, 3]),
        ("pads", [2**40] * 4),
        ("pads", [-(2**63)] * 4),
        ("output_padding", [-1, 0]),
        ("axis", 2**40),
        ("axis", -(2**63)),
        ("to", TensorProto.STRING),
        ("to", TensorProto.COMPLEX64),
        ("to", 99),
    ):
        shown = value[0] if isinstance(value, list) else value
        made = bundled(_attribute(name, value))
        yield Hostile(
            f"{name} {value}", made, f"its attribute {name!r} is" if shown in (0, -1) else f"is {shown}"
        )

    def both(model: Model) -> None:
        model.graph.node[1].attribute.append(helper.make_attribute("group", 0))
        model.graph.node[1].attribute.append(helper.make_attribute("group", 1))

    yield Hostile("group twice", bundled(both), "its attribute 'group' is 0")
    packed = wire.join([wire.Field(1, wire.BYTES, b"strides"), wire.Field(8, wire.BYTES, b"\x01\x00")])
    made = rewired((7, 1), more(wire.Field(5, wire.BYTES, packed)))
    yield Hostile("strides packed", made, "its attribute 'strides' is 0")
    for name, inputs in (("Max", ["x0", ""]), ("Sum", ["", "x0"]), ("LayerNormalization", ["x0", "low", ""])):
        made = bundled(adding("node", helper.make_node(name, inputs, ["n"])))
        yield Hostile(f"{name} of {inputs}", made, f"it leaves out an input of {name}")
    for count, outputs in ((1, ["n", "m"]), (3, ["n", "m"]), (2**31 - 1, ["n"])):
        node = helper.make_node("Split", ["x0"], outputs, num_outputs=count)
        made = bundled(adding("node", node))
        yield Hostile(
            f"Split in {count} of {outputs}", made, f"has {len(outputs)} outputs and says otherwise"
        )
    named = wire.join([wire.Field(1, wire.BYTES, b"axis"), wire.Field(1, wire.BYTES, b"group")])
    made = rewired((7, 1), more(wire.Field(5, wire.BYTES, named)))
    yield Hostile("an argument of two names", made, "has two names")
    for number, what in (
        (14, "a type"),
        (15, "types"),
        (21, "an outer attribute"),
        (22, "a sparse tensor"),
        (23, "several"),
    ):
        inside = wire.join([wire.Field(1, wire.BYTES, b"a"), wire.Field(number, wire.BYTES, b"")])
        made = rewired((7, 1), more(wire.Field(5, wire.BYTES, inside)))
        yield Hostile(f"{what} for an argument", made, f"field {number} of its attribute is not allowed")


def domains() -> Iterator[Hostile]:
    for domain in ("com.microsoft", "com.microsoft.nchwc", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training",
                   "ai.onnx.contrib", "org.pytorch.aten", "AI.ONNX", "ai.onnx ", " ", "\0", "x" * 100_000):  # fmt: skip
        message = f"it uses operators of the domain {domain[:40]!r}"
        yield Hostile(f"a node of {domain[:30]!r}", bundled(_first_node(domain=domain)), message)
    for domain in ("com.microsoft", "ai.onnx.ml", "mine"):

        def imported(model: Model, domain: str = domain) -> None:
            model.opset_import.append(helper.make_opsetid(domain, 1))

        yield Hostile(
            f"operators of {domain}", bundled(imported), f"it uses operators of the domain {domain!r}"
        )


def ports() -> Iterator[Hostile]:
    """Inputs and outputs of another name, type or rank."""
    no, rank, axes = "has the wrong inputs or outputs", "is not a tensor of known rank", "without four axes"
    kind = "of its port type is not allowed"
    free = ["a", "b", "c", "d"]
    value = helper.make_tensor_value_info
    for what, change, message in (
        ("an input renamed", lambda g: setattr(g.input[0], "name", "x"), no),
        ("an input in capitals", lambda g: setattr(g.input[0], "name", "Y_HAT"), no),
        ("no input", lambda g: g.ClearField("input"), no),
        ("an input too many", lambda g: g.input.append(value("more", 1, free)), no),
        ("an input twice", lambda g: g.input.append(g.input[0]), "two of its inputs have one name"),
        ("a constant for the input", lambda g: g.initializer.append(_tensor("y_hat")), no),
        ("no output", lambda g: g.ClearField("output"), no),
        ("two outputs", lambda g: g.output.append(value("x0", 1, free)), no),
        ("an output of float", lambda g: _replace(g.output, value("pixels", 1, free)), no),
        ("an output of int8", lambda g: _replace(g.output, value("pixels", TensorProto.INT8, free)), no),
        ("an output of text", lambda g: _replace(g.output, value("pixels", TensorProto.STRING, free)), no),
        ("an input of double", lambda g: _replace(g.input, value("y_hat", TensorProto.DOUBLE, free)), no),
        ("an input of text", lambda g: _replace(g.input, value("y_hat", TensorProto.STRING, free)), no),
        ("an input of no type", lambda g: _replace(g.input, value("y_hat", TensorProto.UNDEFINED, free)), no),
        ("an input of type 99", lambda g: setattr(g.input[0].type.tensor_type, "elem_type", 99), no),
        ("an input of three axes", lambda g: _replace(g.input, value("y_hat", 1, free[:3])), axes),
        ("an input of five axes", lambda g: _replace(g.input, value("y_hat", 1, [*free, "e"])), axes),
        ("an input of no axis", lambda g: _replace(g.input, value("y_hat", 1, [])), axes),
        ("an output of 1,000 axes", lambda g: _replace(g.output, value("pixels", 2, [1] * 1000)), axes),
        ("an input of unknown rank", lambda g: _replace(g.input, value("y_hat", 1, None)), rank),
        ("an input without a type", lambda g: g.input[0].ClearField("type"), "has no single type"),
        (
            "a sequence",
            lambda g: _replace(g.input, helper.make_tensor_sequence_value_info("y_hat", 1, free)),
            kind,
        ),
        (
            "a sparse tensor",
            lambda g: _replace(g.input, helper.make_sparse_tensor_value_info("y_hat", 1, free)),
            kind,
        ),
        ("an optional", lambda g: _replace(g.input, _optional()), kind),
        ("a map", lambda g: _replace(g.input, _map()), kind),
        ("an opaque type", lambda g: _replace(g.output, _opaque()), kind),
    ):
        yield Hostile(what, bundled(_of_graph(change)), message)
    made = draft()
    made.put("synthesis", made.blob("dequantise"))
    yield Hostile("another graph", made.packed(), no)


def vectors() -> Iterator[Hostile]:
    """Vectors that a graph reads and the bundle lacks, or has otherwise."""
    free = [1, 8, 1, 1]
    for name in ("q_other", "q_", "q_STEP", "q_step ", "q_" + "x" * 10_000):
        made = bundled(adding("input", helper.make_tensor_value_info(name, 1, free)))
        yield Hostile(f"a vector {name[:12]!r}", made, "which the bundle lacks")
    for what, element, shape, message in (
        ("of 7 channels", 1, [1, 7, 1, 1], "in another shape"),
        ("of -1 channels", 1, [1, -1, 1, 1], "in another shape"),
        ("of bytes", TensorProto.UINT8, free, "in another shape"),
        ("of one axis", 1, [8], "without four axes"),
    ):
        port = helper.make_tensor_value_info("q_step", element, shape)
        made = bundled(adding("input", port))
        yield Hostile(f"a vector {what}", made, message)
    made = bundled(adding("input", helper.make_tensor_value_info("q_gain", 1, free)))
    yield Hostile("a vector of the encoder that the decoder reads", made, "is declared on the wrong side")


def previews() -> Iterator[Hostile]:
    value = helper.make_tensor_value_info
    for what, change, message in (
        (
            "of all channels",
            lambda g: _replace(g.input, value("symbols", 1, [1, 8, "h", "w"])),
            "in another shape",
        ),
        (
            "of 5 channels of z",
            lambda g: _put(g.input, 1, value("z_hat", 1, [1, 5, "a", "b"])),
            "in another shape",
        ),
        (
            "of four planes",
            lambda g: _replace(g.output, value("pixels", 2, [1, "H", "W", 4])),
            "no pixels of three planes",
        ),
        (
            "of float",
            lambda g: _replace(g.output, value("pixels", 1, [1, "H", "W", 3])),
            "wrong inputs or outputs",
        ),
        ("that reads y_hat", lambda g: setattr(g.input[0], "name", "y_hat"), "wrong inputs or outputs"),
    ):
        made = bundled(_of_graph(change), "preview")
        yield Hostile(f"a preview {what}", made, message)

    def gain(model: Model) -> None:
        model.graph.input[2].name = "q_gain"

    message = "is read by an optional graph and by none of the decoder's side"
    yield Hostile("a preview that reads a vector of the encoder", bundled(gain, "preview"), message)


def constants() -> Iterator[Hostile]:
    short, text = "declares more values than it holds", "which is no plain number"
    for dims in ([2**40], [2**20, 2**20, 2**20], [2**32, 2**32], [2**62, 4], [2**63 - 1, 2], [-1], [1, -(2**63)],
                 [1] * 65, [1000, 1000]):  # fmt: skip
        tensor = _tensor("c")
        tensor.ClearField("dims")
        tensor.dims.extend(dims)
        made = bundled(adding("initializer", tensor))
        yield Hostile(f"a constant of {str(dims)[:40]}", made, short)
        made = bundled(adding("node", helper.make_node("Constant", [], ["k"], value=tensor)))
        yield Hostile(f"a node for a constant of {str(dims)[:40]}", made, short)
    text_tensor = TensorProto(name="c", data_type=TensorProto.STRING, dims=[1], string_data=[b"text"])
    yield Hostile("a constant of text", bundled(adding("initializer", text_tensor)), text)
    for element in (0, 14, 15, 17, 21, 22, 99):
        made = rewired((7, 5), more(wire.Field(2, wire.VARINT, element)))
        yield Hostile(f"a constant of type {element}", made, text)
    tensor = _tensor("c")
    tensor.string_data.append(b"text")
    yield Hostile(
        "text in a constant of numbers",
        bundled(adding("initializer", tensor)),
        "field 6 of its constant",
    )
    parted = _tensor("c")
    parted.segment.begin = 1
    yield Hostile(
        "a part of a constant",
        bundled(adding("initializer", parted)),
        "field 3 of its constant",
    )


def structure() -> Iterator[Hostile]:
    graph = wire.Field(7, wire.BYTES, b"")
    yield Hostile("two graphs", rewired((), more(graph)), "it holds 2 graphs instead of one")
    yield Hostile("no graph", rewired((), lambda m: [f for f in m if f.number != 7]), "it holds 0 graphs")
    yield Hostile("a graph in two parts", rewired((), _halved), "it holds 2 graphs instead of one")
    yield Hostile("nothing", draft().put("synthesis", b"\x08\x09").packed(), "it holds 0 graphs")
    yield Hostile(
        "functions", bundled(lambda m: m.functions.add(name="Conv")), "it defines functions of its own"
    )
    yield Hostile(
        "training", bundled(lambda m: m.training_info.add()), "field 20 of its model is not allowed"
    )
    port = (7, 11)
    for number, path, what in (
        (26, (), "model"),
        (15, (7,), "graph"),
        (8, (7, 1), "node"),
        (10, (7, 1), "node"),
        (99, (7, 5), "constant"),
        (7, (8,), "operator set"),
        (9, port, "port"),
        (9, (*port, 2), "port type"),
        (9, (*port, 2, 1), "tensor type"),
        (9, (*port, 2, 1, 2), "shape"),
        (9, (*port, 2, 1, 2, 1), "axis"),
    ):
        field = wire.Field(number, wire.BYTES, b"x")
        made = rewired(path, more(field))
        yield Hostile(f"field {number} in a {what}", made, f"field {number} of its {what} is not allowed")
    nodes = [helper.make_node("Relu", [f"r{i}"], [f"r{i + 1}"]) for i in range(20_001)]
    yield Hostile(
        "20,007 nodes", bundled(lambda m: m.graph.node.extend(nodes)), "it has more than 20000 nodes"
    )
    tiny = wire.Field(2, wire.BYTES, b"")
    yield Hostile("250,000 names", rewired((7,), more(*[tiny] * 250_000)), "it has too many parts")
    long = wire.Field(8, wire.BYTES, b"\x01" * 70_000)
    made = rewired((7, 1, 5), more(long))
    yield Hostile("a list of 70,000 numbers", made, "a list of numbers in it is too long")
    own = wire.Field(2, wire.BYTES, b"ORTM")  # the bytes 4..7, as a file of onnxruntime's own format has them
    made = rewired((), lambda model: [wire.Field(1, wire.VARINT, 9), own, *model[1:]])
    yield Hostile("the mark of the runtime's own format", made, "take it for a format of its own")


def wires() -> Iterator[Hostile]:
    """Bytes that are no protobuf, or that another reader would see otherwise."""
    data, bad = draft().blob("synthesis"), "it is not valid protobuf"
    outside, cut = "a length in it points outside", "it is cut off"
    for what, made, message in (
        ("one byte", b"\x3a", cut),
        ("cut in the middle", data[: len(data) // 2], outside),
        ("the last byte is missing", data[:-1], outside),
        ("a length of 2^35", b"\x3a\xff\xff\xff\xff\x7f" + data, outside),
        ("a length of 2^64 - 1", b"\x3a" + b"\xff" * 9 + b"\x01" + data, outside),
        ("a number of eleven bytes", b"\x08" + b"\x80" * 10 + b"\x01" + data, bad),
        ("a number that does not end", data + b"\x08" + b"\x80" * 5, cut),
        ("a group", data + b"\x0b\x0c", bad),
        ("an end of a group", data + b"\x0c", bad),
        ("wire type 6", data + b"\x0e", bad),
        ("wire type 7", data + b"\x0f", bad),
        ("field 0", data + b"\x02\x00", bad),
        ("a key beyond 32 bits", data + wire.varint(1 << 35 | 7 << 3 | 2) + b"\0", bad),
        ("a number for the graph", data + b"\x38\x01", bad),
        ("four bytes for the graph", data + b"\x3d\0\0\0\0", bad),
        ("eight bytes for the graph", data + b"\x39" + bytes(8), bad),
        ("a number for an operator set", data + b"\x40\x01", bad),
        ("zeros behind", data + bytes(2), bad),
    ):
        yield Hostile(f"graph: {what}", draft().put("synthesis", made).packed(), message)
    for what, change in (
        ("an operator", more(wire.Field(4, wire.BYTES, b"\xff\xfe"))),
        ("a domain", more(wire.Field(7, wire.BYTES, b"\xff\xfe"))),
    ):
        yield Hostile(f"{what} that is no text", rewired((7, 1), change), "a name in it is not text")
    for number, what in ((4, "operator"), (5, "attribute"), (7, "domain")):
        made = rewired((7, 1), more(wire.Field(number, wire.VARINT, 1)))
        yield Hostile(f"a number for an {what}", made, bad)


# -- how they are made ------------------------------------------------------------------------------------


def bundled(change: Change, name: str = "synthesis") -> bytes:
    """A bundle whose graph NAME is changed by the onnx package."""
    made = draft("preview" if name == "preview" else "plain")
    model = onnx.load_from_string(made.blob(name))
    change(model)
    changed: bytes = model.SerializeToString()
    return made.put(name, changed).packed()


def adding(where: str, item: Any) -> Change:
    """One more node, constant or port of the graph."""
    return lambda model: getattr(model.graph, where).append(item)


def rewired(path: tuple[int, ...], change: Rewiring) -> bytes:
    """A bundle whose graph `synthesis` has the fields of one message changed; `path` leads there, by field numbers."""
    made = draft()
    return made.put("synthesis", _rewired(made.blob("synthesis"), path, change)).packed()


def _rewired(message: bytes, path: tuple[int, ...], change: Rewiring) -> bytes:
    fields = wire.split(message)
    if not path:
        return wire.join(change(fields))
    place = next(i for i, field in enumerate(fields) if field.number == path[0])
    value = fields[place].value
    assert isinstance(value, bytes)
    fields[place] = wire.Field(path[0], wire.BYTES, _rewired(value, path[1:], change))
    return wire.join(fields)


def more(*fields: wire.Field) -> Rewiring:
    """These fields behind those of a message."""
    return lambda message: [*message, *fields]


def _first_node(**values: str) -> Change:
    def change(model: Model) -> None:
        for key, value in values.items():
            setattr(model.graph.node[0], key, value)

    return change


def _attribute(name: str, value: Any) -> Change:
    def change(model: Model) -> None:
        node = model.graph.node[1]  # ConvTranspose
        for place, attribute in enumerate(node.attribute):
            if attribute.name == name:
                del node.attribute[place]
                break
        node.attribute.append(helper.make_attribute(name, value))

    return change


def _of_graph(change: Change) -> Change:
    return lambda model: change(model.graph)


def _named(*operators: str) -> Rewiring:
    """A node with these operators one after the other."""

    def change(node: list[wire.Field]) -> list[wire.Field]:
        others = [field for field in node if field.number != 4]
        return others + [wire.Field(4, wire.BYTES, name.encode()) for name in operators]

    return change


def _halved(model: list[wire.Field]) -> list[wire.Field]:
    """One graph as two messages, which protobuf puts together again."""
    graph = next(field for field in model if field.number == 7)
    assert isinstance(graph.value, bytes)
    inside = wire.split(graph.value)
    halves = [wire.Field(7, wire.BYTES, wire.join(part)) for part in (inside[:3], inside[3:])]
    return [field for field in model if field.number != 7] + halves


def _tensor(name: str) -> Any:
    return numpy_helper.from_array(np.zeros((2, 2), np.float32), name)


def _body() -> Any:
    return helper.make_graph([], "b", [], [helper.make_tensor_value_info("z", 1, [1])], [_tensor("c")])


def _flow(operator: str) -> Any:
    if operator == "If":
        return helper.make_node("If", ["x0"], ["n"], then_branch=_body(), else_branch=_body())
    return helper.make_node(operator, ["x0"], ["n"], body=_body())


def _replace(values: Any, value: Any) -> None:
    _put(values, 0, value)


def _put(values: Any, place: int, value: Any) -> None:
    values[place].CopyFrom(value)


def _optional() -> Any:
    element = helper.make_tensor_type_proto(1, [1, 8, "h", "w"])
    return helper.make_value_info("y_hat", helper.make_optional_type_proto(element))


def _map() -> Any:
    element = helper.make_tensor_type_proto(1, [1, 8, "h", "w"])
    return helper.make_value_info("y_hat", helper.make_map_type_proto(TensorProto.INT64, element))


def _opaque() -> Any:
    value = helper.make_tensor_value_info("pixels", 2, [1, "H", "W", 3])
    raw = wire.join([wire.Field(1, wire.BYTES, b"pixels"), wire.Field(2, wire.BYTES, b"\x3a\x00")])
    value.ParseFromString(raw)
    return value
