# SPDX-License-Identifier: Apache-2.0
"""The five ONNX graphs of a bundle, traced from a model; docs/format.md, section 6, names inputs and outputs.

Weights are rounded to fp16 in the model itself before tracing and stored as fp16 behind a cast: half the bytes,
and torch, after the same rounding, computes with the very numbers that the runtime has.
"""

from __future__ import annotations

import copy
import io
import math
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from mezzotint.lab.layers.phases import merge_phases, split_phases
from mezzotint.lab.layers.quality import QUALITY_MAX, QualityVector
from mezzotint.lab.layers.resample import HaarDown, HaarUp
from mezzotint.lab.models.block import Block
from mezzotint.lab.models.codec import Codec, lambda_of
from mezzotint.lab.models.context import MaskedPointwise

OPSET = 17
# Of the margin that the theory gives, by group of y; further groups keep the last. The best on held-out photos.
RESTRAINT = (0.35, 0.5, 0.75)
UNRESTRAINED = 1e-4  # of a plane's mean: rounding it toward zero shifts colours and saves nothing
VECTORS = {
    "analysis": ("enc_fine", "enc_coarse"),
    "hyper_analysis": ("step",),
    "quantise": ("step", "ctx_hyper", "worth"),
    "dequantise": ("step", "ctx_hyper"),
    "synthesis": ("dec_coarse", "dec_fine"),
}


def freeze(model: Codec) -> Codec:
    """A copy with folded weights and everything rounded to fp16; what is exported, and what torch is compared by."""
    frozen = copy.deepcopy(model).eval().cpu().float()
    for name, p in frozen.named_parameters():
        if not name.startswith(("factorized", "scale_map", "scale_context")):
            p.data = p.data.half().float()
    frozen.worth = worth(frozen)
    for module in frozen.modules():
        if isinstance(module, Block):
            module.split = True
        if isinstance(module, HaarDown | HaarUp | MaskedPointwise):
            module.folded = module.effective().detach().half().float()
    return frozen


def worth(model: Codec) -> QualityVector:
    """Bits that one squared unit of error in y is worth, per channel: lambda 255^2 / 3 planes, over a restraint.

    That takes the transform as orthonormal and a symbol's neighbours as untouched; neither quite holds, and the
    synthesis was trained on plain rounding, so only a share of the margin is used.
    """
    anchors = model.config.anchors
    lam = lambda_of(torch.linspace(0, QUALITY_MAX, anchors))[:, None]
    found = QualityVector(model.config.channels, anchors)
    found.log2.data = torch.log2(lam * 255**2 / 3 / restraint(model))
    return found


def restraint(model: Codec) -> Tensor:
    """(M,): the share of the margin for each channel."""
    groups = torch.tensor(model.config.groups)
    shares = torch.tensor([RESTRAINT[min(g, len(RESTRAINT) - 1)] for g in range(len(groups))])
    rows = model.analysis.shortcut.weight.detach().unflatten(1, (3, -1))  # (M, planes, samples)
    mean = (
        rows.mean(2).square().sum(1) * rows.shape[2] / rows.square().sum((1, 2))
    )  # of a row's energy, that of means
    return torch.where(mean > 0.5, UNRESTRAINED, shares.repeat_interleave(groups))


def vectors(model: nn.Module) -> dict[str, QualityVector]:
    """Quality vectors by the name that graph inputs and bundle arrays carry."""
    return {name.split(".")[-1]: m for name, m in model.named_modules() if isinstance(m, QualityVector)}


Body = Callable[..., Tensor]  # (model, inputs ...) -> the output; reads the vectors of the model


@dataclass(frozen=True)
class Signature:
    """Of a graph: example inputs by name, the output, and which axes of them are free, by the names of their sizes."""

    inputs: dict[str, Tensor]
    axes: dict[int, str]  # of every input
    output: str
    output_axes: dict[int, str]


