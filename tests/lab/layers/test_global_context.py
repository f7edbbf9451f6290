# SPDX-License-Identifier: Apache-2.0
"""Linear attention equals its quadratic form; unknown places are heard by nobody; a corner reaches the other one."""

import torch

from mezzotint.lab.layers.global_context import GlobalContext, InterContext, linear_attention
from mezzotint.lab.layers.phases import ANCHORS, put


@torch.no_grad()
def test_equals_the_quadratic_form() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 3, 20, 4), torch.randn(2, 3, 20, 4), torch.randn(2, 3, 20, 5)
    share = torch.einsum("bhqd,bhkd->bhqk", q.softmax(3), k.softmax(2))
    torch.testing.assert_close(linear_attention(q, k, v), share @ v)


@torch.no_grad()
def test_unknown_places_are_heard_by_nobody() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 1, 2, 20, 4)
    unknown = torch.arange(20) % 3 == 0
    changed = v.clone()
    changed[:, :, unknown] += 100
    assert torch.equal(linear_attention(q, k, v, unknown), linear_attention(q, k, changed, unknown))
    known = linear_attention(q[:, :, ~unknown], k[:, :, ~unknown], v[:, :, ~unknown])
    torch.testing.assert_close(linear_attention(q, k, v, unknown)[:, :, ~unknown], known)


@torch.no_grad()
def test_anchors_are_carried_across_the_picture() -> None:
    torch.manual_seed(0)
    layer, guide = GlobalContext(4, 6, heads=2), torch.randn(1, 4, 12, 16)
    anchors = put(torch.randn(1, 8, 6, 8), ANCHORS)
    changed = anchors.clone()
    changed[:, :, 0, 0] += 50
    assert (layer(guide, changed) - layer(guide, anchors))[:, :, 11, 14].abs().max() > 1e-4


@torch.no_grad()
def test_earlier_slices_are_heard_across_the_picture() -> None:
    torch.manual_seed(0)
    layer, earlier = InterContext(5, 6, heads=2), torch.randn(1, 5, 12, 16)
    changed = earlier.clone()
    changed[:, :, 0, 0] += 5
    assert (layer(changed) - layer(earlier))[:, :, 11, 15].abs().max() > 1e-4
