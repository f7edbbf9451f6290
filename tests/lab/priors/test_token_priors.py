# SPDX-License-Identifier: Apache-2.0
"""What every prior of tokens must hold to, and what tells the autoregressive one from counting."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mezzotint import entropy
from mezzotint.errors import DamagedFile
from mezzotint.lab.layers.token_windows import Windows, windows
from mezzotint.lab.layers.transformer import causal
from mezzotint.lab.priors import token_histogram, token_raster  # noqa: F401 - so that they register
from mezzotint.lab.priors.serial import SerialReader
from mezzotint.lab.priors.token_raster import Raster
from mezzotint.lab.priors.token_tables import TOKEN_PRIORS, Counts, frequencies, table_set

CODES = 12
VECTORS = torch.randn(CODES, 6, generator=torch.Generator().manual_seed(0))


def maps(batch: int, height: int, width: int, seed: int = 0) -> Tensor:
    """Tokens of which each is mostly the one before it, or the next: what counts alone do not tell."""
    g = torch.Generator().manual_seed(seed)
    moves = (torch.rand(batch, height * width, generator=g) < 0.2).long()
    return (moves.cumsum(1) % CODES).view(batch, height, width)


@pytest.fixture(params=TOKEN_PRIORS.names(), scope="module")
def prior(request: pytest.FixtureRequest) -> torch.nn.Module:
    torch.manual_seed(0)
    options = "(channels=32, depth=1)" if request.param == "raster" else "()"
    made = TOKEN_PRIORS.build(request.param + options, CODES, 6)
    trainable = [p for p in made.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(trainable, 1e-2) if trainable else None
    for step in range(25):
        bits = made(maps(4, 12, 12, 10 + step), VECTORS).mean()
        if optimiser is not None:
            optimiser.zero_grad()
            (bits / 144).backward()
            optimiser.step()
    return made.eval()


@pytest.mark.parametrize("size", [(1, 1), (4, 8), (16, 16), (20, 17), (7, 33)])
def test_round_trip_is_exact(prior: torch.nn.Module, size: tuple[int, int]) -> None:
    tokens = maps(1, *size, seed=3)[0]
    chunks = prior.compress(tokens, VECTORS)
    assert torch.equal(prior.decompress(chunks, *size, VECTORS), tokens)
    assert prior.compress(tokens, VECTORS) == chunks


def test_what_it_never_saw_is_coded_too(prior: torch.nn.Module) -> None:
    tokens = torch.full((8, 8), CODES - 1)
    assert torch.equal(prior.decompress(prior.compress(tokens, VECTORS), 8, 8, VECTORS), tokens)


@torch.no_grad()
def test_size_is_within_two_percent_of_the_bits(prior: torch.nn.Module) -> None:
    tokens = maps(1, 48, 40, seed=4)
    size = 8 * sum(map(len, prior.compress(tokens[0], VECTORS)))
    bits = float(prior(tokens, VECTORS))
    assert abs(size / bits - 1) < 0.02


@torch.no_grad()
def test_other_chunks_are_refused(prior: torch.nn.Module) -> None:
    tokens = maps(1, 16, 16, seed=5)[0]
    (chunk,) = prior.compress(tokens, VECTORS)
    for wrong in (
        (),
        (chunk, chunk),
        (chunk[:-4],),
        (chunk[:-1],),
        (b"",),
        (chunk + bytes(4),),
        (b"\1\2\3\4" + chunk,),
    ):
        with pytest.raises(DamagedFile):
            prior.decompress(wrong, 16, 16, VECTORS)


@torch.no_grad()
def test_the_transformer_knows_what_comes_next_and_counts_do_not() -> None:
    """The moves' own entropy is 0.72 bits a token."""
    spent = {}
    for name in TOKEN_PRIORS.names():
        made = prior_of(name)
        spent[name] = float(made(maps(1, 16, 16, seed=6), VECTORS)) / 256
    assert spent["histogram"] > 3.2 and 0.6 < spent["raster"] < 1.5, spent


def prior_of(name: str) -> torch.nn.Module:
    """A prior after a little training."""
    torch.manual_seed(0)
    made = TOKEN_PRIORS.build("raster(channels=32, depth=1)" if name == "raster" else name, CODES, 6)
    with torch.enable_grad():
        optimiser = torch.optim.Adam([*made.parameters(), torch.nn.Parameter(torch.zeros(1))], 1e-2)
        for step in range(60):
            optimiser.zero_grad()
            bits = made(maps(8, 16, 16, 10 + step), VECTORS).mean() / 256
            if bits.requires_grad:
                bits.backward()
                optimiser.step()
    return made.eval()


