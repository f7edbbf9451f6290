# SPDX-License-Identifier: Apache-2.0
"""Made pictures are what photos lack, the same for a seed; and some crops lose their colour."""

from __future__ import annotations

import torch

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.graphics import KINDS, made


def test_made_pictures_follow_from_their_seed() -> None:
    pictures = made(2 * len(KINDS), 96)
    assert {(p.dtype, tuple(p.shape)) for p in pictures} == {(torch.uint8, (3, 96, 96))}
    assert all(torch.equal(a, b) for a, b in zip(pictures, made(2 * len(KINDS), 96), strict=True))
    assert len({p.numpy().tobytes() for p in pictures}) == len(pictures)
    assert not torch.equal(made(1, 96)[0], made(1, 96, seed=1)[0])


def test_made_pictures_have_hard_edges_on_flat_ground() -> None:
    """Most neighbours are equal, and some differ by a lot: no photo is so."""
    steps = torch.cat([p.int().diff(dim=2).abs().flatten() for p in made(64, 128)])
    assert (steps == 0).float().mean() > 0.5
    assert (steps > 100).float().mean() > 0.005


def test_some_crops_lose_their_colour() -> None:
    photo = torch.randint(0, 256, (3, 80, 80), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    crops = torch.cat([Crops([photo], 64, 4, grey=0.25).at(step) for step in range(100)])
    grey = (crops[:, 0] == crops[:, 1]).all((1, 2)) & (crops[:, 0] == crops[:, 2]).all((1, 2))
    assert 60 < grey.sum() < 140
    assert not (Crops([photo], 64, 4).at(0)[:, 0] == Crops([photo], 64, 4).at(0)[:, 1]).all()
