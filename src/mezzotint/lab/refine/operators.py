# SPDX-License-Identifier: Apache-2.0
"""ONNX operators in torch, with gradients: (attributes, *inputs) -> output, as the ONNX specification defines each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Attributes = Mapping[str, Any]
_TYPES = {
    1: torch.float32,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
}
_UINT8 = 2


def _cast(a: Attributes, x: Tensor) -> Tensor:
    # Pixels stay real: a truncation to bytes has no gradient.
    return x if a["to"] == _UINT8 else x.to(_TYPES[a["to"]])


def _conv(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    top, left, bottom, right = a.get("pads", (0, 0, 0, 0))
    strides, dilations = tuple(a.get("strides", (1, 1))), tuple(a.get("dilations", (1, 1)))
    if (
        weight.shape[2:] == (1, 1)
        and a.get("group", 1) == 1
        and strides == (1, 1)
        and not (top or left or bottom or right)
    ):
        return _pointwise(x, weight, bias)
    if (top, left) != (bottom, right):
        x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
    return F.conv2d(x, weight, bias, strides, (top, left), dilations, a.get("group", 1))


def _pointwise(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A 1x1 convolution as one matrix product: torch's own is several times slower for a batch of one on one thread."""
    b, _, h, w = x.shape
    y = weight.flatten(1) @ x.flatten(2)  # (B, out, H W)
    return (y if bias is None else y + bias[:, None]).view(b, -1, h, w)


def _conv_transpose(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    top, left, bottom, right = a.get("pads", (0, 0, 0, 0))
    strides, dilations = tuple(a.get("strides", (1, 1))), tuple(a.get("dilations", (1, 1)))
    y = F.conv_transpose2d(x, weight, bias, strides, 0, 0, a.get("group", 1), dilations)
    return y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right]


def _clip(a: Attributes, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    return torch.clamp(x, low, high)


def _slice(
    a: Attributes,
    x: Tensor,
    starts: Tensor,
    ends: Tensor,
    axes: Tensor | None = None,
    steps: Tensor | None = None,
) -> Tensor:
    where = list(range(len(starts))) if axes is None else axes.tolist()
    strides = [1] * len(where) if steps is None else steps.tolist()
    index = [slice(None)] * x.ndim
    for start, end, axis, stride in zip(starts.tolist(), ends.tolist(), where, strides, strict=True):
        index[axis] = slice(start, end, stride)
    return x[tuple(index)]


def _reshape(a: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    sizes = shape.tolist()
    if not a.get("allowzero", 0):
        sizes = [x.shape[i] if size == 0 else size for i, size in enumerate(sizes)]
    return x.reshape(sizes)


def _unsqueeze(a: Attributes, x: Tensor, axes: Tensor) -> Tensor:
    rank = x.ndim + len(axes)
    for axis in sorted(axis % rank for axis in axes.tolist()):
        x = x.unsqueeze(axis)
    return x


def _gather(a: Attributes, x: Tensor, indices: Tensor) -> Tensor:
    axis = a.get("axis", 0) % x.ndim
    picked = x.index_select(axis, indices.flatten() % x.shape[axis])
    return picked.reshape([*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]])


def _div(a: Attributes, x: Tensor, y: Tensor) -> Tensor:
    """Of whole numbers, such as sizes, the whole part."""
    return x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


def _depth_to_space(a: Attributes, x: Tensor) -> Tensor:
    n = a["blocksize"]
    if a.get("mode", b"DCR") == b"CRD":
        return F.pixel_shuffle(x, n)
    b, c, h, w = x.shape
    x = x.reshape(b, n, n, c // n**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(b, c // n**2, h * n, w * n)


def _shape(a: Attributes, x: Tensor) -> Tensor:
    return torch.tensor(list(x.shape)[a.get("start", 0) : a.get("end", x.ndim)])


OPERATORS: dict[str, Callable[..., Tensor]] = {
    "Abs": lambda a, x: x.abs(),
    "Add": lambda a, x, y: x + y,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda a, *xs: torch.cat(xs, a["axis"]),
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "DepthToSpace": _depth_to_space,
    "Div": _div,
    "Exp": lambda a, x: x.exp(),
    "Floor": lambda a, x: x.floor(),
    "Gather": _gather,
    "Less": lambda a, x, y: x < y,
    "Log": lambda a, x: x.log(),
    "Mul": lambda a, x, y: x * y,
    "Reshape": _reshape,
    "Round": lambda a, x: x.round(),
    "Shape": _shape,
    "Sigmoid": lambda a, x: x.sigmoid(),
    "Sign": lambda a, x: x.sign(),
    "Slice": _slice,
    "Sub": lambda a, x, y: x - y,
    "Transpose": lambda a, x: x.permute(a["perm"]),
    "Unsqueeze": _unsqueeze,
}
