# SPDX-License-Identifier: Apache-2.0
"""Each branch is weighed from the other one, one by places and one by channels; at first they are just added."""

import torch

from mezzotint.lab.layers.crossed import ChannelGate, Crossed, PlaceGate


def stirred() -> Crossed:
    torch.manual_seed(0)
    layer = Crossed(PlaceGate(6), ChannelGate(6))
    for gate in (layer.of_main, layer.of_beside):
        torch.nn.init.normal_(gate.up.weight)
    return layer


@torch.no_grad()
def test_starts_as_the_sum() -> None:
    main, beside = torch.randn(2, 2, 6, 5, 7)
    torch.testing.assert_close(Crossed(PlaceGate(6), ChannelGate(6))(main, beside), main + beside)


@torch.no_grad()
def test_gates_come_from_the_other_branch() -> None:
    layer, (main, beside) = stirred(), torch.randn(2, 2, 6, 5, 7)
    by_place = layer(main, beside) - layer(torch.zeros_like(main), beside)  # beside's gates differ, too
    only_main = layer(main, torch.zeros_like(beside))
    ratio = only_main / main
    torch.testing.assert_close(
        ratio, ratio[:, :1, :1, :1].expand_as(ratio)
    )  # nothing beside: one gate for all
    assert not torch.allclose(by_place, only_main)


@torch.no_grad()
def test_one_gate_has_a_number_a_place_and_the_other_one_a_channel() -> None:
    layer, x = stirred(), torch.randn(2, 6, 5, 7)
    places, channels = layer.of_main(x), layer.of_beside(x)
    assert places.shape == (2, 1, 5, 7) and channels.shape == (2, 6, 1, 1)
    moved = x.roll((2, 3), (2, 3))
    torch.testing.assert_close(layer.of_main(moved), places.roll((2, 3), (2, 3)))
    torch.testing.assert_close(layer.of_beside(moved), channels)
    assert places.std() > 0.01 and channels.std() > 1e-3
