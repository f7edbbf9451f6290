# SPDX-License-Identifier: Apache-2.0
"""Multiply-accumulates of whole graphs: by hand, against torch, and against what the runtime really does."""

from __future__ import annotations

import sys
from math import prod

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper
from torch.utils.flop_counter import FlopCounterMode

from mezzotint.bundle import default
from mezzotint.bundle.schema import DECODER, ENCODER
from mezzotint.errors import DamagedModel, MissingExtra
from mezzotint.evaluate.speed.macs import SCALE_MAP, costs, count, total
from mezzotint.lab import recipes
from mezzotint.lab.export.graphs import freeze
from mezzotint.lab.models.codec import Codec

FLOAT = TensorProto.FLOAT


@pytest.fixture(scope="module")
def shipped():
    return costs(default())


def weights(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def test_a_small_graph_by_hand(tiny):
    """A convolution of stride 2, one of two groups, a transposed one and two products, on 12 x 20 pixels."""
    graph = tiny.graph(
        [
            helper.make_node("Conv", ["x", "w1"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),  # (8, 6, 10)
            helper.make_node("Conv", ["a", "w2"], ["b"], group=2),  # (4, 6, 10)
            helper.make_node("Relu", ["b"], ["c"]),
            helper.make_node("ConvTranspose", ["c", "w3"], ["d"], strides=[2, 2]),  # (5, 12, 20)
            helper.make_node("Transpose", ["d"], ["e"], perm=[0, 2, 3, 1]),  # (12, 20, 5)
            helper.make_node("MatMul", ["w4", "w5"], ["w6"]),  # constant: (5, 7)
            helper.make_node("MatMul", ["w6", "w8"], ["w9"]),  # constant as well
            helper.make_node("MatMul", ["e", "w9"], ["f"]),  # (12, 20, 7)
            helper.make_node("Einsum", ["f", "w7"], ["y"], equation="bhwc,cd->bhwd"),  # (12, 20, 2)
        ],
        {"x": (FLOAT, [1, 3, "h", "w"])},
        ("y", FLOAT, [1, "h", "w", 2]),
        w1=weights(8, 3, 3, 3),
        w2=weights(4, 4, 1, 1),
        w3=weights(4, 5, 2, 2),
        w4=weights(5, 100),
        w5=weights(100, 7),
        w7=weights(7, 2),
        w8=weights(7, 7),
    )
    by_hand = 60 * 8 * 27 + 60 * 4 * 4 + 60 * 4 * 5 * 4 + 240 * 5 * 7 + 240 * 7 * 2
    assert count(graph, {"x": (1, 3, 12, 20)}) == (by_hand, ())


def test_what_cannot_be_counted_is_named(tiny):
    graph = tiny.graph(
        [
            helper.make_node("Conv", ["x", "w"], ["a"]),
            helper.make_node("Resize", ["a", "", "scales"], ["b"]),
            helper.make_node("LpNormalization", ["b"], ["c"], axis=1),
            helper.make_node("LpNormalization", ["c"], ["y"], axis=1),
        ],
        {"x": (FLOAT, [1, 3, "h", "w"])},
        ("y", FLOAT, [1, 4, "H", "W"]),
        w=weights(4, 3, 1, 1),
        scales=np.array([1, 1, 2, 2], np.float32),
    )
    assert count(graph, {"x": (1, 3, 5, 5)}) == (25 * 12, ("LpNormalization x2", "Resize x1"))


def test_shapes_that_do_not_fit_or_do_not_follow(tiny):
    product = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = tiny.graph([product], {"x": (FLOAT, ["n", "k"])}, ("y", FLOAT, ["n", 3]), w=weights(7, 3))
    assert count(graph, {"x": (5, 7)}) == (105, ())
    with pytest.raises(DamagedModel, match="contradict"):
        count(graph, {"x": (5, 8)})
    with pytest.raises(DamagedModel, match="shape of 'x'"):
        count(graph, {})


def test_without_onnx_the_extra_is_named(bundle, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mezzotint\[eval\]'"):
        costs(bundle)


def test_the_hand_made_model(bundle):
    """Patterns of 16x16x3 for 8 channels, filters of 3x3 over 8 channels; 256 pixels for each cell of y."""
    per_cell = {cost.graph: cost.per_pixel * 256 for cost in costs(bundle)}
    mean = 8 * 4 * 16 / 16 + 8 * 8 * 9  # up from z, 16 cells of y for each of z; then a filter
    assert per_cell == pytest.approx(
        {
            "analysis": 8 * 768 + 8 * 8 * 9,
            "hyper_analysis": 4 * 8 * 16 / 16,
            "quantise": mean,
            "dequantise": mean,
            "synthesis": 8 * 8 * 9 + 8 * 768,
            SCALE_MAP: 16 * 8 * 4 / 16,
        }
    )


def test_nothing_of_the_shipped_model_is_left_out(shipped):
    assert [cost.unknown for cost in shipped] == [()] * 6
    assert [cost.fixed for cost in shipped] == [0.0] * 6  # no part of it looks at the whole picture
    encoder = {"analysis", "hyper_analysis", "quantise", SCALE_MAP}
    assert {cost.graph for cost in shipped if ENCODER in cost.sides} == encoder
    assert {cost.graph for cost in shipped if DECODER in cost.sides} == {"dequantise", "synthesis", SCALE_MAP}


@pytest.mark.slow
def test_the_shipped_model_against_torch(shipped):
    """The recipe's model in torch, whose own counter sees every product that it makes."""
    card = default().card
    config = recipes.find(card.name.removeprefix("mezzotint-")).config
    assert config.groups == card.latent_groups
    model = freeze(Codec(config, torch.zeros(config.channels, 768), torch.ones(config.channels)))
    size, quality = 64, torch.zeros(1)
    y = torch.zeros(1, config.channels, size // 16, size // 16)
    z = torch.zeros(1, config.hyper_channels, size // 64, size // 64)

    def products(*calls) -> float:
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            for call in calls:
                call()
        return counter.get_total_flops() / 2 / size**2

    def means():
        features = model.hyper_synthesis(z, quality)
        model.steps(features, quality)
        model.context(features, lambda k, mean: mean)

    x = torch.zeros(1, 3, size, size)
    scales = 16 * config.channels * config.hyper_channels / 4096  # one layer from every z to 16 cells of y
    scales += products(lambda: model.scale_context(y))
    encoder = products(lambda: model.analysis(x, quality), lambda: model.hyper_analysis(y), means)
    assert total(shipped, ENCODER) == pytest.approx(encoder + scales)
    decoder = products(means, lambda: model.synthesis(y, quality))
    assert total(shipped, DECODER) == pytest.approx(decoder + scales)


def test_the_shipped_model_against_the_runtime(shipped):
    """Every convolution's output is asked of onnxruntime: its real size, times the products of one element."""
    bundle, size = default(), 128
    pixels = np.zeros((1, size, size, 3), np.uint8)
    found = sum(executed(bundle, "analysis", {"pixels": pixels})) / size**2
    assert found == pytest.approx(next(cost.per_pixel for cost in shipped if cost.graph == "analysis"))


def executed(bundle, name, feeds):
    model = onnx.load_from_string(bundle.graph(name))
    filters = {tensor.name.removesuffix(".half"): tuple(tensor.dims) for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "Conv"]
    model.graph.output.extend(onnx.ValueInfoProto(name=node.output[0]) for node in nodes)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for port in session.get_inputs():
        feeds.setdefault(port.name, np.ones([1 if isinstance(n, str) else n for n in port.shape], np.float32))
    outputs = session.run([node.output[0] for node in nodes], feeds)
    return [
        output.size * prod(filters[node.input[1]][1:]) for output, node in zip(outputs, nodes, strict=True)
    ]
