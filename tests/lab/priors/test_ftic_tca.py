# SPDX-License-Identifier: Apache-2.0
"""One masked pass gives every slice what passes slice by slice give; all slices before it move it, and no other."""

import pytest
import torch

from mezzotint.lab.priors.ftic_tca import FticTca, MaskedChannelAttention


def slices(prior: FticTca) -> tuple[torch.Tensor, list[torch.Tensor]]:
    torch.manual_seed(1)
    return torch.randn(1, 16, 8, 8), list(5 * torch.randn(prior.slices, 1, 2, 8, 8))


@torch.no_grad()
def test_one_pass_equals_many() -> None:
    prior = FticTca(8).eval()
    features, known = slices(prior)
    whole = prior.predict(features, known)
    for i in range(prior.slices):
        torch.testing.assert_close(prior.predict(features, known[:i])[i], whole[i])


@torch.no_grad()
def test_a_slice_is_moved_by_all_before_it() -> None:
    prior = FticTca(8).eval()
    features, known = slices(prior)
    before = prior.predict(features, known)
    for i in range(prior.slices):
        changed = list(known)
        changed[i] = known[i] + 3
        after = prior.predict(features, changed)
        same = [torch.equal(a, b) for a, b in zip(before, after, strict=True)]
        assert same == [j <= i for j in range(prior.slices)]


@torch.no_grad()
def test_attention_looks_at_the_whole_picture() -> None:
    torch.manual_seed(0)
    attention = MaskedChannelAttention(16, 4, 2)
    x = torch.randn(1, 16, 12, 12)
    changed = x.clone()
    changed[:, :, 0, 0] += 5
    assert ((attention(changed) - attention(x))[:, :, 11, 11].abs() > 1e-5).any()


@pytest.mark.parametrize("options", [{"heads": 3}, {"depth": 0}, {"slices": 5}])
def test_refuses_what_does_not_divide(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="choose"):
        FticTca(8, **options)
