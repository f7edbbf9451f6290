# SPDX-License-Identifier: Apache-2.0
"""A whole model of 8 latent and 4 hyper channels, made by hand: a few linear filters, no training, fast to run.

It has every trait that the codec relies on: 3x3 filters that look across tiles (analysis, synthesis) or stop
at the tile border (quantise, dequantise), vectors on both sides, a channel whose scale index is always 0, and
coarse tables that real pictures leave now and then, so that escapes occur. With a scale context it has three groups.
"""

from __future__ import annotations

from functools import lru_cache
from math import erf, sqrt

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mezzotint.bundle import Bundle, Card, assemble

M, CZ, ANCHORS, BANKS = 8, 4, 3, 2
CARD = Card("tiny", "A *tiny* model for tests.", M, (3, 5), CZ, 64, 2, ANCHORS, BANKS)
CONTEXT_CARD = Card("context", "The same with a scale context.", M, (3, 2, 3), CZ, 64, 2, ANCHORS, BANKS)
FLOAT, UINT8 = TensorProto.FLOAT, TensorProto.UINT8


def filters() -> NDArray[np.float32]:
    """Eight orthonormal 16x16 patterns: three colour means and five waves of brightness."""
    line = np.arange(16) + 0.5
    waves = [np.ones(16) / 4, *(np.cos(np.pi * k * line / 16) / sqrt(8) for k in (1, 2, 3))]
    patterns = np.zeros((M, 3, 16, 16), np.float32)
    for channel in range(3):
        patterns[channel, channel] = np.outer(waves[0], waves[0])
    for channel, (i, j) in enumerate([(0, 1), (1, 0), (1, 1), (0, 2), (3, 3)], 3):
        patterns[channel] = np.outer(waves[i], waves[j]) / sqrt(3)
    return patterns


def near_identity(seed: int, size: float = 0.01) -> NDArray[np.float32]:
    weight = np.random.default_rng(seed).normal(0, size, (M, M, 3, 3)).astype(np.float32)
    weight[np.arange(M), np.arange(M), 1, 1] += 1
    return weight


