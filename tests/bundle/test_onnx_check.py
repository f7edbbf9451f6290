# SPDX-License-Identifier: Apache-2.0
"""What a graph in a bundle must not hold; files made with the onnx package, read without it."""

import subprocess
import sys
from contextlib import suppress
from types import ModuleType

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mezzotint.bundle import onnx_check
from mezzotint.errors import DamagedModel

PORT = (TensorProto.FLOAT, [1, 2, "h", "w"])


def model(*nodes: onnx.NodeProto, constants: tuple[onnx.TensorProto, ...] = ()) -> onnx.ModelProto:
    values = [helper.make_tensor_value_info(name, *PORT) for name in ("x", "y")]
    graph = helper.make_graph(list(nodes), "g", values[:1], values[1:], list(constants))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def refused(proto: onnx.ModelProto) -> str:
    with pytest.raises(DamagedModel) as caught:
        onnx_check.inspect(proto.SerializeToString(), "synthesis")
    assert "'synthesis'" in str(caught.value)
    return str(caught.value)


def branch() -> onnx.GraphProto:
    return helper.make_graph([], "b", [], [helper.make_tensor_value_info("z", *PORT)])


def external() -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.zeros((2, 2), np.float32), "c")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    return tensor


def test_ports_agree_with_the_onnx_package(tiny: ModuleType) -> None:
    for name, data in tiny.graphs().items():
        graph = onnx.load_from_string(data).graph
        found = onnx_check.inspect(data, name)
        for ports, values in ((found.inputs, graph.input), (found.outputs, graph.output)):
            for port, value in zip(ports, values, strict=True):
                tensor = value.type.tensor_type
                dims = tuple(d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim)
                assert (port.name, port.element, port.dims) == (value.name, tensor.elem_type, dims)


def test_constants_listed_as_inputs_are_not_inputs() -> None:
    proto = model(
        helper.make_node("Add", ["x", "c"], ["y"]),
        constants=(numpy_helper.from_array(np.float32(1), "c"),),
    )
    proto.graph.input.append(helper.make_tensor_value_info("c", TensorProto.FLOAT, []))
    assert [port.name for port in onnx_check.inspect(proto.SerializeToString(), "g").inputs] == ["x"]


def test_external_data() -> None:
    assert "outside" in refused(model(constants=(external(),)))
    only_named = numpy_helper.from_array(np.zeros(2, np.float32), "c")
    only_named.external_data.add().key = "location"
    assert "outside" in refused(model(constants=(only_named,)))
    assert "outside" in refused(model(helper.make_node("Constant", [], ["y"], value=external())))


def test_foreign_domains() -> None:
    assert "com.microsoft" in refused(model(helper.make_node("Gelu", ["x"], ["y"], domain="com.microsoft")))
    proto = model(helper.make_node("Relu", ["x"], ["y"]))
    proto.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    assert "ai.onnx.ml" in refused(proto)
    same = model(helper.make_node("Relu", ["x"], ["y"], domain="ai.onnx"))
    onnx_check.inspect(same.SerializeToString(), "synthesis")


def test_control_flow_and_chance() -> None:
    node = helper.make_node("If", ["x"], ["y"], then_branch=branch(), else_branch=branch())
    refused(model(node))
    disguised = helper.make_node("Relu", ["x"], ["y"])
    disguised.attribute.append(helper.make_attribute("body", branch()))
    assert "control flow" in refused(model(disguised))
    assert "RandomNormalLike" in refused(model(helper.make_node("RandomNormalLike", ["x"], ["y"])))


def test_functions_sparse_tensors_and_training() -> None:
    proto = model(helper.make_node("Relu", ["x"], ["y"]))
    function = proto.functions.add()
    function.name = "Relu"
    assert "functions" in refused(proto)
    proto = model()
    proto.graph.sparse_initializer.add()
    refused(proto)
    proto = model()
    proto.training_info.add()
    refused(proto)


def test_ports_must_be_tensors_of_known_rank() -> None:
    proto = model()
    proto.graph.input[0].type.tensor_type.ClearField("shape")
    refused(proto)
    proto = model()
    proto.graph.input[0].CopyFrom(helper.make_tensor_sequence_value_info("x", *PORT))
    refused(proto)
    proto = model()
    proto.graph.input.append(proto.graph.input[0])
    refused(proto)


def test_merged_messages_hide_nothing() -> None:
    clean = model(helper.make_node("Relu", ["x"], ["y"])).SerializeToString()
    with pytest.raises(DamagedModel, match="2 graphs"):
        onnx_check.inspect(clean + clean, "g")
    with pytest.raises(DamagedModel, match="0 graphs"):
        onnx_check.inspect(b"", "g")


def test_damage_gives_one_kind_of_error(tiny: ModuleType) -> None:
    data = tiny.quantise()
    rng = np.random.default_rng(0)
    for _ in range(400):
        changed = bytearray(data[: rng.integers(1, len(data))] if rng.random() < 0.5 else data)
        changed[rng.integers(0, min(len(changed), 900))] ^= 1 << rng.integers(0, 8)
        with suppress(DamagedModel):
            onnx_check.inspect(bytes(changed), "quantise")


@pytest.mark.parametrize(
    "data", [b"\x3a\xff\xff\xff\xff\x0f", b"\x80" * 20, b"\x3b", b"\x38\x01", b"\x3a\x02\x08\x01"]
)
def test_bad_wire_format(data: bytes) -> None:
    with pytest.raises(DamagedModel):
        onnx_check.inspect(data, "g")


def test_bundles_need_no_onnx_package() -> None:
    code = "import sys, mezzotint.bundle; sys.exit(bool({'onnx', 'torch', 'onnxruntime', 'PIL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
