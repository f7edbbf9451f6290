# SPDX-License-Identifier: Apache-2.0
"""FSQ as a codec: what it sends are digits of indices, its gradients pass, its codes are used."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.errors import DamagedFile
from mezzotint.lab.models.finite import BoundedDigits
from mezzotint.lab.models.framed import Start
from mezzotint.lab.quantizers.fsq import FSQ
from mezzotint.lab.systems import System, stream
from mezzotint.lab.systems.fsq import Fsq
from mezzotint.lab.systems.image import padded


@pytest.fixture(scope="module")
def system(made: Callable[[str], System]) -> Fsq:
    found = made("fsq")
    assert isinstance(found, Fsq)
    return found


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], np.ndarray]) -> np.ndarray:
    return sample("photo")


@torch.no_grad()
def test_digits_and_values_are_those_of_the_quantizer() -> None:
    torch.manual_seed(0)
    rounding, y = BoundedDigits(2, (8, 5, 5, 5)), torch.randn(2, 8, 16, 16)
    digits = rounding.digits(y).round()
    indices = rounding.indices(digits)
    for k, part in enumerate(rounding.parts):
        wanted = part.eval()(y[:, 4 * k : 4 * k + 4])
        assert torch.equal(indices[:, k : k + 1], wanted.symbols)
        torch.testing.assert_close(rounding.values(digits)[:, 4 * k : 4 * k + 4], wanted.y_hat)


@torch.no_grad()
def test_what_is_sent_are_indices_one_to_one(system: Fsq, photo: np.ndarray) -> None:
    digits = system.codec.rounded(padded(photo), 3)
    rounding = system.codec.rounding
    indices = rounding.indices(digits)
    part = rounding.parts[0]
    assert 0 <= indices.min() and indices.max() < part.alphabet == 1000
    back = torch.cat([part.digits_of(index[:, None]) for index in indices.unbind(1)], 1)
    assert torch.equal(back.float(), digits)


@torch.no_grad()
def test_a_level_sends_as_many_tokens_as_it_says(system: Fsq, photo: np.ndarray) -> None:
    for level, quality in enumerate(system.qualities):
        digits = system.codec.rounded(padded(photo), level)
        found = stream.read(system.compress(photo, quality), "fsq", stream.identity(system))
        assert digits.shape[1] == 4 * quality and len(found.chunks) == 2 * quality


@torch.no_grad()
def test_tokens_that_are_not_sent_do_not_show(system: Fsq) -> None:
    digits = torch.full((1, 24, 4, 4), 2.0)
    other = digits.clone()
    other[:, 12:] = 0
    assert torch.equal(system.codec.picture(digits, 2), system.codec.picture(other, 2))
    assert not torch.equal(system.codec.picture(digits, 3), system.codec.picture(other, 3))


def test_the_gradient_passes_the_rounding(start: Start) -> None:
    """The loss moves the analysis by way of the digits, and by way of the bits."""
    torch.manual_seed(0)
    codec = Fsq(start).codec.train()
    x = torch.rand(1, 3, 64, 64) - 0.5
    for part in (0, 1):
        codec.zero_grad()
        out = codec(x, 4)
        ((out.x_hat - x).square().mean() if part == 0 else out.y_bits.sum()).backward()
        gradient = codec.analysis.shortcut.weight.grad
        assert torch.isfinite(gradient).all() and (gradient.abs().amax(1) > 0).all()


@torch.no_grad()
def test_untrained_tokens_use_nearly_all_codes(start: Start) -> None:
    """Channels of the spread that they are said to have: as in the paper, there is nothing that could collapse."""
    torch.manual_seed(0)
    codec = Fsq(start).codec.eval()
    y = torch.randn(1, 24, 64, 64) * start.spread[:24, None, None]
    digits = codec.rounding.digits(y * codec.gain(torch.zeros(1))).round()
    used = [len(index.unique()) for index in codec.rounding.indices(digits).unbind(1)]
    assert min(used) > 900, used


@torch.no_grad()
def test_scalar_rounding_is_the_same_codec_without_bounds(start: Start, photo: np.ndarray) -> None:
    torch.manual_seed(0)
    system = Fsq(start, levels=())
    system.eval()
    x = 8 * padded(photo)
    digits = system.codec.digits(x, 4)
    assert digits.abs().max() > 10
    assert torch.equal(system.codec.rounded(x, 4), digits.round()) and not system.codec.prior.levels
    assert np.array_equal(system.decompress(system.compress(photo, 6)), system.rebuilt(photo, 6))
    assert isinstance(Fsq(start).codec.rounding.parts[0], FSQ)


def test_streams_of_other_chunks_are_refused(system: Fsq, photo: np.ndarray) -> None:
    found = stream.read(system.compress(photo, 2), "fsq", stream.identity(system))
    for chunks in (found.chunks[:-1], (*found.chunks, b""), found.chunks[::-1]):
        lie = stream.Stream(found.system, found.weights, found.quality, found.shape, chunks)
        with pytest.raises(DamagedFile):
            system.decompress(stream.write(lie))


@pytest.mark.parametrize(
    "options", [{"tokens": ()}, {"tokens": (2, 1)}, {"tokens": (0, 1)}, {"tokens": (1, 99)}]
)
def test_tokens_that_do_not_rise_or_fit_are_refused(start: Start, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="choose numbers"):
        Fsq(start, **options)
