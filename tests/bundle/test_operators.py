# SPDX-License-Identifier: Apache-2.0
"""The operators that a bundle may use: those that models need, and none that holds a graph or draws lots."""

import re
from pathlib import Path
from types import ModuleType

import onnx
import pytest
from onnx import AttributeProto, defs, helper

from mezzotint.bundle import default, onnx_check
from mezzotint.bundle.operators import LACKING, OPERATORS, allowed, numeric
from mezzotint.errors import DamagedModel

PORT = (onnx.TensorProto.FLOAT, [1, 2, "h", "w"])


def inspected(*nodes: onnx.NodeProto, opset: int = 18) -> None:
    values = [helper.make_tensor_value_info(name, *PORT) for name in ("x", "y")]
    graph = helper.make_graph(list(nodes), "g", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    onnx_check.inspect(model.SerializeToString(), "synthesis")


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_each_is_one_of_the_standard_and_holds_no_graph(name: str) -> None:
    kinds = {attribute.type for attribute in defs.get_schema(name).attributes.values()}
    assert not kinds & {defs.OpSchema.AttrType.GRAPH, defs.OpSchema.AttrType.GRAPHS}
    assert not name.startswith(("Random", "Sequence", "Optional", "String")) and name != "Dropout"
    inspected(helper.make_node(name, ["x"], ["y"]))


def test_the_models_use_these_alone(tiny: ModuleType) -> None:
    graphs = {**tiny.graphs(), "preview": tiny.preview()}
    graphs |= {blob.entry.name + "2": blob.data for blob in default().blobs if blob.entry.kind == "onnx"}
    used = {node.op_type for data in graphs.values() for node in onnx.load_from_string(data).graph.node}
    assert len(used) > 20 and used <= OPERATORS
    assert LACKING <= OPERATORS


def test_mixers_of_the_lab_use_these_alone() -> None:
    """What the mixers of the lab are traced to; a new operator of theirs is added to both."""
    traced = """
        Abs Add AveragePool Clip Concat Conv ConvTranspose CumSum Div Elu Erf Exp Expand Flatten Gather Gemm
        LayerNormalization LeakyRelu Log MatMul MaxPool Mul Neg Pad ReduceMax ReduceMean ReduceSum Relu Reshape Resize
        Sigmoid Slice Softmax Softplus Split Sqrt Squeeze Sub TopK Transpose Unsqueeze
    """
    assert set(traced.split()) <= OPERATORS


@pytest.mark.parametrize(
    ("name", "value", "may"),
    [
        ("group", 1, True),
        ("group", 0, False),
        ("blocksize", 8, True),
        ("blocksize", 2**32, False),
        ("pads", 0, True),
        ("pads", -1, True),
        ("to", 1, True),
        ("to", 8, False),
        ("axis", -4, True),
        ("axis", 2**31, False),
        ("keepdims", 2**31 - 1, True),
        ("keepdims", -(2**31), True),
    ],
)
def test_bounds(name: str, value: int, may: bool) -> None:
    assert allowed(name, value) is may
    node = helper.make_node("Conv", ["x"], ["y"], **{name: value})
    if may:
        inspected(node)
    else:
        with pytest.raises(DamagedModel, match=f"its attribute '{name}' is {value}"):
            inspected(node)


def test_types_are_those_of_plain_numbers() -> None:
    names = {"FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "BOOL", "FLOAT16", "DOUBLE", "UINT32",
             "UINT64", "BFLOAT16"}  # fmt: skip
    kinds = onnx.TensorProto.DataType.items()
    assert {name for name, number in kinds if numeric(number)} == names


def test_inputs_left_out_which_end_the_process() -> None:
    """onnxruntime 1.31 follows a null pointer for an empty name in these."""
    for name in ("Max", "Min", "Sum", "Mean", "LayerNormalization"):
        with pytest.raises(DamagedModel, match=f"leaves out an input of {name}"):
            inspected(helper.make_node(name, ["x", ""], ["y"]))
    inspected(helper.make_node("Clip", ["x", "", "x"], ["y"]))


def test_split_into_fewer_than_its_outputs() -> None:
    """onnxruntime 1.31 writes beyond a list that is as long as the graph says."""
    inspected(helper.make_node("Split", ["x"], ["y", "z"], num_outputs=2))
    with pytest.raises(DamagedModel, match="has 2 outputs and says otherwise"):
        inspected(helper.make_node("Split", ["x"], ["y", "z"], num_outputs=1))


def test_an_attribute_of_another_kind_hides_no_number() -> None:
    node = helper.make_node("Conv", ["x"], ["y"], group=1)
    node.attribute[0].type = AttributeProto.FLOAT
    node.attribute[0].i = 0
    with pytest.raises(DamagedModel, match="'group' is 0"):
        inspected(node)


def test_the_document_lists_the_same_operators() -> None:
    text = (Path(__file__).parents[2] / "docs" / "format.md").read_text("utf-8")
    section = text.partition("### 6.3 Graphs")[2].partition("Refused are:")[0]
    assert set(re.findall(r"`(\w+)`", section)) == OPERATORS
