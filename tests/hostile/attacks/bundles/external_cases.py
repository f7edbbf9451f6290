# SPDX-License-Identifier: Apache-2.0
"""Graphs that keep their weights in another file, by hand, in bundles that are right in all else.

The files are there, in `world`: the weights themselves, links of both kinds to them, and a pipe that nobody writes to,
so that whoever followed one of these graphs would find what it asks for, or wait for ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from attacks.bundles import wire
from attacks.bundles.drafts import Hostile, draft
from attacks.bundles.onnx_cases import Change, Model, adding, bundled, more, rewired

OUTSIDE = "it keeps data outside the file"
WEIGHTS = "patterns"  # a constant of `synthesis`
NAMES = ("weights.bin", "link", "hard", "deep/../weights.bin")  # all lead to the weights


def world(folder: Path) -> None:
    """The weights and what leads to them; links and pipes where the system has them."""
    weights = folder / "weights.bin"
    weights.write_bytes(_weights().raw_data)
    (folder / "deep").mkdir()
    for make, name in ((os.symlink, "link"), (os.link, "hard")):
        make(weights, folder / name)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")


def cases(folder: Path) -> Iterator[Hostile]:
    yield from locations(folder)
    yield from places()
    yield from declarations()


def locations(folder: Path) -> Iterator[Hostile]:
    """Where the data would be."""
    relative = os.path.relpath(folder)
    for location in (
        *NAMES,
        *(str(folder / name) for name in (*NAMES, "pipe", "")),
        *(f"{relative}/{name}" for name in ("weights.bin", "link", "hard", "pipe")),
        f"file://{folder}/weights.bin",
        *("../" * 12 + "etc/passwd", "/etc/passwd", "/proc/self/mem", "/dev/zero", "/dev/stdin"),
        *(
            "\\\\server\\share\\weights",
            "C:\\weights",
            "https://example.org/weights",
            "*/_ORT_MEM_ADDR_/*",
            "",
            ".",
            "\0",
        ),
    ):
        name = location.replace(str(folder), "FOLDER").replace(relative, "RELATIVE")
        yield Hostile(f"weights in {name[:40]!r}", bundled(moved(location)), OUTSIDE)


def places() -> Iterator[Hostile]:
    """Where in a graph a constant may say so."""
    for name in ("analysis", "hyper_analysis", "quantise", "dequantise", "preview"):
        made = bundled(adding("initializer", _external("c")), name)
        yield Hostile(
            f"a constant outside in {name}",
            made,
            f"the graph {name!r} of the model bundle is refused: {OUTSIDE}",
        )

    def node(model: Model) -> None:
        model.graph.node.append(helper.make_node("Constant", [], ["k"], value=_external("")))

    yield Hostile("a node for a constant outside", bundled(node), OUTSIDE)

    def listed(model: Model) -> None:
        attribute = model.graph.node[0].attribute.add()
        attribute.name, attribute.type = "values", onnx.AttributeProto.TENSORS
        attribute.tensors.append(_external(""))

    yield Hostile("an argument with constants outside", bundled(listed), OUTSIDE)

    def sparse(model: Model) -> None:
        model.graph.sparse_initializer.add().values.CopyFrom(_external("c"))

    yield Hostile("a sparse constant outside", bundled(sparse), "field 15 of its graph is not allowed")

    def sparse_node(model: Model) -> None:
        node = model.graph.node.add(op_type="Constant", output=["k"])
        attribute = node.attribute.add()
        attribute.name, attribute.type = "sparse_value", onnx.AttributeProto.SPARSE_TENSOR
        attribute.sparse_tensor.values.CopyFrom(_external(""))

    yield Hostile(
        "a node for a sparse constant outside",
        bundled(sparse_node),
        "field 22 of its attribute is not allowed",
    )
    for depth in (1, 2, 15):
        made = bundled(adding("node", _nested(depth)))
        yield Hostile(f"outside, {depth} graphs deep", made, "it holds a graph inside a node (control flow)")

    def function(model: Model) -> None:
        made = model.functions.add(name="Conv", domain="")
        made.node.append(helper.make_node("Constant", [], ["k"], value=_external("")))

    yield Hostile("outside, in a function", bundled(function), "it defines functions of its own")

    def training(model: Model) -> None:
        model.training_info.add().algorithm.initializer.append(_external("c"))

    yield Hostile("outside, in a training step", bundled(training), "field 20 of its model is not allowed")


def declarations() -> Iterator[Hostile]:
    """How it may be said; for some readers one half is enough."""
    for what, fields in (
        ("a place, and nothing of where", [wire.Field(13, wire.BYTES, b"\x0a\x08location\x12\x01x")]),
        ("where, and no place", [wire.Field(14, wire.VARINT, 1)]),
        ("an empty entry", [wire.Field(13, wire.BYTES, b"")]),
        ("where as 2", [wire.Field(14, wire.VARINT, 2)]),
        ("where as 2^32 + 1", [wire.Field(14, wire.VARINT, 2**32 + 1)]),
        ("where as 2^64 + 1", [wire.Field(14, wire.VARINT, 2**64 + 1)]),
        ("where as bytes", [wire.Field(14, wire.BYTES, b"")]),
        ("outside, then inside", [wire.Field(14, wire.VARINT, 1), wire.Field(14, wire.VARINT, 0)]),
        ("inside, then outside", [wire.Field(14, wire.VARINT, 0), wire.Field(14, wire.VARINT, 1)]),
    ):
        made = rewired((7, 5), more(*fields))
        yield Hostile(f"a constant with {what}", made, OUTSIDE)

    def twice(model: Model) -> None:
        model.graph.initializer.append(_external(WEIGHTS))

    yield Hostile("a constant inside, and once more outside", bundled(twice), OUTSIDE)
    # In an attribute, protobuf puts two tensors together: one says where, the other that it is outside.
    where = wire.join([wire.Field(13, wire.BYTES, b"\x0a\x08location\x12\x0bweights.bin")])
    parts = [
        wire.Field(1, wire.BYTES, b"value"),
        wire.Field(5, wire.BYTES, where),
        wire.Field(5, wire.BYTES, b"\x70\x01"),
    ]
    made = rewired((7, 1), more(wire.Field(5, wire.BYTES, wire.join(parts))))
    yield Hostile("an argument outside, in two parts", made, OUTSIDE)


def moved(location: str) -> Change:
    """The weights of the graph taken out, and the place said where they would be."""

    def change(model: Model) -> None:
        tensor = next(tensor for tensor in model.graph.initializer if tensor.name == WEIGHTS)
        size = len(tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "0"), ("length", str(size))):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value

    return change


def _weights() -> Any:
    model = onnx.load_from_string(draft().blob("synthesis"))
    return next(tensor for tensor in model.graph.initializer if tensor.name == WEIGHTS)


def _external(name: str) -> Any:
    tensor = TensorProto(name=name, data_type=1, dims=[2], data_location=TensorProto.EXTERNAL)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    return tensor


def _nested(depth: int) -> Any:
    nodes = [] if depth == 1 else [_nested(depth - 1)]
    values = [helper.make_tensor_value_info("z", 1, [1])]
    body = helper.make_graph(nodes, "b", [], values, [_external("c")] if depth == 1 else [])
    other = helper.make_graph([], "o", [], values)
    return helper.make_node("If", ["x0"], ["n"], then_branch=body, else_branch=other)
