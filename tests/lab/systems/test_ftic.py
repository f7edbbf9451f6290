# SPDX-License-Identifier: Apache-2.0
"""FTIC: its blocks see windows of four shapes, unit gates pass everything through, slices hang on those before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from mezzotint.lab.mixers.ftic_fft import FTICFFT
from mezzotint.lab.mixers.ftic_windows import FticWindows
from mezzotint.lab.models.framed import CHANNELS, Start
from mezzotint.lab.priors.ftic_tca import FticTca
from mezzotint.lab.recipes.published.ftic import RECIPE
from mezzotint.lab.systems import SYSTEMS, Media, System, stream
from mezzotint.lab.systems.image import ImageSystem


@pytest.fixture(scope="module")
def system(made: Callable[[str], System]) -> ImageSystem:
    found = made("ftic")
    assert isinstance(found, ImageSystem)
    return found


def mixers(system: ImageSystem, kind: type) -> list:
    return [m for m in system.modules() if isinstance(m, kind)]


def test_both_sides_attend_in_windows_of_four_shapes(system: ImageSystem) -> None:
    """What each group of channels sees of its neighbourhood, by gradient: a square, a flat, a tall, a large square."""
    found = mixers(system, FticWindows)
    assert len(found) == 2, "one a side"
    mixer = found[0]
    x = torch.randn(1, 128, 32, 32, generator=torch.Generator().manual_seed(0), requires_grad=True)
    seen = []
    for group in range(4):
        weight = mixer.out.weight.data.clone()
        mixer.out.weight.data.zero_()
        mixer.out.weight.data[:, 32 * group : 32 * (group + 1)] = weight[:, 32 * group : 32 * (group + 1)]
        (slope,) = torch.autograd.grad(mixer(x)[0, :, 5, 5].sum(), x)
        mixer.out.weight.data.copy_(weight)
        rows, columns = slope.abs().sum((0, 1)).nonzero(as_tuple=True)
        seen.append((len(rows.unique()), len(columns.unique())))
    assert sorted(seen) == [(4, 4), (4, 16), (16, 4), (16, 16)]


@torch.no_grad()
def test_unit_gates_pass_everything_through(system: ImageSystem) -> None:
    for mixer in mixers(system, FTICFFT):
        x = torch.randn(1, 128, 16, 24)
        kept = mixer.gate.data.clone()
        assert not torch.allclose(mixer.modulate(x), x, atol=1e-3)
        mixer.gate.data.copy_(torch.tensor([1.0, 0.0])[:, None, None].expand_as(kept))
        torch.testing.assert_close(mixer.modulate(x), x, atol=1e-4, rtol=0)
        mixer.gate.data.copy_(kept)


@torch.no_grad()
def test_a_slice_is_predicted_from_those_before_it(system: ImageSystem) -> None:
    prior = system.framed.prior
    assert isinstance(prior, FticTca)
    size = CHANNELS // prior.slices
    features = torch.randn(1, 2 * CHANNELS, 4, 4)
    known = [torch.randn(1, size, 4, 4) for _ in range(prior.slices - 1)]
    before = prior.predict(features, known)

    def moved(i: int) -> list[bool]:
        changed: list[Tensor] = [k + 5 * (j == i) for j, k in enumerate(known)]
        after = prior.predict(features, changed)
        return [not torch.allclose(a, b, atol=1e-5) for a, b in zip(after, before, strict=True)]

    for i in range(prior.slices - 1):
        assert moved(i) == [j > i for j in range(prior.slices)]


def test_a_file_has_a_chunk_for_z_and_one_a_slice(
    system: ImageSystem, sample: Callable[[str], Media]
) -> None:
    data = system.compress(sample("photo"), 2000)
    found = stream.read(data, "ftic", stream.identity(system))
    assert len(found.chunks) == 1 + system.framed.prior.slices and found.shape == (75, 101, 3)
    assert sum(map(len, found.chunks)) + 60 > len(data)


def test_the_ablation_is_a_hyperprior_with_windows_of_one_shape(start: Start) -> None:
    off = SYSTEMS.build(RECIPE.off, start)
    assert not mixers(off, FticWindows) and not mixers(off, FTICFFT)
    assert not isinstance(off.framed.prior, FticTca) and np.isclose(off.framed.prior.channels, CHANNELS)
