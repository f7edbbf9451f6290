# SPDX-License-Identifier: Apache-2.0
"""The laws of a bundle and its model id."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mezzotint.bundle import Bundle, assemble, dump, load
from mezzotint.errors import DamagedModel


def test_sides_follow_from_the_graphs(bundle: Bundle) -> None:
    sides = {blob.entry.name: blob.entry.side for blob in bundle.blobs}
    assert sides.pop("vector.gain") == "encoder"  # only analysis reads it
    assert sides.pop("vector.step") == "decoder"  # quantise and dequantise both do
    assert {name for name, side in sides.items() if side == "encoder"} == {
        "analysis",
        "hyper_analysis",
        "quantise",
    }


def test_a_better_encoder_or_card_keeps_the_id(tiny: ModuleType, bundle: Bundle) -> None:
    graphs, arrays = tiny.graphs(), tiny.arrays()
    arrays["vector.gain"] = arrays["vector.gain"] + np.float32(0.25)
    graphs["hyper_analysis"] = graphs["hyper_analysis"].replace(b"weight", b"height")
    card = replace(bundle.card, name="better", about="new words", analysis_halo=128)
    assert assemble(card, graphs, arrays).model_id == bundle.model_id


@pytest.mark.parametrize("name", ["scale.bias", "scale.offset", "vector.step", "y.minima"])
def test_any_change_of_the_decoder_side_changes_the_id(tiny: ModuleType, bundle: Bundle, name: str) -> None:
    arrays = tiny.arrays()
    arrays[name] = arrays[name].copy()
    arrays[name].flat[5] += 1
    assert assemble(bundle.card, tiny.graphs(), arrays).model_id != bundle.model_id


def test_the_numbers_of_the_decoder_enter_the_id(tiny: ModuleType, bundle: Bundle) -> None:
    for change in ({"latent_groups": (4, 4)}, {"synthesis_halo": 3}):
        card = replace(bundle.card, **change)
        assert assemble(card, tiny.graphs(), tiny.arrays()).model_id != bundle.model_id


def damage(name: str, place: Any, value: Any) -> Any:
    def change(arrays: dict[str, Any]) -> None:
        arrays[name] = arrays[name].copy()
        arrays[name][place] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        damage("y.frequencies", 3, 0),
        damage("y.frequencies", 3, 2**24),
        damage("y.lengths", 3, 1),
        damage("y.lengths", 0, 2),
        damage("y.minima", 0, 1),
        damage("y.minima", 5, -(2**20)),
        damage("z.frequencies", (0, 0, 3), 0),
        damage("z.frequencies", (1, 2, 3), 77),
        damage("vector.step", (0, 0), np.nan),
        damage("vector.gain", (0, 0), 65),
        lambda arrays: arrays.update({"vector.unused": arrays["vector.step"]}),
        lambda arrays: arrays.update({"vector.step": arrays["vector.step"][:, :7]}),
        lambda arrays: arrays.update({"vector.step": arrays["vector.step"].astype(np.float64)}),
        lambda arrays: arrays.update({"vector.Step": arrays["vector.step"]}),
        lambda arrays: arrays.update({"surprise": arrays["vector.step"]}),
        lambda arrays: arrays.update({"scale.weight": arrays["scale.weight"].astype(np.int32)}),
        lambda arrays: arrays.update({"scale.weight": arrays["scale.weight"].T}),
        lambda arrays: arrays.pop("vector.step"),
        lambda arrays: arrays.pop("scale.bias"),
    ],
)
def test_broken_laws_are_refused(tiny: ModuleType, bundle: Bundle, change: Any) -> None:
    arrays = tiny.arrays()
    change(arrays)
    with pytest.raises(DamagedModel):
        assemble(bundle.card, tiny.graphs(), arrays)


def test_graphs_must_have_the_right_ports(tiny: ModuleType, bundle: Bundle) -> None:
    graphs = tiny.graphs()
    for swapped in (
        graphs | {"synthesis": graphs["dequantise"]},
        graphs | {"analysis": graphs["synthesis"]},
        graphs | {"analysis": b""},
        {name: graph for name, graph in graphs.items() if name != "quantise"},
        graphs | {"extra": graphs["synthesis"]},
    ):
        with pytest.raises(DamagedModel):
            assemble(bundle.card, swapped, tiny.arrays())


def test_tables_and_scale_map_work_after_loading(bundle: Bundle) -> None:
    again = load(dump(bundle))
    z = np.zeros((4, 2, 3), np.int32)
    indices = again.scale_map(z, 2048)
    assert indices.shape == (8, 8, 12)
    assert indices.dtype == np.uint8
    assert not indices[7].any()  # the channel that the tiny model never codes
    assert again.z_tables(0) is again.z_tables(2047)  # first of two banks
    assert again.z_tables(0) is not again.z_tables(2048)
