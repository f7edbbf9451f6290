# SPDX-License-Identifier: Apache-2.0
"""The four-step means are causal: over steps, and over channel groups."""

import torch

from mezzotint.lab.layers.phases import merge_phases, split_phases
from mezzotint.lab.models.context import FourStep

GROUPS, HIDDEN = [3, 5], [4, 6]


def means(context: FourStep, y: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    """The mean of every position when the quantised values are those of y."""
    phases, seen = split_phases(y), []

    def quantise(k: int, mean: torch.Tensor) -> torch.Tensor:
        seen.append(mean)
        return phases[k]

    context(features, quantise)
    return merge_phases(seen)


def setup() -> tuple[FourStep, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    context = FourStep(GROUPS, 4, HIDDEN, torch.rand(8) + 0.5)
    for p in context.parameters():
        p.data += 0.1 * torch.randn_like(p)
    return context, torch.randn(1, 8, 6, 6), torch.randn(1, 4, 6, 6)


@torch.no_grad()
def test_a_mean_reads_only_earlier_steps() -> None:
    context, y, features = setup()
    before = split_phases(means(context, y, features))
    for k in range(4):
        changed = split_phases(y)
        changed[k] = changed[k] + 1
        after = split_phases(means(context, merge_phases(changed), features))
        for step in range(4):
            assert torch.equal(before[step], after[step]) == (step <= k)


@torch.no_grad()
def test_a_mean_reads_no_later_group() -> None:
    context, y, features = setup()
    before = means(context, y, features)
    later = y.clone()
    later[:, GROUPS[0] :] += 1
    assert torch.equal(means(context, later, features)[:, : GROUPS[0]], before[:, : GROUPS[0]])
    earlier = y.clone()
    earlier[:, : GROUPS[0]] += 1
    assert not torch.equal(means(context, earlier, features)[:, GROUPS[0] :], before[:, GROUPS[0] :])
