# SPDX-License-Identifier: Apache-2.0
"""Multiply-accumulates per pixel of a model, counted from the graphs in its bundle.

Every graph is given its shapes at two sizes of picture. The line through both counts has what a pixel costs as its
slope, and as its intercept what does not grow with the picture; a graph that costs more per pixel on a larger picture
shows as a negative one. A pixel is one of the padded picture; what windows of a large picture compute twice is not in
here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mezzotint.bundle import Bundle
from mezzotint.bundle.schema import CELL, DECODER, ENCODER, GRAPHS, Z_CELL
from mezzotint.errors import DamagedModel, MissingExtra
from mezzotint.evaluate.speed.operators import COUNTED, FREE, Operation, Shape, macs

SIZES = (512, 1024)  # pixels a side
SCALE_MAP = "scale map (integers)"  # with the scale context of a model that has one


@dataclass(frozen=True)
class Cost:
    """One graph."""

    graph: str
    sides: tuple[str, ...]  # "encoder", "decoder"
    per_pixel: float  # multiply-accumulates for a pixel of the picture
    fixed: float  # those that do not depend on its size
    unknown: tuple[str, ...]  # operators that could not be counted, "LSTM x2": the count is too low then


def costs(bundle: Bundle) -> tuple[Cost, ...]:
    """Every graph of a model, in the order of the work, and its scale map. MissingExtra without the package onnx."""
    found = [
        _graph_cost(name, (side,), {size: _feeds(bundle, name, size) for size in SIZES}, bundle.graph(name))
        for name, (side, _, _) in GRAPHS.items()
    ]
    products = bundle.scale_map.weight.size  # (16M, Cz), once for every z cell
    per_pixel = products / Z_CELL**2 + _context_products(bundle) / CELL**2
    return (*found, Cost(SCALE_MAP, (ENCODER, DECODER), per_pixel, 0.0, ()))


def _context_products(bundle: Bundle) -> int:
    """Of the scale context, for every y cell: features of earlier groups, twice, then all channels from features."""
    if bundle.scale_context is None:
        return 0
    features, groups = bundle.scale_context.outer.shape[1], bundle.card.latent_groups
    earlier = sum(sum(groups[:g]) for g in range(1, len(groups)))
    return int(features) * (2 * earlier + sum(groups[1:]))


def total(found: tuple[Cost, ...], side: str) -> float:
    """Multiply-accumulates per pixel of "encoder" or "decoder"."""
    return sum(cost.per_pixel for cost in found if side in cost.sides)


def count(graph: bytes, feeds: dict[str, Shape]) -> tuple[int, tuple[str, ...]]:
    """(multiply-accumulates of one run, operators that could not be counted) for inputs of these shapes.

    DamagedModel where the shapes do not follow from those of the inputs.
    """
    sum_, unknown = 0, Counter[str]()
    for operation in _operations(graph, feeds):
        products = macs(operation)
        if products is None:
            unknown[operation.operator] += 1
        else:
            sum_ += products
    return sum_, tuple(f"{name} x{times}" for name, times in sorted(unknown.items()))


def _graph_cost(name: str, sides: tuple[str, ...], feeds: dict[int, dict[str, Shape]], graph: bytes) -> Cost:
    (small, unknown), (large, _) = (count(graph, feeds[size]) for size in SIZES)
    pixels = [size**2 for size in SIZES]
    slope = (large - small) / (pixels[1] - pixels[0])
    return Cost(name, sides, slope, small - slope * pixels[0], unknown)


def _feeds(bundle: Bundle, name: str, size: int) -> dict[str, Shape]:
    """The shapes of the inputs of a graph for a square picture; the vectors have theirs in the graph itself."""
    card, y, z = bundle.card, size // CELL, size // Z_CELL
    latent, hyper = (1, card.latent_channels, y, y), (1, card.hyper_channels, z, z)
    known = dict.fromkeys(("y", "price", "symbols", "y_hat"), latent)
    known |= {"pixels": (1, size, size, 3), "z_hat": hyper}
    return {port: known[port] for port in GRAPHS[name][1]}


def _operations(graph: bytes, feeds: dict[str, Shape]) -> Iterator[Operation]:
    """The nodes that may multiply; those that only prepare constants left out."""
    onnx = _onnx()
    model = _with_shapes(graph, feeds)
    shapes = _shapes(model)
    constant = {tensor.name for tensor in model.graph.initializer} | {""}
    for node in model.graph.node:
        if constant.issuperset(node.input):
            constant.update(node.output)  # the runtime works it out once
            continue
        if node.op_type in FREE:
            continue
        attributes = {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}
        missing = [name for name in (*node.input, *node.output) if name not in shapes]
        if node.op_type in COUNTED and missing:
            raise DamagedModel(f"the shape of {missing[0]!r} in a graph of the model is unknown")
        inputs, outputs = (
            tuple(shapes.get(name, ()) for name in names) for names in (node.input, node.output)
        )
        yield Operation(node.op_type, inputs, outputs, attributes)


def _with_shapes(graph: bytes, feeds: dict[str, Shape]) -> Any:
    onnx = _onnx()
    model = onnx.load_from_string(graph)
    for port in model.graph.input:
        sizes = port.type.tensor_type.shape.dim
        for axis, size in zip(sizes, feeds.get(port.name, ()), strict=False):
            axis.dim_value = size
    for port in (*model.graph.output, *model.graph.value_info):  # they speak of the sizes of the export
        port.type.tensor_type.ClearField("shape")
    try:
        return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except onnx.shape_inference.InferenceError as reason:
        raise DamagedModel(f"the shapes in a graph of the model contradict one another: {reason}") from None


def _shapes(model: Any) -> dict[str, Shape]:
    """By the name of a tensor; those that are not wholly known are left out."""
    shapes: dict[str, Shape] = {"": ()}
    shapes |= {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for port in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        sizes = port.type.tensor_type.shape.dim
        if port.type.tensor_type.HasField("shape") and all(axis.HasField("dim_value") for axis in sizes):
            shapes[port.name] = tuple(axis.dim_value for axis in sizes)
    return shapes


def _onnx() -> Any:
    """The package, and its part for shapes."""
    try:
        import onnx.shape_inference
    except ImportError:
        raise MissingExtra("counting them needs onnx", "pip install 'mezzotint[eval]'") from None
    return onnx
