# SPDX-License-Identifier: Apache-2.0
"""Linear global attention equals its quadratic form; the first slice has it too; ablated, it moves its own bits."""

from collections.abc import Callable

import torch
from torch import Tensor

from mezzotint.lab.layers.global_context import GlobalContext
from mezzotint.lab.layers.phases import ANCHORS, put
from mezzotint.lab.layers.reweight import Reweight
from mezzotint.lab.priors.mlicv2 import MlicV2


@torch.no_grad()
def test_linear_attention_equals_the_quadratic_form() -> None:
    torch.manual_seed(0)
    layer = GlobalContext(4, 6, heads=2)
    guide, anchors = torch.randn(1, 4, 6, 8), put(torch.randn(1, 8, 3, 4), ANCHORS)
    q, k, v = (
        part(x).view(2, 3, 48)
        for part, x in ((layer.query, guide), (layer.key, guide), (layer.value, anchors))
    )
    rows, columns = torch.arange(6), torch.arange(8)
    seen = ((rows[:, None] + columns[None]) % 2 == 0).flatten()
    share = q.softmax(1).mT @ k[..., seen].softmax(2)  # (heads, 48 queries, 24 anchors)
    expected = (share @ v[..., seen].mT).mT.reshape(1, 6, 6, 8)
    torch.testing.assert_close(layer(guide, anchors), layer.out(expected))


@torch.no_grad()
def test_the_first_slice_sees_the_whole_picture() -> None:
    torch.manual_seed(0)
    stage = MlicV2(8).stages[0].eval()
    features, anchors = torch.randn(1, 16, 16, 16), put(torch.randn(1, 4, 8, 8), ANCHORS)
    changed = anchors.clone()
    changed[:, :, 0, 0] += 50
    support = stage.prepare(features, [])
    moved = (stage(support, changed).mean - stage(support, anchors).mean).abs()
    assert moved[:, :, 15, 14].max() > 1e-6
    stage.globe.out.weight.zero_()
    moved = (stage(support, changed).mean - stage(support, anchors).mean).abs()
    assert moved[:, :, 15, 14].max() == 0


@torch.no_grad()
def test_a_later_slice_hears_earlier_ones_across_the_picture() -> None:
    torch.manual_seed(0)
    stage = MlicV2(8).stages[2].eval()
    features, done = torch.randn(1, 16, 16, 16), [torch.randn(1, 2, 16, 16) for _ in range(2)]
    changed = [part.clone() for part in done]
    changed[0][:, :, :2, :2] += 20
    for silent in (False, True):
        if silent:
            stage.inter.out.weight.zero_()
        before, after = (stage(stage.prepare(features, slices), None).mean for slices in (done, changed))
        assert ((after - before)[:, :, 15, 15].abs().max() > 1e-6) == (not silent)


@torch.no_grad()
def test_ablating_one_slice_leaves_what_was_coded_before(
    bits_of_steps: Callable[[MlicV2, Tensor], list[float]],
) -> None:
    torch.manual_seed(0)
    prior, y = MlicV2(8).eval(), 5 * torch.randn(1, 8, 8, 8)
    before = bits_of_steps(prior, y)
    assert len(before) == 1 + 2 * 4
    prior.stages[2].globe.out.weight.zero_()
    prior.stages[2].globe.out.bias.zero_()
    after = bits_of_steps(prior, y)
    assert before[:6] == after[:6], "z, two slices, and the anchors of the third"
    assert before[6] != after[6]


def test_unit_gates_pass() -> None:
    x = torch.randn(2, 8, 5, 7)
    gates = Reweight(8)
    assert torch.equal(gates(x), x)
    torch.nn.init.normal_(gates.up.weight)
    ratio = gates(x) / x
    torch.testing.assert_close(ratio, ratio[:, :, :1, :1].expand_as(ratio))
