# SPDX-License-Identifier: Apache-2.0
"""The ONNX operators that a graph of a bundle may use, and within which bounds (docs/format.md section 6.3).

Networks for pictures need few of some two hundred. The rest is code of the runtime that nobody here has looked at:
control flow, chance, text, sequences, and kernels that read beyond their input when a graph is made for it. An operator
is added when a model needs it, after graphs made to break it (tests/hostile/attacks/bundles/onnx_cases.py).

The trap: what ends the process in one release of onnxruntime is an error in another, so the bounds look arbitrary.
"""

from __future__ import annotations

OPERATORS = frozenset((
    # number by number
    "Abs", "Add", "And", "Ceil", "Celu", "Clip", "Cos", "Div", "Elu", "Equal", "Erf", "Exp", "Floor",
    "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "LeakyRelu", "Less", "LessOrEqual",
    "Log", "Max", "Mean", "Min", "Mish", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal", "Relu",
    "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tanh",
    "ThresholdedRelu", "Where", "Xor",
    # whole layers
    "AveragePool", "BatchNormalization", "Conv", "ConvTranspose", "Einsum", "Gemm", "GlobalAveragePool",
    "GlobalMaxPool", "GroupNormalization", "InstanceNormalization", "LayerNormalization", "LogSoftmax",
    "LpNormalization", "MatMul", "MaxPool", "Softmax",
    # sums and orders
    "ArgMax", "ArgMin", "CumSum", "ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin",
    "ReduceProd", "ReduceSum", "ReduceSumSquare", "TopK",
    # shapes
    "Cast", "Concat", "Constant", "ConstantOfShape", "DepthToSpace", "Expand", "Flatten", "Gather",
    "GatherElements", "Identity", "Pad", "Range", "Reshape", "Resize", "Shape", "Slice", "SpaceToDepth",
    "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze",
))  # fmt: skip

# Of whose inputs one may be left out before the last. Elsewhere the runtime may look at what is not there.
LACKING = frozenset({"Clip", "Pad", "Resize"})

COUNTED = "num_outputs"  # an attribute that must be the number of outputs: the runtime believes it

_SIDE = 1 << 16
_TYPES = {*range(1, 8), *range(9, 14), 16}  # of TensorProto.DataType: no text, complex or packed types
_WIDEST = range(-(1 << 31), 1 << 31)
_RANGES = {
    "blocksize": range(1, 1 << 8),
    "dilations": range(1, _SIDE),
    "group": range(1, _SIDE),
    "kernel_shape": range(1, _SIDE),
    "output_padding": range(_SIDE),
    "pads": range(-_SIDE, _SIDE),
    "strides": range(1, _SIDE),
    "to": _TYPES,
}


def numeric(element: int) -> bool:
    """Whether an element type of tensors is one of plain numbers."""
    return element in _TYPES


def allowed(attribute: str, value: int) -> bool:
    """Whether an integer attribute of this name may have this value."""
    return value in _RANGES.get(attribute, _WIDEST)
