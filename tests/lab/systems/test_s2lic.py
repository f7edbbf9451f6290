# SPDX-License-Identifier: Apache-2.0
"""Role check of S2LIC: two passes a slice, an exact file, times of both decoders; less rate than a hyperprior's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.dense import DenseBlock
from mezzotint.lab.mixers.swinv2 import SwinV2
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.postnorm import ResidualGroup
from mezzotint.lab.priors import PRIORS
from mezzotint.lab.priors.ablate import counted, silenced
from mezzotint.lab.priors.entropy_model import EntropyModel
from mezzotint.lab.recipes.published.s2lic import RECIPE
from mezzotint.lab.systems import SYSTEMS, Media, System, stream
from mezzotint.lab.systems.claims import Trial


def test_a_file_has_two_chunks_a_slice(made: Callable[[str], System], sample: Callable[[str], Media]) -> None:
    system = made("s2lic")
    data = system.compress(sample("photo"), 2000)
    found = stream.read(data, "s2lic", stream.identity(system))
    assert len(found.chunks) == 1 + 2 * 4
    assert np.array_equal(system.decompress(data), system.rebuilt(sample("photo"), 2000))


def test_transforms_are_swin_groups_between_dense_blocks(start: Start) -> None:
    framed = SYSTEMS.build("s2lic(dense=2)", start).framed
    for side, dense in (
        (framed.analysis, framed.analysis.fine[0]),
        (framed.synthesis, framed.synthesis.fine[1]),
    ):
        assert isinstance(dense, DenseBlock) and len(dense.layers) == 2
        assert isinstance(side.coarse, ResidualGroup)
        shifts = [block.mixer.windows.down for block in side.coarse.blocks if isinstance(block.mixer, SwinV2)]
        assert shifts == [0, 4]


def alike(seed: int) -> Tensor:
    """(2, 8, 16, 16): noise whose loudness differs from place to place; the second slice adds a little to the first."""
    g = torch.Generator().manual_seed(seed)
    loud = torch.exp(2 * torch.rand(2, 1, 16, 16, generator=g))
    first = loud * torch.randn(2, 4, 16, 16, generator=g)
    return torch.cat([first, first + 0.5 * torch.randn(2, 4, 16, 16, generator=g)], 1)


def bits(spec: str) -> tuple[EntropyModel, float]:
    """A prior after 50 steps, and what other latents cost with it."""
    torch.manual_seed(0)
    prior = PRIORS.build(spec, 8)
    optimiser = torch.optim.Adam(prior.parameters(), 5e-3)
    for step in range(50):
        optimiser.zero_grad()
        prior(alike(step)).bits.mean().backward()
        torch.nn.utils.clip_grad_norm_(prior.parameters(), 100.0)
        optimiser.step()
    prior.eval()
    return prior, sum(counted(prior, alike(1000)).steps)


def test_what_earlier_slices_hold_saves_rate_against_the_hyperprior() -> None:
    prior, contexts = bits("s2lic(slices=2, width=4)")
    _, plain = bits("hyperprior(width=4)")
    with silenced(prior.stages[1].inter), silenced(prior.stages[1].channel):
        deaf = sum(counted(prior, alike(1000)).steps)
    print(f"{contexts:.0f} bits, {plain:.0f} with the hyperprior, {deaf:.0f} without both contexts")
    assert contexts < 0.95 * plain and deaf > 1.02 * contexts


def test_the_judge_times_both_decoders_and_checks_files(
    made: Callable[[str], System], sample: Callable[[str], Media], crops: Crops
) -> None:
    curve = ((0.5, 25.0), (1.0, 30.0))
    on, off = made(RECIPE.on), made(RECIPE.off)
    trial = Trial(on, off, curve, curve, (sample("photo"),), crops, 2, 0)
    verdict = RECIPE.judge(trial)
    found = {figure.name: figure.value for figure in verdict.figures}
    assert found["files that come back exactly"] == 100
    assert found["decode time against the hyperprior"] == pytest.approx(
        found["decode with two passes a slice"] / found["decode with the hyperprior"]
    )
    assert verdict.on == pytest.approx(0, abs=1e-6) and verdict.less_is_better
