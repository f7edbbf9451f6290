# SPDX-License-Identifier: Apache-2.0
"""The scales of the residual quantizer grow, every prefix of them decodes, and each one more lowers the distortion."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mezzotint.lab.layers.codebook import to_rows
from mezzotint.lab.quantizers.residual_vq import ResidualVQ

CELLS = (8, 4, 2, 1)


def smooth(height: int, width: int, seed: int, batch: int = 2) -> Tensor:
    """(batch, 6, height, width) with content at all scales, as latents of photos have."""
    g = torch.Generator().manual_seed(seed)
    y = torch.zeros(batch, 6, height, width)
    for side in CELLS:
        coarse = torch.randn(batch, 6, -(-height // side), -(-width // side), generator=g)
        y += coarse.repeat_interleave(side, 2).repeat_interleave(side, 3)[:, :, :height, :width]
    return y


@torch.no_grad()
def trained(**options: object) -> ResidualVQ:
    torch.manual_seed(0)
    part = ResidualVQ(6, **{"cells": CELLS, "codes": 64, "decay": 0.8} | options).train()
    for seed in range(40):
        part(smooth(32, 32, seed))
    return part.eval()


def by_prefix(part: ResidualVQ, y: Tensor) -> Tensor:
    """(K + 1, B): mean squared error of every prefix, the empty one first."""
    symbols = part(y).symbols
    decoded = [torch.zeros_like(y)] + [part.dequantise(symbols[:, :k]) for k in range(1, part.planes + 1)]
    return torch.stack([(d - y).square().mean((1, 2, 3)) for d in decoded])


@torch.no_grad()
def test_distortion_falls_with_every_scale() -> None:
    errors = by_prefix(trained(), smooth(40, 24, 100))
    assert (errors[1:] < 0.95 * errors[:-1]).all(), errors


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (17, 9)])
@pytest.mark.parametrize("spread", [0.01, 1.0, 100.0])
@torch.no_grad()
def test_distortion_never_rises_even_untrained(size: tuple[int, int], spread: float) -> None:
    torch.manual_seed(1)
    for part in (ResidualVQ(6, codes=16).eval(), trained()):
        errors = by_prefix(part, spread * torch.randn(3, 6, *size))
        assert (errors[1:] <= errors[:-1] * (1 + 1e-5)).all()


@torch.no_grad()
def test_tokens_grow_and_are_all_that_a_decoder_needs() -> None:
    part = trained()
    out = part(smooth(17, 30, 101))
    tokens = part.tokens(out.symbols)
    assert [t.shape for t in tokens] == [(2, 3, 4), (2, 5, 8), (2, 9, 15), (2, 17, 30)]
    again = part.symbols_of(tokens, 17, 30)
    assert torch.equal(again, out.symbols)
    for k in range(1, 5):
        prefix = part.symbols_of(tokens[:k], 17, 30)
        assert torch.equal(part.dequantise(prefix), part.dequantise(out.symbols[:, :k]))
    assert torch.equal(part.dequantise(again), out.y_hat)
    assert part.bits(17, 30) == pytest.approx((12 + 40 + 135 + 510) * math.log2(65))


@torch.no_grad()
def test_equals_a_search_cell_by_cell() -> None:
    """The plain form: for each cell, the code (or none) that leaves least of it."""
    part, y = trained(codes=16), smooth(11, 13, 102, batch=1)
    rest, planes = y[0].double(), []
    for side, book in zip(part.cells, part.books, strict=True):
        codes = torch.cat([torch.zeros(1, 6), book.vectors]).double()
        plane = torch.zeros(11, 13, dtype=torch.int64)
        for i in range(0, 11, side):
            for j in range(0, 13, side):
                cell = rest[:, i : i + side, j : j + side]
                left = (cell[None] - codes[:, :, None, None]).square().sum((1, 2, 3))
                plane[i : i + side, j : j + side] = left.argmin()
        rest = rest - codes[plane].permute(2, 0, 1)
        planes.append(plane)
    assert torch.equal(part(y).symbols[0], torch.stack(planes))


@torch.no_grad()
def test_a_tile_has_the_symbols_of_the_picture() -> None:
    part, y = trained(), smooth(40, 40, 103)
    assert torch.equal(part(y[:, :, 16:, 24:]).symbols, part(y).symbols[:, :, 16:, 24:])


@torch.no_grad()
def test_equal_cells_are_plain_residual_quantisation() -> None:
    part = trained(cells=(1, 1, 1))
    y = smooth(12, 12, 104)
    out = part(y)
    codes = [torch.cat([torch.zeros(1, 6), book.vectors]) for book in part.books]
    want = sum(table[plane] for table, plane in zip(codes, out.symbols.unbind(1), strict=True))
    torch.testing.assert_close(out.y_hat, want.permute(0, 3, 1, 2))
    errors = by_prefix(part, y)
    assert (errors[1:] < 0.95 * errors[:-1]).all()


def test_the_loss_is_the_mean_over_prefixes() -> None:
    part = trained()
    y = smooth(16, 16, 105)
    errors = by_prefix(part, y)[1:].mean()
    assert part.train()(y).loss.item() == pytest.approx(0.25 * errors.item(), rel=1e-4)


@torch.no_grad()
def test_codes_follow_what_chose_them() -> None:
    """Without memory, every code moves to the mean of the cells that it was chosen for; zero stays zero."""
    part, y = trained(cells=(4, 1), codes=8).train(), smooth(16, 16, 106)
    for book in part.books:
        book.decay = 0.0
    tables = [torch.cat([torch.zeros(1, 6), book.vectors]) for book in part.books]
    symbols, rest, zeros = part(y).symbols, y, 0
    for k, side in enumerate(part.cells):
        rows = to_rows(F.avg_pool2d(rest, side))
        index = part.tokens(symbols)[k].flatten()
        zeros += int((index == 0).sum())
        for code in index[index > 0].unique().tolist():
            torch.testing.assert_close(part.books[k].vectors[code - 1], rows[index == code].mean(0))
        rest = rest - tables[k][symbols[:, k]].permute(0, 3, 1, 2)
    assert zeros > 0


def test_more_scales_than_there_are() -> None:
    with pytest.raises(ValueError, match="give from 1 to all"):
        trained(cells=(2, 1)).dequantise(torch.zeros(1, 3, 4, 4, dtype=torch.int64))
