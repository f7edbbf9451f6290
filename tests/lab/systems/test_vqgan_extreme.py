# SPDX-License-Identifier: Apache-2.0
"""VQGAN-Extreme: a rate for each codebook, one clustered from another, and lost indices inferred."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.errors import DamagedFile
from mezzotint.evaluate.metrics import psnr
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.concealment import Concealer, copied, first_code
from mezzotint.lab.models.framed import Start
from mezzotint.lab.systems import System
from mezzotint.lab.systems.image import padded
from mezzotint.lab.systems.vqgan_extreme import VqganExtreme

SMALL = "vqgan_extreme(codes=(4, 16, 64))"


@pytest.fixture(scope="module")
def system(made: Callable[[str], System]) -> VqganExtreme:
    found = made(SMALL)
    assert isinstance(found, VqganExtreme)
    return found


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], np.ndarray]) -> np.ndarray:
    return sample("photo")


def test_more_codes_are_more_bits_and_less_distortion(system: VqganExtreme, photo: np.ndarray) -> None:
    files = [system.compress(photo, codes) for codes in system.qualities]
    quality = [psnr(photo, system.decompress(data)) for data in files]
    assert [len(data) for data in files] == sorted(len(data) for data in files)
    assert quality == sorted(quality) and quality[-1] > quality[0]


def test_smaller_codebooks_are_centres_of_the_largest(start: Start, crops: Crops) -> None:
    """With no step behind it, each code of a small book is a weighted mean of codes of the large one."""
    torch.manual_seed(0)
    system = VqganExtreme(start, (4, 32))
    system.learn(crops, 0, 0)
    small, large = (system.codec.vectors(level) for level in (0, 1))
    weights = system.codec.quantizers[1].books[0].counts
    member = torch.cdist(large, small).argmin(1)
    for k in range(4):
        mine = member == k
        mean = (weights[mine, None] * large[mine]).sum(0) / weights[mine].sum()
        torch.testing.assert_close(small[k], mean, atol=1e-3, rtol=1e-3)


def test_a_stream_is_its_tokens_and_thirty_odd_bytes(system: VqganExtreme, photo: np.ndarray) -> None:
    codes = system.qualities[-1]
    tokens = system.codec.tokens(padded(photo), len(system.qualities) - 1)
    counts = system.codec.priors[-1].counts
    bits = float(counts.bits(tokens).sum())
    assert len(system.compress(photo, codes)) < bits / 8 + 50


def test_what_is_not_lost_stays_and_what_is_lost_is_not_read(system: VqganExtreme, photo: np.ndarray) -> None:
    data = system.compress(photo, 64)
    x = padded(photo)
    lost = np.random.default_rng(0).random((x.shape[2] // 16, x.shape[3] // 16)) < 0.2
    assert lost.any()
    whole = system.restored(data, np.zeros_like(lost))
    assert np.array_equal(whole, system.decompress(data))
    tokens, codes = system.codec.tokens(x, 2)[0], system.codec.vectors(2)
    mask = torch.from_numpy(lost)
    other = torch.where(mask, (tokens + 7) % 64, tokens)
    for fill in (system.concealer.fill, copied, first_code):
        filled = fill(tokens, mask, codes)
        assert torch.equal(filled[~mask], tokens[~mask])
        assert torch.equal(filled, fill(other, mask, codes))


def test_a_transformer_learns_what_no_neighbour_tells() -> None:
    """Two codes in turn like a chessboard's fields: the nearest kept token is hardly ever the right one."""
    torch.manual_seed(0)
    codes = 3 * torch.randn(8, 6)

    def board(seed: int) -> torch.Tensor:
        g = torch.Generator().manual_seed(seed)
        a, b = torch.randint(8, (2,), generator=g)
        place = torch.arange(8)
        return torch.where((place[:, None] + place) % 2 == 0, a, b)

    concealer = Concealer(torch.ones(6), channels=32, depth=1)
    optimiser = torch.optim.Adam(concealer.parameters(), 5e-3)
    for step in range(60):
        tokens = torch.stack([board(8 * step + k) for k in range(8)])
        lost = torch.rand(8, 1, 8, 8) < 0.2
        guess = concealer(codes[tokens].permute(0, 3, 1, 2), lost)
        optimiser.zero_grad()
        concealer.nats(guess, tokens, codes, lost).backward()
        optimiser.step()
    right = {}
    for name, fill in (("transformer", concealer.fill), ("nearest", copied)):
        hits = []
        for seed in range(10_000, 10_020):
            tokens, lost = board(seed), torch.rand(8, 8, generator=torch.Generator().manual_seed(seed)) < 0.2
            hits.append((fill(tokens, lost, codes)[lost] == tokens[lost]).float().mean())
        right[name] = float(torch.stack(hits).mean())
    assert right["transformer"] > 0.6 and right["nearest"] < 0.4, right


def test_nearest_is_found_by_steps() -> None:
    tokens = torch.arange(12).view(3, 4)
    lost = torch.tensor([[0, 1, 1, 0], [0, 1, 1, 1], [0, 1, 1, 1]]).bool()
    assert copied(tokens, lost, tokens).tolist() == [[0, 0, 3, 3], [4, 4, 3, 3], [8, 8, 8, 3]]
    for row, column in ((0, 0), (2, 3)):  # one token kept, in either corner, goes everywhere
        lost = torch.ones(3, 4).bool()
        lost[row, column] = False
        assert copied(tokens, lost, tokens).eq(tokens[row, column]).all()
    assert copied(tokens, torch.ones(3, 4).bool(), tokens).eq(0).all()


def test_masks_and_qualities_that_do_not_fit_are_refused(system: VqganExtreme, photo: np.ndarray) -> None:
    data = system.compress(photo, 16)
    with pytest.raises(ValueError, match="give bool"):
        system.restored(data, np.zeros((3, 3), bool))
    with pytest.raises(ValueError, match="give one of 4, 16, 64"):
        system.compress(photo, 17)
    with pytest.raises(DamagedFile):
        system.restored(data[:-1], np.zeros((8, 8), bool))


@pytest.mark.parametrize("codes", [(), (0, 4), (8, 4), (4, 4), (4, 1 << 16)])
def test_sizes_that_do_not_rise_are_refused(start: Start, codes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="choose sizes"):
        VqganExtreme(start, codes)
