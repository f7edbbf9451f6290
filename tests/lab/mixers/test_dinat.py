# SPDX-License-Identifier: Apache-2.0
"""DiNAT's layers equal dense attention masked to each cell's neighbourhood, at borders, too, and leave no seams."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.mixers.dinat import DiNAT, Neighbourhood


def neighbours(place: int, length: int, kernel: int, dilation: int) -> list[int]:
    """The nearest ``kernel`` places of equal remainder: as many before as behind, moved inward at a border."""
    line = list(range(place % dilation, length, dilation))
    start = min(max(line.index(place) - kernel // 2, 0), max(len(line) - kernel, 0))
    return line[start : start + kernel]


def dense(layer: Neighbourhood, x: torch.Tensor) -> torch.Tensor:
    _, c, height, width = x.shape
    kernel, dilation, span = layer.kernel, layer.dilation, 2 * layer.kernel - 1
    cells = [(y, z) for y in range(height) for z in range(width)]
    bias = torch.full((layer.heads, len(cells), len(cells)), -torch.inf)
    for i, (y, z) in enumerate(cells):
        for down in neighbours(y, height, kernel, dilation):
            for across in neighbours(z, width, kernel, dilation):
                steps = (down - y) // dilation + kernel - 1, (across - z) // dilation + kernel - 1
                bias[:, i, down * width + across] = layer.table[:, steps[0] * span + steps[1]]
    q, k, v = (m[0].flatten(1).unflatten(0, (layer.heads, -1)) for m in layer.qkv(x).chunk(3, 1))
    weights = torch.softmax(q.transpose(1, 2) @ k / (c // layer.heads) ** 0.5 + bias, -1)
    return layer.out((v @ weights.transpose(1, 2)).reshape(x.shape))


@pytest.mark.parametrize("size", [(16, 11), (13, 9), (5, 3), (1, 6)])
@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (7, 1), (3, 2), (5, 3), (3, 4)])
@torch.no_grad()
def test_equals_masked_dense_attention(size: tuple[int, int], kernel: int, dilation: int) -> None:
    torch.manual_seed(0)
    layer, x = Neighbourhood(8, kernel, dilation, 2), torch.randn(1, 8, *size)
    layer.table.normal_()
    torch.testing.assert_close(layer(x), dense(layer, x), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_moves_with_the_picture() -> None:
    """No windows, so no seams: away from the borders a moved picture gives the moved result."""
    torch.manual_seed(0)
    mixer, x = DiNAT(8, kernel=3, dilation=3, heads=2), torch.randn(1, 8, 30, 30)
    moved = mixer(x.roll((1, 2), (2, 3)))
    torch.testing.assert_close(
        moved[:, :, 10:-10, 10:-10],
        mixer(x).roll((1, 2), (2, 3))[:, :, 10:-10, 10:-10],
        atol=1e-5,
        rtol=1e-4,
    )


@torch.no_grad()
def test_the_dilated_half_sees_what_the_plain_one_has_changed() -> None:
    torch.manual_seed(0)
    mixer, x = DiNAT(8, kernel=3, dilation=2, heads=2), torch.randn(1, 8, 6, 9)
    near = mixer.near(x)
    torch.testing.assert_close(mixer(x), near + mixer.far(x + near))
    assert (mixer.near.dilation, mixer.far.dilation) == (1, 2)


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (7, 1), (3, 2), (5, 3), (7, 4), (3, 9)])
def test_reach_is_that_of_a_corner(kernel: int, dilation: int) -> None:
    """From both neighbourhoods, written out: the farthest place that any place of a long line depends on."""
    length = 8 * kernel * dilation
    seen = [
        {
            far
            for near in neighbours(place, length, kernel, 1)
            for far in neighbours(near, length, kernel, dilation)
        }
        for place in range(length)
    ]
    farthest = max(abs(other - place) for place, others in enumerate(seen) for other in others)
    assert DiNAT(8, kernel, dilation).reach == farthest
