# SPDX-License-Identifier: Apache-2.0
"""Multiply-accumulates of single operators, each worked out by hand and checked against loops where that is short."""

from __future__ import annotations

import pytest

from mezzotint.evaluate.speed.operators import COUNTED, FREE, Operation, macs


def count(operator, inputs, output, **attributes):
    return macs(Operation(operator, tuple(inputs), (output,), attributes))


@pytest.mark.parametrize(
    ("operator", "inputs", "output", "attributes", "products"),
    [
        # 5 x 7 outputs of 8 channels, each the sum over 3 channels of 3 x 3
        ("Conv", [(1, 3, 5, 7), (8, 3, 3, 3), (8,)], (1, 8, 5, 7), {}, 5 * 7 * 8 * 27),
        # two groups: each filter sees half of the channels
        ("Conv", [(1, 4, 5, 7), (8, 2, 1, 1)], (1, 8, 5, 7), {"group": 2}, 5 * 7 * 8 * 2),
        # depthwise, stride 2
        ("Conv", [(1, 6, 8, 8), (6, 1, 3, 3)], (1, 6, 4, 4), {"group": 6, "strides": [2, 2]}, 16 * 6 * 9),
        ("ConvInteger", [(2, 3, 5, 7), (8, 3, 1, 1)], (2, 8, 5, 7), {}, 2 * 5 * 7 * 8 * 3),
        ("QLinearConv", [(1, 3, 4, 4), (), (), (8, 3, 1, 1)], (1, 8, 4, 4), {}, 16 * 8 * 3),
        # each of 4 x 4 inputs of 6 channels goes into 8 channels of 2 x 2
        ("ConvTranspose", [(1, 6, 4, 4), (6, 8, 2, 2)], (1, 8, 8, 8), {}, 16 * 6 * 8 * 4),
        ("ConvTranspose", [(1, 6, 4, 4), (6, 4, 2, 2)], (1, 8, 8, 8), {"group": 2}, 16 * 6 * 4 * 4),
        ("MatMul", [(5, 7), (7, 3)], (5, 3), {}, 5 * 7 * 3),
        ("MatMul", [(2, 4, 5, 7), (2, 4, 7, 3)], (2, 4, 5, 3), {}, 8 * 5 * 7 * 3),
        ("MatMulInteger", [(5, 7), (7, 3)], (5, 3), {}, 5 * 7 * 3),
        ("QLinearMatMul", [(5, 7), (), (), (7, 3), (), (), (), ()], (5, 3), {}, 5 * 7 * 3),
        ("Gemm", [(5, 7), (7, 3), (3,)], (5, 3), {}, 5 * 7 * 3),
        ("Gemm", [(7, 5), (3, 7)], (5, 3), {"transA": 1, "transB": 1}, 5 * 7 * 3),
        ("Einsum", [(2, 5, 7), (2, 7, 3)], (2, 5, 3), {"equation": b"bij, bjk -> bik"}, 2 * 5 * 7 * 3),
        ("Einsum", [(5, 7), (7, 5)], (), {"equation": "ij,ji"}, 35),
        ("Einsum", [(5, 7)], (7, 5), {"equation": b"ij->ji"}, 0),
    ],
)
def test_by_hand(operator, inputs, output, attributes, products):
    assert count(operator, inputs, output, **attributes) == products


@pytest.mark.parametrize(
    "equation", ["...ij,jk->...ik", "ij,jk,kl->il"], ids=["any leading axes", "an order that is not said"]
)
def test_an_einsum_of_another_form_is_not_known(equation):
    assert count("Einsum", [(5, 7)] * equation.split("->")[0].count(","), (5, 3), equation=equation) is None


def test_an_operator_that_multiplies_unseen_is_not_known():
    for operator in ("LSTM", "DeformConv", "STFT", "LayerNormalization", "Attention"):
        assert count(operator, [(1, 3, 5)], (1, 3, 5)) is None
        assert operator not in FREE
    assert not FREE & COUNTED.keys()