@torch.no_grad()
def test_raster_tells_a_token_nothing_of_itself_or_later_ones() -> None:
    torch.manual_seed(1)
    made = Raster(CODES, 6, channels=32, depth=2)
    made.head.weight.data = torch.randn_like(made.head.weight)
    made.eval()
    tokens = maps(1, 6, 7)
    other = tokens.clone().flatten()
    other[20:] = (other[20:] + 5) % CODES
    logits = [made.logits(_through(made, t.view(1, 6, 7)), VECTORS)[0] for t in (tokens, other)]
    assert torch.equal(logits[0][:21], logits[1][:21])
    assert not torch.allclose(logits[0][21:], logits[1][21:])


@torch.no_grad()
def test_token_by_token_is_the_pass_over_whole_windows() -> None:
    """Bits of every place by the tables that code it, also where windows overshoot the map."""
    torch.manual_seed(1)
    made = Raster(CODES, 6, channels=32, depth=2).eval()
    made.head.weight.data = 0.05 * torch.randn_like(made.head.weight)
    tokens = maps(1, 19, 21)
    cut = windows(19, 21, 16)
    parts = cut.cut(torch.arange(19 * 21).float().view(1, 1, 19, 21)).long().flatten(1)
    spent = torch.zeros(19 * 21)

    def note(place: int, inside: Tensor, rows: np.ndarray) -> None:
        where = parts[inside, place]
        chosen = torch.from_numpy(rows.astype(np.int64)).gather(1, tokens.flatten()[where][:, None])[:, 0]
        spent[where] = -torch.log2(chosen / 2.0**24)

    made._walk(_padded(tokens, cut), VECTORS, cut, 0, note)
    torch.testing.assert_close(spent.view(19, 21), made.bits(tokens, VECTORS)[0], atol=1e-3, rtol=1e-3)


def _padded(tokens: Tensor, cut: Windows) -> Tensor:
    """Windows (count, N) of tokens, zero beyond the map."""
    full = torch.zeros(1, 1, cut.down * cut.rows, cut.across * cut.columns)
    full[..., : cut.height, : cut.width] = tokens
    return windows(*full.shape[2:], max(cut.rows, cut.columns)).cut(full).long().flatten(1)


def _through(made: Raster, tokens: Tensor) -> Tensor:
    cut = windows(*tokens.shape[1:], 16)
    x = made.entered(tokens.flatten(1), VECTORS, cut) + made.places(cut)
    for block in made.blocks:
        x = block(x, causal(x.shape[1]))
    return x


def test_frequencies_are_whole_and_keep_shares() -> None:
    mass = np.random.default_rng(0).random((50, 30)) ** 8
    found = frequencies(mass)
    assert found.min() >= 1 and (found.sum(1, dtype=np.int64) == 1 << 24).all()
    share = mass / mass.sum(1, keepdims=True)
    assert np.abs(found / 2.0**24 - share).max() < 40 / 2.0**24
    assert (frequencies(np.eye(4)).argmax(1) == np.arange(4)).all()


def test_a_serial_reader_reads_what_the_coder_wrote_and_notices_its_end() -> None:
    rows = frequencies(np.random.default_rng(1).random((9, 5)))
    values = np.array([0, 4, 2, 2, 1, 3, 0, 0, 4], np.int32)
    chunk = entropy.encode(values, np.arange(9, dtype=np.uint16), table_set(rows))
    reader = SerialReader(chunk)
    parts = [reader.take(rows[:4]), reader.take(rows[4:])]
    reader.finish()
    assert np.array_equal(np.concatenate(parts), values)
    short = SerialReader(chunk)
    short.take(rows[:8])
    with pytest.raises(DamagedFile):
        short.finish()


def test_counts_follow_and_settle() -> None:
    counts = Counts(3)
    counts.settle(torch.tensor([[0, 0], [2, 0]]))
    torch.testing.assert_close(counts.shares(), torch.tensor([3.5, 0.5, 1.5]) / 5.5)
    assert float(counts.bits(torch.tensor(0))) == pytest.approx(math.log2(5.5 / 3.5))
    counts.follow(torch.tensor([1]))
    torch.testing.assert_close(counts.counts, torch.tensor([2.97, 1.0, 0.99]))
