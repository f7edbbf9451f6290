# SPDX-License-Identifier: Apache-2.0
"""The normalised codebook looks up by cosine, learns by gradient and keeps its codes in use."""

import torch

from mezzotint.lab.layers.codebook import to_rows
from mezzotint.lab.quantizers.vq_normalised import NormalisedVQ, to_unit


@torch.no_grad()
def test_the_length_of_a_latent_does_not_matter() -> None:
    torch.manual_seed(0)
    part = NormalisedVQ(12, codes=64, width=6).eval()
    part.down.bias.zero_()
    y = torch.randn(2, 12, 8, 8)
    assert torch.equal(part(0.1 * y).symbols, part(30 * y).symbols)


@torch.no_grad()
def test_a_cell_gets_the_code_of_the_highest_cosine() -> None:
    torch.manual_seed(0)
    part = NormalisedVQ(12, codes=64, width=6).eval()
    part.vectors.mul_(torch.rand(64, 1) + 0.1)  # lengths of codes do not matter either
    y = torch.randn(2, 12, 8, 8)
    cosine = torch.nn.functional.cosine_similarity(to_rows(part.down(y))[:, None], part.vectors[None], dim=2)
    assert torch.equal(part(y).symbols.flatten(), cosine.argmax(1))


def test_the_gradient_passes_as_if_nothing_were_looked_up() -> None:
    torch.manual_seed(0)
    part = NormalisedVQ(6, codes=16, width=3, commitment=0.0).train()
    y, mix = torch.randn(1, 6, 4, 5, requires_grad=True), torch.randn(1, 6, 4, 5)
    (found,) = torch.autograd.grad((part(y).y_hat * mix).sum(), y)
    unit = to_unit(to_rows(part.down(y))).view(1, 4, 5, 3).permute(0, 3, 1, 2)
    (want,) = torch.autograd.grad((part.up(unit) * mix).sum(), y)
    torch.testing.assert_close(found, want, atol=1e-6, rtol=1e-4)


def test_the_loss_moves_chosen_codes_only_and_towards_their_latents() -> None:
    torch.manual_seed(0)
    part = NormalisedVQ(8, codes=256, width=4).train()
    y = torch.randn(1, 8, 5, 5)
    out = part(y)
    out.loss.backward()
    chosen = out.symbols.unique()
    moved = part.vectors.grad.abs().sum(1) > 0
    assert set(moved.nonzero().flatten().tolist()) <= set(chosen.tolist()) and moved.sum() > 0.9 * len(chosen)
    with torch.no_grad():
        part.vectors -= 5 * part.vectors.grad
        part.vectors.grad = None
    assert part(y).loss < out.loss


def test_commitment_moves_latents_and_no_codes() -> None:
    grads = []
    for commitment in (0.0, 1.0):
        torch.manual_seed(0)
        part = NormalisedVQ(8, codes=16, width=4, commitment=commitment).train()
        part(torch.randn(1, 8, 5, 5)).loss.backward()
        grads.append((part.vectors.grad, part.down.weight.grad))
    assert torch.equal(grads[0][0], grads[1][0])
    assert grads[0][1].abs().max() == 0 and grads[1][1].abs().max() > 0


def test_codes_stay_in_use_while_a_bottleneck_is_trained() -> None:
    torch.manual_seed(0)
    basis = torch.randn(6, 16)
    part = NormalisedVQ(16, codes=128, width=4).train()
    adam = torch.optim.Adam(part.parameters(), lr=1e-2)

    def latent(count: int) -> torch.Tensor:
        return (torch.randn(count, 6) @ basis).T.reshape(1, 16, 1, count)

    losses = []
    for _ in range(100):
        y = latent(512)
        out = part(y)
        losses.append((out.y_hat - y).square().mean())
        adam.zero_grad()
        (losses[-1] + out.loss).backward()
        adam.step()
    assert losses[-1] < 0.7 * losses[0]
    symbols = part.eval()(latent(20_000)).symbols
    share = torch.bincount(symbols.flatten(), minlength=128) / symbols.numel()
    assert (share > 0).float().mean() > 0.97
    perplexity = float(torch.exp2(-(share * share.clamp_min(1e-12).log2()).sum()))
    assert perplexity > 0.8 * 128
