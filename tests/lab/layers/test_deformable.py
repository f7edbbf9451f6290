# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
import torch.nn.functional as F

from mezzotint.lab.layers.attention import attend
from mezzotint.lab.layers.deformable import DeformableAttention
from mezzotint.lab.layers.tokens import to_map, to_tokens


@torch.no_grad()
@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (-1, 1)])
def test_whole_offsets_sample_the_middle_of_a_moved_cell(shift: tuple[int, int]) -> None:
    torch.manual_seed(0)
    layer = DeformableAttention(3, 5, 4, heads=2, spacing=4)
    layer.offset.weight.zero_()
    layer.offset.bias.copy_(torch.atanh(torch.tensor(shift) / 4))
    queries, source = torch.randn(2, 3, 12, 8), torch.randn(2, 5, 12, 8)
    right, down = shift
    middle = F.avg_pool2d(source.roll((-down, -right), (2, 3))[:, :, 1:, 1:], 2, stride=4)  # (2, 5, 3, 2)
    q, k, v = (to_tokens(x, 2) for x in (layer.query(queries), layer.key(middle), layer.value(middle)))
    torch.testing.assert_close(layer(queries, source), layer.out(to_map(attend(q, k, v), 12, 8)))


@torch.no_grad()
def test_groups_are_sampled_at_places_of_their_own() -> None:
    torch.manual_seed(0)
    layer = DeformableAttention(3, 4, 4, heads=2, spacing=4, groups=2)
    layer.offset.weight.zero_()
    layer.offset.bias.copy_(torch.atanh(torch.tensor([0.0, 0, 1, -1]) / 4))  # (x, y) of each group
    queries, source = torch.randn(2, 3, 12, 8), torch.randn(2, 4, 12, 8)
    moved = torch.cat([source[:, :2], source[:, 2:].roll((1, -1), (2, 3))], 1)
    middle = F.avg_pool2d(moved[:, :, 1:, 1:], 2, stride=4)
    q, k, v = (to_tokens(x, 2) for x in (layer.query(queries), layer.key(middle), layer.value(middle)))
    torch.testing.assert_close(layer(queries, source), layer.out(to_map(attend(q, k, v), 12, 8)))


def test_refuses_groups_that_do_not_divide() -> None:
    with pytest.raises(ValueError, match="divisor"):
        DeformableAttention(3, 5, 4, heads=2, groups=2)
