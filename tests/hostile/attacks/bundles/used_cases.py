# SPDX-License-Identifier: Apache-2.0
"""Bundles that hold nothing forbidden and cannot work, by hand: refused where a picture needs them, never before.

What the loader does not promise is here too: graphs that would take all the memory there is. They end in an error where
the process has a limit, as child.py has; nothing else bounds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from attacks.bundles.drafts import Hostile
from attacks.bundles.onnx_cases import Change, Model, adding, bundled
from mezzotint.errors import DamagedModel, LimitExceeded, MezzotintError, NonFinite

LOADED, RUN = "of the model cannot be loaded", "of the model cannot run"
GAVE, MEMORY, FINITE = "instead of", "needs more memory than there is", "gave values that are not finite"


def cases() -> Iterator[Hostile]:
    for what, change, message in (*versions(), *wiring(), *types(), *sizes()):
        yield Hostile(what, bundled(change), message, used=True)
    for what, name, change, message, error in (*values(), *memory()):
        yield Hostile(what, bundled(change, name), message, error, used=True)


Broken = Iterator[tuple[str, Change, str]]
Run = Iterator[tuple[str, str, Change, str, type[MezzotintError]]]


def versions() -> Broken:
    for version in (0, 999, 2**31 - 1, -1):
        yield f"opset {version}", _opset(version), LOADED
    yield "no opset", lambda m: m.ClearField("opset_import"), LOADED
    for version in (999, 2**31):
        yield f"IR version {version}", _ir_version(version), LOADED
    yield "an operator of a later opset", _node("Gelu", ["x0"]), LOADED


def wiring() -> Broken:
    def cycle(model: Model) -> None:
        model.graph.node[0].input[0] = "x2"

    def undefined(model: Model) -> None:
        model.graph.node[0].input[0] = "nobody"

    def twice(model: Model) -> None:
        model.graph.node[1].output[0] = model.graph.node[0].output[0]

    yield "a cycle", cycle, LOADED
    yield "a value from nowhere", undefined, LOADED
    yield "a value made twice", twice, LOADED
    yield "no nodes", lambda m: m.graph.ClearField("node"), LOADED
    yield "no constants", lambda m: m.graph.ClearField("initializer"), LOADED
    yield "a node without an output", lambda m: m.graph.node[2].ClearField("output"), LOADED
    yield "a node without inputs", lambda m: m.graph.node[2].ClearField("input"), LOADED
    yield "seven inputs for Conv", lambda m: m.graph.node[0].input.extend(["x1"] * 5), LOADED
    yield "an argument that Conv lacks", lambda m: _argument(m.graph.node[0], "strange", 1), LOADED
    yield "an argument of another type", lambda m: _argument(m.graph.node[0], "group", "one"), LOADED
    yield "an argument twice", lambda m: _argument(m.graph.node[0], "pads", [0, 0, 0, 0]), LOADED
    yield "a cast to nothing", lambda m: m.graph.node[5].ClearField("attribute"), LOADED


def types() -> Broken:
    def cut(model: Model) -> None:
        tensor = model.graph.initializer[0]
        tensor.raw_data = tensor.raw_data[:-4]

    def stretched(model: Model) -> None:
        model.graph.initializer[0].raw_data += b"\0\0\0\0"

    def unsaid(model: Model) -> None:
        model.graph.initializer[0].ClearField("data_type")

    def integers(model: Model) -> None:
        model.graph.initializer[2].CopyFrom(numpy_helper.from_array(np.array(3), "middle"))

    def narrow(model: Model) -> None:
        weight = next(tensor for tensor in model.graph.initializer if tensor.name == "mix")
        weight.CopyFrom(numpy_helper.from_array(np.ones((8, 7, 3, 3), np.float32), "mix"))

    yield "a constant that is cut", cut, LOADED
    yield "a constant that is longer", stretched, LOADED
    yield "a constant of no type", unsaid, LOADED
    yield "integers added to numbers", integers, LOADED
    yield "weights for seven channels", narrow, ""
    yield (
        "axes that are too many",
        lambda m: _argument(m.graph.node[6], "perm", [0, 2, 3, 1, 4], instead=True),
        LOADED,
    )
    yield "axes twice", lambda m: _argument(m.graph.node[6], "perm", [0, 0, 3, 1], instead=True), LOADED


def sizes() -> Broken:
    """What comes out is not what the picture needs."""
    for what, inside in (
        ("half of the picture", ([0, 0], [32, 50], [1, 2])),
        ("nothing of the picture", ([0], [0], [1])),
        ("one plane", ([0], [1], [3])),
        ("a picture less", ([0], [0], [0])),
    ):
        yield what, _sliced(*inside), GAVE
    yield "two pictures", _tiled([2, 1, 1, 1]), GAVE
    yield "a picture twice as wide", _tiled([1, 1, 2, 1]), GAVE

    def fixed(model: Model) -> None:
        for place, side in ((2, 4), (3, 4)):
            model.graph.input[0].type.tensor_type.shape.dim[place].dim_value = side

    def halved(model: Model) -> None:
        _argument(model.graph.node[1], "strides", [8, 8], instead=True)

    yield "a graph for one size", fixed, RUN
    yield "strides of half the size", halved, GAVE
    yield "no margin at the border", lambda m: m.graph.node[0].ClearField("attribute"), GAVE
    yield "a shape that does not fit", _reshaped([1, 7, 5, 3]), RUN
    yield "an axis without end", _reshaped([0, -1, 2**31, 1]), RUN


def values() -> Run:
    """Numbers that no picture can be made of."""
    for name, output in (
        ("dequantise", "y_hat"),
        ("analysis", "y"),
        ("hyper_analysis", "z"),
        ("quantise", "symbols"),
    ):
        yield f"{name} gives NaN", name, _last(output, "Log", -1.0), FINITE, NonFinite
        yield f"{name} gives infinities", name, _last(output, "Mul", np.inf), FINITE, NonFinite
    yield (
        "symbols beyond 2^24",
        "quantise",
        _last("symbols", "Add", 1e9),
        "gave symbols beyond 2^24",
        NonFinite,
    )
    yield "a row that is not there", "dequantise", _gathered(10**6), RUN, DamagedModel
    yield "a division by zero", "dequantise", _divided(0), "", DamagedModel


def memory() -> Run:
    """2^34 numbers and more, from a graph of a few kilobytes."""
    for what, operator, shape in (
        ("a constant of 2^34 numbers", "ConstantOfShape", [2**17, 2**17]),
        ("y_hat 2^27 times, as one", "Expand", [2**27, 1, 1, 1]),
    ):
        yield what, "dequantise", _grown(operator, np.array(shape, np.int64)), MEMORY, LimitExceeded
    tiles = _grown("Tile", np.array([2**27, 1, 1, 1], np.int64))
    yield "y_hat 2^27 times, in tiles", "dequantise", tiles, "", MezzotintError  # it has a limit of its own
    yield "a row of 10^10 numbers", "dequantise", _counted(1e10), "", MezzotintError
    yield "y_hat doubled 30 times", "dequantise", _doubled(30), MEMORY, LimitExceeded
    yield "y_hat times itself, 3 times over", "dequantise", _crossed(), MEMORY, LimitExceeded
    yield "a picture a million times as large", "dequantise", _resized(1e6), "", MezzotintError
    yield "a border of 60,000 cells", "dequantise", _padded(60_000), MEMORY, LimitExceeded


# -- how they are made ------------------------------------------------------------------------------------


def _opset(version: int) -> Change:
    return lambda model: setattr(model.opset_import[0], "version", version)


def _ir_version(version: int) -> Change:
    return lambda model: setattr(model, "ir_version", version)


def _node(operator: str, inputs: list[str]) -> Change:
    return adding("node", helper.make_node(operator, inputs, ["n"]))


def _argument(node: Any, name: str, value: Any, instead: bool = False) -> None:
    if instead:
        kept = [attribute for attribute in node.attribute if attribute.name != name]
        node.ClearField("attribute")
        node.attribute.extend(kept)
    node.attribute.append(helper.make_attribute(name, value))


def _behind(output: str, *nodes: Any, **constants: Any) -> Change:
    """These nodes between what gave the output so far, now called `old`, and the output."""

    def change(model: Model) -> None:
        for node in model.graph.node:
            if node.output[0] == output:
                node.output[0] = "old"
        model.graph.node.extend(nodes)
        model.graph.initializer.extend(
            numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()
        )

    return change


def _last(output: str, operator: str, value: float) -> Change:
    """`operator` of the output and a number; of Log, where the number is, whatever the output is."""
    if operator == "Log":
        nodes = [helper.make_node("Abs", ["old"], ["n0"]), helper.make_node("Sub", ["k", "n0"], ["n1"])]
        return _behind(output, *nodes, helper.make_node("Log", ["n1"], [output]), k=np.float32(value))
    if value == np.inf:
        nodes = [helper.make_node("Abs", ["old"], ["n0"]), helper.make_node("Add", ["n0", "one"], ["n1"])]
        node = helper.make_node(operator, ["n1", "k"], [output])
        return _behind(output, *nodes, node, k=np.float32(value), one=np.float32(1))
    return _behind(output, helper.make_node(operator, ["old", "k"], [output]), k=np.float32(value))


def _sliced(starts: list[int], ends: list[int], axes: list[int]) -> Change:
    names = ("starts", "ends", "axes")
    inside = {name: np.array(part, np.int64) for name, part in zip(names, (starts, ends, axes), strict=True)}
    return _behind("pixels", helper.make_node("Slice", ["old", *names], ["pixels"]), **inside)


def _tiled(times: list[int]) -> Change:
    return _behind("pixels", helper.make_node("Tile", ["old", "k"], ["pixels"]), k=np.array(times, np.int64))


def _reshaped(shape: list[int]) -> Change:
    return _behind(
        "pixels", helper.make_node("Reshape", ["old", "k"], ["pixels"]), k=np.array(shape, np.int64)
    )


def _gathered(place: int) -> Change:
    return _behind(
        "y_hat", helper.make_node("Gather", ["old", "k"], ["y_hat"], axis=1), k=np.array([place], np.int64)
    )


def _divided(by: int) -> Change:
    nodes = [
        helper.make_node("Cast", ["old"], ["n0"], to=TensorProto.INT32),
        helper.make_node("Cast", ["symbols"], ["n1"], to=TensorProto.INT32),
        helper.make_node("Mul", ["n1", "k"], ["n2"]),  # zeros that no one can know before
        helper.make_node("Div", ["n0", "n2"], ["n3"]),
        helper.make_node("Cast", ["n3"], ["y_hat"], to=TensorProto.FLOAT),
    ]
    return _behind("y_hat", *nodes, k=np.int32(by))


def _grown(operator: str, shape: Any) -> Change:
    inputs = ["k"] if operator == "ConstantOfShape" else ["old", "k"]
    return _behind("y_hat", helper.make_node(operator, inputs, ["n"]), *_summed("n"), k=shape)


def _counted(end: float) -> Change:
    row = helper.make_node("Range", ["low", "end", "one"], ["n"])
    return _behind("y_hat", row, *_summed("n"), low=np.float32(0), end=np.float32(end), one=np.float32(1))


def _doubled(times: int) -> Change:
    names = ["old", *(f"d{i}" for i in range(times))]
    nodes = [helper.make_node("Concat", [a, a], [b], axis=1) for a, b in pairwise(names)]
    return _behind("y_hat", *nodes, *_summed(names[-1]))


def _crossed() -> Change:
    """Every number of y_hat with every other, and these with every one again."""
    letters, names = "abcdefghijklmnop", ["old", "n2", "n3", "n4"]
    nodes = []
    for count, (name, following) in enumerate(pairwise(names), 1):
        there, more = letters[: 4 * count], letters[4 * count : 4 * count + 4]
        nodes.append(
            helper.make_node("Einsum", [name, "old"], [following], equation=f"{there},{more}->{there}{more}")
        )
    return _behind("y_hat", *nodes, *_summed("n4"))


def _resized(times: float) -> Change:
    scales = np.array([1, 1, times, times], np.float32)
    return _behind("y_hat", helper.make_node("Resize", ["old", "", "k"], ["n"]), *_summed("n"), k=scales)


def _padded(cells: int) -> Change:
    pads = np.array([0, 0, cells, cells] * 2, np.int64)
    return _behind("y_hat", helper.make_node("Pad", ["old", "k"], ["n"]), *_summed("n"), k=pads)


def _summed(name: str) -> list[Any]:
    """All of it in one number, that is added, so that no optimiser leaves it out."""
    total = helper.make_node("ReduceSum", [name], ["total"], keepdims=0)
    return [total, helper.make_node("Add", ["old", "total"], ["y_hat"])]
