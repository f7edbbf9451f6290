# SPDX-License-Identifier: Apache-2.0
import torch

from mezzotint.lab.layers.scale_affine import ScaleAffine


@torch.no_grad()
def test_scales_and_shifts_each_cell_by_its_own_channels() -> None:
    torch.manual_seed(0)
    layer, x = ScaleAffine(4), torch.randn(2, 4, 3, 5)
    assert torch.equal(layer(x), x)
    layer.net[2].weight.normal_()
    into, out = layer.net[0], layer.net[2]
    for i in range(3):
        for j in range(5):
            cell = x[1, :, i, j]
            normed = (cell - cell.mean()) / cell.std(correction=0)
            hidden = torch.nn.functional.gelu(into.weight[:, :, 0, 0] @ normed + into.bias)
            both = out.weight[:, :, 0, 0] @ hidden + out.bias
            torch.testing.assert_close(
                layer(x)[1, :, i, j], cell * (1 + both[:4]) + both[4:], atol=1e-4, rtol=1e-4
            )