def graph(
    nodes: list[onnx.NodeProto],
    inputs: dict[str, tuple[int, list[int | str]]],
    output: tuple[str, int, list[int | str]],
    **constants: NDArray[np.generic],
) -> bytes:
    """Serialise a graph; used by the tests of refusal too."""
    return helper.make_model(
        helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
            [helper.make_tensor_value_info(*output)],
            [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    ).SerializeToString()


def latent(height: str = "h", width: str = "w") -> tuple[int, list[int | str]]:
    return FLOAT, [1, M, height, width]


def analysis() -> bytes:
    return graph(
        [
            helper.make_node("Cast", ["pixels"], ["x0"], to=FLOAT),
            helper.make_node("Sub", ["x0", "middle"], ["x1"]),
            helper.make_node("Transpose", ["x1"], ["x2"], perm=[0, 3, 1, 2]),
            helper.make_node("Conv", ["x2", "patterns"], ["x3"], strides=[16, 16]),
            helper.make_node("Mul", ["x3", "q_gain"], ["x4"]),
            helper.make_node("Conv", ["x4", "mix"], ["y"], pads=[1, 1, 1, 1]),
        ],
        {"pixels": (UINT8, [1, "H", "W", 3]), "q_gain": (FLOAT, [1, M, 1, 1])},
        ("y", *latent()),
        patterns=filters(),
        mix=near_identity(1),
        middle=np.float32(128),
    )


def hyper_analysis() -> bytes:
    weight = np.zeros((CZ, M, 4, 4), np.float32)
    weight[0, :3], weight[1, 3:], weight[2, 3], weight[3, 4] = 0.01, 0.02, 0.1, 0.1
    return graph(
        [
            helper.make_node("Abs", ["y"], ["a"]),
            helper.make_node("Conv", ["a", "weight"], ["z"], strides=[4, 4]),
        ],
        {"y": latent()},
        ("z", FLOAT, [1, CZ, "hz", "wz"]),
        weight=weight,
    )


def _mean() -> tuple[list[onnx.NodeProto], dict[str, NDArray[np.float32]]]:
    rng = np.random.default_rng(2)
    nodes = [
        helper.make_node("ConvTranspose", ["z_hat", "up"], ["m0"], strides=[4, 4]),
        helper.make_node("Conv", ["m0", "spread"], ["mean"], pads=[1, 1, 1, 1]),
    ]
    up = rng.normal(0, 0.02, (CZ, M, 4, 4)).astype(np.float32)
    return nodes, {"up": up, "spread": near_identity(3, 0.05)}


def quantise() -> bytes:
    mean, constants = _mean()
    return graph(
        [
            *mean,
            helper.make_node("Div", ["y", "q_step"], ["s0"]),
            helper.make_node("Sub", ["s0", "mean"], ["s1"]),
            helper.make_node("Round", ["s1"], ["s2"]),
            helper.make_node("Less", ["price", "never"], ["s3"]),
            helper.make_node("Cast", ["s3"], ["s4"], to=FLOAT),
            helper.make_node("Mul", ["s2", "s4"], ["symbols"]),
        ],
        {
            "y": latent(),
            "z_hat": (FLOAT, [1, CZ, "hz", "wz"]),
            "price": latent(),
            "q_step": (FLOAT, [1, M, 1, 1]),
        },
        ("symbols", *latent()),
        **constants,
        never=np.full(1, 1e8, np.float32),
    )


def dequantise() -> bytes:
    mean, constants = _mean()
    return graph(
        [
            *mean,
            helper.make_node("Add", ["symbols", "mean"], ["s0"]),
            helper.make_node("Mul", ["s0", "q_step"], ["y_hat"]),
        ],
        {"symbols": latent(), "z_hat": (FLOAT, [1, CZ, "hz", "wz"]), "q_step": (FLOAT, [1, M, 1, 1])},
        ("y_hat", *latent()),
        **constants,
    )


def synthesis() -> bytes:
    return graph(
        [
            helper.make_node("Conv", ["y_hat", "mix"], ["x0"], pads=[1, 1, 1, 1]),
            helper.make_node("ConvTranspose", ["x0", "patterns"], ["x1"], strides=[16, 16]),
            helper.make_node("Add", ["x1", "middle"], ["x2"]),
            helper.make_node("Clip", ["x2", "low", "high"], ["x3"]),
            helper.make_node("Round", ["x3"], ["x4"]),
            helper.make_node("Cast", ["x4"], ["x5"], to=UINT8),
            helper.make_node("Transpose", ["x5"], ["pixels"], perm=[0, 2, 3, 1]),
        ],
        {"y_hat": latent()},
        ("pixels", UINT8, [1, "H", "W", 3]),
        patterns=filters(),
        mix=near_identity(4),
        middle=np.float32(128),
        low=np.float32(0),
        high=np.float32(255),
    )


def preview() -> bytes:
    """The first three channels are the means of the planes: 2x2 pixels of that colour for each cell."""
    mean, constants = _mean()
    return graph(
        [
            *mean,
            *(
                helper.make_node("Slice", [name, "none", "first", "axis"], [f"{name}_first"])
                for name in ("mean", "q_step")
            ),
            helper.make_node("Add", ["symbols", "mean_first"], ["s0"]),
            helper.make_node("Mul", ["s0", "q_step_first"], ["s1"]),
            helper.make_node("ConvTranspose", ["s1", "paint"], ["x0"], strides=[2, 2]),
            helper.make_node("Add", ["x0", "middle"], ["x1"]),
            helper.make_node("Clip", ["x1", "low", "high"], ["x2"]),
            helper.make_node("Round", ["x2"], ["x3"]),
            helper.make_node("Cast", ["x3"], ["x4"], to=UINT8),
            helper.make_node("Transpose", ["x4"], ["pixels"], perm=[0, 2, 3, 1]),
        ],
        {
            "symbols": (FLOAT, [1, 3, "h", "w"]),
            "z_hat": (FLOAT, [1, CZ, "hz", "wz"]),
            "q_step": (FLOAT, [1, M, 1, 1]),
        },
        ("pixels", UINT8, [1, "H", "W", 3]),
        **constants,
        none=np.array([0], np.int64),
        first=np.array([3], np.int64),
        axis=np.array([1], np.int64),
        paint=np.repeat(np.eye(3, dtype=np.float32) / 16, 4, 1).reshape(3, 3, 2, 2),
        middle=np.float32(128),
        low=np.float32(0),
        high=np.float32(255),
    )


def frequencies(probabilities: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Integers that sum to 2^24, each at least 1."""
    counts = 1 + np.floor(probabilities / probabilities.sum() * (2**24 - probabilities.size)).astype(np.int64)
    counts[counts.argmax()] += 2**24 - counts.sum()
    return counts.astype(np.uint32)


def y_arrays() -> dict[str, NDArray[np.generic]]:
    tables, minima = [np.array([2**24], np.uint32)], [0]
    for sigma in np.geomspace(0.2, 64, 63):
        reach = max(1, int(2.5 * sigma))  # short on purpose: escapes must occur
        edges = (np.arange(-reach, reach + 2) - 0.5) / sigma / sqrt(2)
        law = np.diff([erf(edge) for edge in edges]) / 2
        tables.append(frequencies(np.append(law, max(1 - law.sum(), 1e-6))))
        minima.append(-reach)
    return {
        "y.frequencies": np.concatenate(tables),
        "y.lengths": np.array([table.size for table in tables], np.int32),
        "y.minima": np.array(minima, np.int32),
    }


def arrays() -> dict[str, NDArray[np.generic]]:
    rng = np.random.default_rng(5)
    weight = rng.integers(-2, 3, (16 * M, CZ)).astype(np.int8)
    weight[:, 1] += 6
    bias = np.full((M, 16), 16 * 30, np.int32)
    bias[7] = -16 * 2000  # channel 7 is never coded
    law = np.exp(-np.abs(np.arange(-127, 128)) / 20.0)
    anchors = np.linspace(0, 1, ANCHORS, dtype=np.float32)[:, None]
    return {
        "scale.weight": weight,
        "scale.bias": bias.reshape(-1),
        "scale.offset": np.repeat(np.array([[-4000], [-1000], [2000]], np.int32), M, 1),
        "z.frequencies": np.tile(frequencies(law), (BANKS, CZ, 1)),
        "vector.step": np.repeat(7 - 6 * anchors, M, 1),
        "vector.gain": np.repeat(0.01 * anchors, M, 1),
        **y_arrays(),
    }


def context_arrays() -> dict[str, NDArray[np.generic]]:
    """Large symbols make tables of channel 3 certain, and later channels depend on it; the others go both ways."""
    inner = np.full((2, 3, 2, 5), 99, np.int8)  # what stays 99 is never read
    inner[0, :, :, :3] = [
        [[65, 65, 65], [65, 65, 65]],
        [[7, 30, -25], [12, 12, -3]],
        [[9, -14, 21], [-30, 5, 8]],
    ]
    inner[1] = [
        [[20, -11, 6, 44, -8], [-30, 9, 17, 35, -6]],
        [[40, -20, 9, 31, -8], [3, 50, -41, 12, 5]],
        [[-60, 30, 30, -1, 2], [10, 10, 90, -33, 4]],
    ]
    outer = np.array([[-127, 2, 0], [-4, 120, 31], [120, 6, -9], [-12, 127, 5], [8, -4, 127]], np.int8)
    return {"scale.inner": inner, "scale.outer": outer}


def graphs() -> dict[str, bytes]:
    return {
        "analysis": analysis(),
        "hyper_analysis": hyper_analysis(),
        "quantise": quantise(),
        "dequantise": dequantise(),
        "synthesis": synthesis(),
    }


@lru_cache(maxsize=2)
def bundle(context: bool = False) -> Bundle:
    if context:
        return assemble(CONTEXT_CARD, graphs(), arrays() | context_arrays())
    return assemble(CARD, graphs(), arrays())