class _Graph(nn.Module):
    """One graph: its inputs come first, the interpolated vectors after them."""

    def __init__(self, model: nn.Module, body: Body, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.body, self.names = model, body, names

    def forward(self, *inputs: Tensor) -> Tensor:
        names = self.names
        data, scales = inputs[: len(inputs) - len(names)], inputs[len(inputs) - len(names) :]
        table = vectors(self.model)
        for name, scale in zip(names, scales, strict=True):
            table[name].fixed = scale
        try:
            return self.body(self.model, *data)
        finally:
            for name in names:
                table[name].fixed = None


def _analysis(model: Codec, pixels: Tensor) -> Tensor:
    return model.analysis(pixels.permute(0, 3, 1, 2).float() * (1 / 255) - 0.5, _UNUSED)


def _hyper_analysis(model: Codec, y: Tensor) -> Tensor:
    return model.hyper_analysis(y / model.step(_UNUSED))


def _quantise(model: Codec, y: Tensor, z_hat: Tensor, price: Tensor) -> Tensor:
    phases, prices, symbols = split_phases(y), split_phases(price), list[Tensor]()
    features = model.hyper_synthesis(z_hat, _UNUSED)
    steps = model.steps(features, _UNUSED)

    def round_to(k: int, mean: Tensor) -> Tensor:
        margin = prices[k] / (2 * vectors(model)["worth"](_UNUSED) * steps[k].square())
        symbols.append(restrained_round((phases[k] - mean) / steps[k], margin))
        return mean + symbols[-1] * steps[k]

    model.context(features, round_to)
    return merge_phases(symbols)


def restrained_round(residual: Tensor, margin: Tensor) -> Tensor:
    """Rounding toward zero where a smaller symbol saves more bits than its error costs (Sullivan and Wiegand 1998).

    A residual of r steps should become 1 rather than 0 when price < worth step^2 (r^2 - (r - 1)^2), so from 1/2 +
    margin on, margin = price / (2 worth step^2); larger symbols are held to the same margin.
    """
    return torch.sign(residual) * torch.floor(residual.abs() + 0.5 - margin).clamp_min(0)


def _dequantise(model: Codec, symbols: Tensor, z_hat: Tensor) -> Tensor:
    phases, features = split_phases(symbols), model.hyper_synthesis(z_hat, _UNUSED)
    steps = model.steps(features, _UNUSED)
    return model.context(features, lambda k, mean: mean + phases[k] * steps[k])


def synthesis(model: Codec, y_hat: Tensor) -> Tensor:
    """`Synthesis.forward`, then bytes. Channels go last as the convolutions end, and pixels find their place by moves
    of whole runs of ROW samples, which onnxruntime copies; one by one they took a sixth of the synthesis.
    """
    s = model.synthesis
    features = s.features(y_hat, _UNUSED)
    network = F.conv2d(features, cell_order(s.head.weight), cell_order(s.head.bias)).permute(0, 2, 3, 1)
    b, height, width, _ = network.shape
    linear = F.conv2d(y_hat, cell_order(s.shortcut.weight)[:, :, None, None]).permute(0, 2, 3, 1)
    cells = linear.reshape(b, height // 2, width // 2, 2, 8, 2, ROW).permute(0, 1, 3, 2, 5, 4, 6)
    samples = (network + cells.reshape(network.shape)) * 255 + 128  # of x + 1/2 in 0..1, to be rounded
    runs = samples.clamp(0, 255).to(torch.uint8).view(b, height, width, 8, ROW).transpose(2, 3)
    return runs.reshape(b, 8 * height, 8 * width, 3)


def cell_order(weight: Tensor) -> Tensor:
    """Rows for the samples (plane, row, column) of a block -> (row, column, plane), as they lie in a picture."""
    side = math.isqrt(len(weight) // 3)
    return weight.view(3, side, side, -1).permute(1, 2, 0, 3).reshape(weight.shape)


ROW = 3 * 8  # samples of a row of a cell
_UNUSED = torch.zeros(1)  # quality: the vectors come as inputs
_BODY: dict[str, Body] = {
    "analysis": _analysis,
    "hyper_analysis": _hyper_analysis,
    "quantise": _quantise,
    "dequantise": _dequantise,
    "synthesis": synthesis,
}


def _signature(model: Codec, name: str) -> Signature:
    m, cz, h = model.config.channels, model.config.hyper_channels, 8
    y, z = torch.zeros(1, m, h, h), torch.zeros(1, cz, h // 4, h // 4)
    inputs, output = {
        "analysis": ({"pixels": torch.zeros(1, 16 * h, 16 * h, 3, dtype=torch.uint8)}, "y"),
        "hyper_analysis": ({"y": y}, "z"),
        "quantise": ({"y": y, "z_hat": z, "price": torch.ones_like(y)}, "symbols"),
        "dequantise": ({"symbols": y, "z_hat": z}, "y_hat"),
        "synthesis": ({"y_hat": y}, "pixels"),
    }[name]
    first, last = (1 if graph == name else 2 for graph in ("analysis", "synthesis"))  # where pixels are
    return Signature(
        inputs,
        {first: "height", first + 1: "width"},
        output,
        {last: "out_height", last + 1: "out_width"},
    )


def trace(frozen: Codec, name: str) -> bytes:
    """One graph of a frozen model as ONNX bytes with fp16 weights."""
    return to_onnx(frozen, _BODY[name], VECTORS[name], _signature(frozen, name))


def to_onnx(model: nn.Module, body: Body, names: tuple[str, ...], signature: Signature) -> bytes:
    """ONNX bytes of `body` over a model whose vectors of these names become inputs; weights in fp16 where exact."""
    scales = {f"q_{v}": torch.ones(1, vectors(model)[v].log2.shape[1], 1, 1) for v in names}
    dynamic = {k: dict(signature.axes) for k in signature.inputs} | {
        signature.output: dict(signature.output_axes)
    }
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter(
            "ignore"
        )  # the TorchScript exporter is deprecated, and the only one without onnxscript
        torch.onnx.export(
            _Graph(model, body, names),
            (*signature.inputs.values(), *scales.values()),
            buffer,
            input_names=[*signature.inputs, *scales],
            output_names=[signature.output],
            dynamic_axes=dynamic,
            opset_version=OPSET,
            dynamo=False,
        )
    return halve(simplify(buffer.getvalue())).SerializeToString(deterministic=True)


def simplify(model: bytes) -> onnx.ModelProto:
    """Constants folded and shapes worked out once, here, instead of at every start of the codec."""
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC  # standard ops only
        options.optimized_model_filepath = str(Path(folder) / "graph.onnx")
        options.log_severity_level = 3
        ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        simple = onnx.load(options.optimized_model_filepath)
    versions = [
        o.version for o in simple.opset_import if o.domain == ""
    ]  # onnxruntime lists all that it knows
    del simple.opset_import[:]
    simple.opset_import.extend(helper.make_opsetid("", v) for v in versions)
    return simple


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store float32 weights as fp16 behind a Cast, which the runtime folds away when it loads the graph."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < 64:
            continue
        name, value = tensor.name, numpy_helper.to_array(tensor)
        half = value.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), value):
            continue  # a buffer that fp16 does not hold exactly stays as it is
        tensor.CopyFrom(numpy_helper.from_array(half, name + ".half"))
        casts.append(helper.make_node("Cast", [name + ".half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    model.producer_name, model.producer_version, model.doc_string = "mezzotint", "", ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    return model
