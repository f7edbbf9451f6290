# SPDX-License-Identifier: Apache-2.0
"""The skeleton codec: one cost for all, only the mixers differ, and what is too dear is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mezzotint.lab.leaderboard.board import spec_of
from mezzotint.lab.mixers import MIXERS
from mezzotint.lab.models import skeleton as sk
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.cost import count
from mezzotint.lab.models.metablock import MetaBlock

Build = Callable[[str], Codec]


@pytest.fixture
def build(skeleton_start: tuple[Tensor, Tensor]) -> Build:
    """Spec of a mixer -> the skeleton with it."""

    def made(spec: str) -> Codec:
        torch.manual_seed(0)
        return sk.skeleton(spec, *skeleton_start)

    return made


@pytest.mark.parametrize("name", MIXERS.names())
def test_every_mixer_of_the_board_fits_the_budget(name: str) -> None:
    """Counted on the blocks themselves, not taken from the formula that solved for the width."""
    spec = spec_of(name)
    blocks = sk.metastack(sk.DEPTH, sk.CONFIG.analysis.coarse, sk.hidden_width(spec), spec)
    x = torch.zeros(1, sk.CONFIG.analysis.coarse, sk.HEIGHT // 16, sk.WIDTH // 16)
    kmac = count(blocks, x).macs / (1000 * sk.HEIGHT * sk.WIDTH) / sk.DEPTH
    assert kmac == pytest.approx(sk.BLOCK_KMAC, rel=sk.TOLERANCE)


def test_whole_codecs_cost_the_same(build: Build) -> None:
    costs = [sk.costs(build(spec)) for spec in ("depthwise", "hit_sr(8) | hit_sr(16)")]
    assert costs[0].kmac_px == pytest.approx(costs[1].kmac_px, rel=sk.TOLERANCE)
    assert costs[0].kmac_px > 2 * sk.DEPTH * sk.BLOCK_KMAC  # both sides, and what stands round the blocks
    model = build("depthwise")
    assert costs[0].parameters == sum(p.numel() for p in model.parameters())


def test_only_the_blocks_at_a_sixteenth_differ(build: Build) -> None:
    a, b = (dict(build(spec).named_parameters()) for spec in ("depthwise", "swin(shift=0) | swin()"))
    shapes = [{k: v.shape for k, v in p.items() if ".coarse." not in k} for p in (a, b)]
    assert shapes[0] == shapes[1]
    blocks = [*build("convnext").analysis.coarse, *build("convnext").synthesis.coarse]
    assert len(blocks) == 2 * sk.DEPTH and all(isinstance(block, MetaBlock) for block in blocks)


def test_mixers_that_are_too_dear_are_refused_with_the_numbers() -> None:
    with pytest.raises(
        ValueError, match=r"'convnext\(kernel=61\)' costs 1\.\d\d of the 1\.0 kMAC/px.*cheaper options"
    ):
        sk.hidden_width("convnext(kernel=61)")


def test_untrained_it_is_a_transform_codec_and_every_block_learns(build: Build) -> None:
    model = build("hilo(window=2)")
    x = torch.rand(1, 3, 128, 64) - 0.5
    quality = torch.tensor([4095.0])
    y = model.eval().analysis(x, quality)
    torch.testing.assert_close(y, model.analysis.shortcut(x))
    with torch.no_grad():
        for head in (model.analysis.head, model.synthesis.head):
            head.weight.normal_(std=0.02)
    out = model.train()(x, quality)
    (out.y_bits.sum() + out.x_hat.square().sum()).backward()
    for side in (model.analysis, model.synthesis):
        for block in side.coarse:
            assert block.gain.grad.abs().max() > 0 and block.mlp.down.weight.grad.abs().max() > 0
