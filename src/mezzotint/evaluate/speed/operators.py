# SPDX-License-Identifier: Apache-2.0
"""Multiply-accumulates of one ONNX operator from the shapes of its inputs and outputs.

One MAC is one product that goes into a sum. Products at the zero padding count, and so do weights that are zero, since
the runtime multiplies them all. Additions of a bias, activations and everything elementwise count nothing: FREE names
the operators that were looked at and found so. What is neither counted nor free is reported by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """One node with its shapes; an input that is left out has the shape ()."""

    operator: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    attributes: Mapping[str, object]  # by the names of the ONNX standard


def macs(operation: Operation) -> int | None:
    """Products of one operation; None for one that is not known, or not in this form."""
    count = COUNTED.get(operation.operator)
    return None if count is None else count(operation)


def _conv(operation: Operation) -> int:
    """Every output element sums the products of one filter, (out, in / groups, *kernel)."""
    return prod(operation.outputs[0]) * prod(operation.inputs[1][1:])


def _quantised_conv(operation: Operation) -> int:
    """QLinearConv: the filter is the fourth input."""
    return prod(operation.outputs[0]) * prod(operation.inputs[3][1:])


def _transposed_conv(operation: Operation) -> int:
    """Every input element is multiplied by one filter, (in, out / groups, *kernel)."""
    return prod(operation.inputs[0]) * prod(operation.inputs[1][1:])


def _matmul(operation: Operation) -> int:
    return prod(operation.outputs[0]) * operation.inputs[0][-1]


def _gemm(operation: Operation) -> int:
    rows, columns = operation.inputs[0]
    return prod(operation.outputs[0]) * (rows if operation.attributes.get("transA", 0) else columns)


def _einsum(operation: Operation) -> int | None:
    """Of one or two operands without "...": the product over all indices. None for anything else."""
    equation = operation.attributes.get("equation")
    text = equation.decode() if isinstance(equation, bytes) else str(equation)
    terms = text.replace(" ", "").split("->")[0].split(",")
    if "." in text or len(terms) != len(operation.inputs) or len(terms) > 2:
        return None
    sizes = {
        index: size
        for term, shape in zip(terms, operation.inputs, strict=True)
        for index, size in zip(term, shape, strict=True)
    }
    return prod(sizes.values()) if len(terms) == 2 else 0


COUNTED: dict[str, Callable[[Operation], int | None]] = {
    "Conv": _conv,
    "ConvInteger": _conv,
    "QLinearConv": _quantised_conv,
    "ConvTranspose": _transposed_conv,
    "MatMul": _matmul,
    "MatMulInteger": _matmul,
    "QLinearMatMul": _matmul,
    "Gemm": _gemm,
    "Einsum": _einsum,
}

FREE = frozenset(
    {
        # moves, makes or reshapes numbers
        *("Cast", "CastLike", "Concat", "Constant", "ConstantOfShape", "DepthToSpace", "Expand", "Flatten", "Gather"),
        *("Identity", "Pad", "Range", "Reshape", "Shape", "Size", "Slice", "SpaceToDepth", "Split", "Squeeze", "Tile"),
        *("Transpose", "Unsqueeze", "Where", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"),
        # one result for one element, or for two
        *("Abs", "Add", "And", "Ceil", "Clip", "Cos", "Div", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu", "Greater"),
        *("GreaterOrEqual", "HardSigmoid", "HardSwish", "IsInf", "IsNaN", "LeakyRelu", "Less", "LessOrEqual", "Log"),
        *("Max", "Min", "Mish", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal", "Relu", "Round"),
        *("Sigmoid", "Sign", "Sin", "Softplus", "Sqrt", "Sub", "Sum", "Tanh", "Xor"),
        # sums and maxima without products
        *("GlobalAveragePool", "GlobalMaxPool", "AveragePool", "MaxPool", "ReduceMax", "ReduceMean", "ReduceMin"),
        *("ReduceSum", "Softmax"),
    }
)  # fmt: skip
