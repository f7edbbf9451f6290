# SPDX-License-Identifier: Apache-2.0
"""The optional graph of a bundle: it does not enter the model id, and the laws hold for it as for the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np
import onnx
import pytest
from onnx import helper

from mezzotint.bundle import Blob, Bundle, assemble, default, dump, load, with_preview
from mezzotint.bundle.laws import check
from mezzotint.errors import DamagedModel


@pytest.fixture
def complete(bundle: Bundle, tiny: ModuleType) -> Bundle:
    return with_preview(bundle, tiny.preview())


def test_a_bundle_may_lack_it(bundle: Bundle) -> None:
    assert bundle.preview is None
    assert not bundle.has("preview")
    assert load(dump(bundle)).preview is None


def test_it_changes_neither_the_id_nor_another_blob(
    bundle: Bundle, complete: Bundle, tiny: ModuleType
) -> None:
    assert complete.preview == complete.graph("preview") == tiny.preview()
    assert complete.model_id == bundle.model_id
    assert complete.card == bundle.card
    others = tuple(blob for blob in complete.blobs if blob.entry.name != "preview")
    assert others == bundle.blobs
    (entry,) = {blob.entry for blob in complete.blobs} - {blob.entry for blob in bundle.blobs}
    assert (entry.kind, entry.side, entry.dtype, entry.shape) == ("onnx", "optional", "", ())


def test_there_and_back(complete: Bundle) -> None:
    again = load(dump(complete))
    assert again.blobs == complete.blobs
    assert again.model_id == complete.model_id


def test_assembled_with_the_others_it_is_the_same(bundle: Bundle, complete: Bundle, tiny: ModuleType) -> None:
    made = assemble(bundle.card, tiny.graphs() | {"preview": tiny.preview()}, tiny.arrays())
    assert dump(made) == dump(complete)


def test_a_newer_one_takes_the_place_of_the_old(complete: Bundle, tiny: ModuleType) -> None:
    other = tiny.preview().replace(b"s0", b"s9")
    newer = with_preview(complete, other)
    assert newer.preview == other
    assert len(newer.blobs) == len(complete.blobs)


@pytest.mark.parametrize("side", ["encoder", "decoder", "Optional", ""])
def test_its_side_is_no_free_choice(complete: Bundle, side: str) -> None:
    blobs = tuple(
        replace(blob, entry=replace(blob.entry, side=side)) if blob.entry.name == "preview" else blob
        for blob in complete.blobs
    )
    with pytest.raises(DamagedModel, match="'preview' is declared wrongly"):
        check(Bundle(complete.card, blobs))


@pytest.mark.parametrize("name", ["synthesis", "analysis", "scale.bias", "vector.step", "vector.gain"])
def test_nothing_else_may_call_itself_optional(complete: Bundle, name: str) -> None:
    def loose(blob: Blob) -> Blob:
        return replace(blob, entry=replace(blob.entry, side="optional")) if blob.entry.name == name else blob

    with pytest.raises(DamagedModel, match=f"'{name}' is declared wrongly"):
        check(Bundle(complete.card, tuple(map(loose, complete.blobs))))


def dims(number: int, axis: int, size: int) -> Callable[[onnx.ModelProto], None]:
    """Another size of an axis of an input; -1 is the output."""

    def change(proto: onnx.ModelProto) -> None:
        port = proto.graph.output[0] if number < 0 else proto.graph.input[number]
        port.type.tensor_type.shape.dim[axis].dim_value = size

    return change


def renamed(old: str, new: str) -> Callable[[onnx.ModelProto], None]:
    def change(proto: onnx.ModelProto) -> None:
        (port,) = (port for port in proto.graph.input if port.name == old)
        port.name = new

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (dims(0, 1, 8), "reads 'symbols' in another shape"),  # all channels instead of the first group
        (dims(1, 1, 3), "reads 'z_hat' in another shape"),
        (dims(2, 1, 3), "reads 'q_step' in another shape"),
        (dims(-1, 3, 4), "no pixels of three planes"),
        (renamed("symbols", "y_hat"), "the wrong inputs or outputs"),
        (renamed("z_hat", "z"), "the wrong inputs or outputs"),
        (renamed("q_step", "q_none"), "reads 'q_none', which the bundle lacks"),
        (
            renamed("q_step", "q_gain"),
            "'vector.gain' is read by an optional graph and by none of the decoder",
        ),
        (lambda proto: proto.graph.input[0].type.tensor_type.shape.dim.pop(), "without four axes"),
        (lambda proto: proto.graph.node.append(helper.make_node("Loop", [], [])), "the operator .Loop."),
        (lambda proto: proto.graph.node.append(helper.make_node("Gelu", [], [], domain="x")), "domain 'x'"),
    ],
)
def test_a_wrong_one_is_refused(
    bundle: Bundle, tiny: ModuleType, change: Callable[[onnx.ModelProto], None], says: str
) -> None:
    proto = onnx.load_from_string(tiny.preview())
    change(proto)
    with pytest.raises(DamagedModel, match=says):
        with_preview(bundle, proto.SerializeToString())


def test_another_graph_is_no_preview(bundle: Bundle, tiny: ModuleType) -> None:
    for graph in (tiny.synthesis(), tiny.dequantise(), b"", b"no graph"):
        with pytest.raises(DamagedModel, match="'preview'"):
            with_preview(bundle, graph)


def test_a_vector_for_its_sake_is_refused(bundle: Bundle, tiny: ModuleType) -> None:
    proto = onnx.load_from_string(tiny.preview())
    renamed("q_step", "q_own")(proto)
    graphs = tiny.graphs() | {"preview": proto.SerializeToString()}
    with pytest.raises(DamagedModel, match="'vector.own' is read by an optional graph"):
        assemble(bundle.card, graphs, tiny.arrays() | {"vector.own": tiny.arrays()["vector.step"]})


def test_the_shipped_model_has_one_and_its_id_is_what_it_was() -> None:
    shipped = default()
    assert shipped.preview is not None
    assert len(shipped.preview) < 1_000_000
    without = Bundle(shipped.card, tuple(b for b in shipped.blobs if b.entry.name != "preview"))
    check(without)
    assert without.model_id == shipped.model_id == bytes.fromhex("12e4397cef5baa16")
    assert np.isin(["vector.step", "vector.ctx_hyper"], [b.entry.name for b in shipped.blobs]).all()
