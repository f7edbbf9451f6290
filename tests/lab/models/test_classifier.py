# SPDX-License-Identifier: Apache-2.0
"""The classifiers: shapes, that one can be cut in two, and that each learns what it is shown."""

from __future__ import annotations

import pytest
import torch

from mezzotint.lab.models.classifier import (
    EMBEDDING,
    FEATURES,
    CellClassifier,
    ConvClassifier,
    TokenClassifier,
)
from mezzotint.lab.train import classify


def striped(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Stripes across or down, of any phase, under noise."""
    dice = torch.Generator().manual_seed(step)
    classes = torch.randint(2, (16,), generator=dice)
    phase = 6.28 * torch.rand(16, 1, 1, generator=dice)
    wave = torch.sin(torch.arange(32.0)[None, :, None] + phase).expand(-1, -1, 32)
    turned = torch.where(classes.view(-1, 1, 1) == 0, wave, wave.transpose(1, 2))
    return 0.3 * turned[:, None].repeat(1, 3, 1, 1) + 0.1 * torch.randn(
        16, 3, 32, 32, generator=dice
    ), classes


@torch.no_grad()
def test_a_cut_network_is_the_whole_one() -> None:
    model, x = ConvClassifier(5).eval(), torch.rand(2, 3, 40, 56)
    features = model.early(x)
    assert features.shape == (2, FEATURES, 5, 7)
    stages = model.stages(features)
    assert len(stages) == 3 and stages[0] is features
    assert torch.equal(model.judge(stages), model(x)) and model.embed(x).shape == (2, EMBEDDING)
    assert torch.equal(model.head(model.embed(x)), model(x))


@pytest.mark.parametrize("kind", ["conv", "token", "cell"])
def test_each_learns_stripes_of_any_phase(kind: str) -> None:
    torch.manual_seed(0)
    cells = torch.nn.Sequential(torch.nn.PixelUnshuffle(8), CellClassifier(192, 2, 32))
    model = {"conv": ConvClassifier(2), "token": TokenClassifier(2, 32), "cell": cells}[kind]
    before = classify.accuracy(model.eval(), *striped(1000))
    classify.fit(model, striped, 60, 0)
    after = classify.accuracy(model, *striped(1000))
    assert after >= 0.9, f"{before} at the start, {after} at the end"
    assert not model.training


def test_places_are_known_by_heart() -> None:
    with pytest.raises(ValueError, match="give one of 32 pixels a side"):
        TokenClassifier(2, 32)(torch.zeros(1, 3, 40, 40))


def test_standard_error_is_that_of_a_share() -> None:
    assert classify.standard_error(0.8, 400) == pytest.approx(0.02)
