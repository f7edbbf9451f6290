# SPDX-License-Identifier: Apache-2.0
"""VAT: streams that end anywhere decode to their whole scales, and scales bring the picture nearer."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch

from mezzotint.errors import DamagedFile, MezzotintError, NotMezzotint, TruncatedFile, UnknownModel
from mezzotint.evaluate.metrics import psnr
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.variational import windows_of, z_order
from mezzotint.lab.models.variational_tokenizer import VariationalTokenizer
from mezzotint.lab.systems import System, stream
from mezzotint.lab.systems.vat import Vat

SMALL = "vat(codes=32, width=16, channels=32, depth=1)"


@pytest.fixture(scope="module")
def system(made: Callable[[str], System]) -> Vat:
    found = made(SMALL)
    assert isinstance(found, Vat)
    return found


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], np.ndarray]) -> np.ndarray:
    return sample("photo")


def borders(system: Vat, data: bytes) -> list[int]:
    """The lengths at which each scale of a stream has just come."""
    chunks = stream.read(data, system.name, stream.identity(system)).chunks
    ends = np.cumsum([len(chunk) for chunk in chunks])
    return (len(data) - 4 - ends[-1] + ends).tolist()


def test_every_cut_decodes_to_its_whole_scales(system: Vat, photo: np.ndarray) -> None:
    data = system.compress(photo, 5)
    ends, wanted = borders(system, data), [system.rebuilt(photo, k) for k in system.qualities]
    for length in sorted({*range(0, len(data), 9), *(end + d for end in ends for d in (-1, 0)), len(data)}):
        whole = sum(end <= length for end in ends)
        if whole:
            assert np.array_equal(system.prefix(data[:length]), wanted[whole - 1]), length
        else:
            with pytest.raises(TruncatedFile):
                system.prefix(data[:length])


def test_a_lower_quality_is_the_beginning_of_a_higher_one(system: Vat, photo: np.ndarray) -> None:
    streams = [
        stream.read(system.compress(photo, k), "vat", stream.identity(system)) for k in system.qualities
    ]
    for low, high in itertools.pairwise(streams):
        assert high.chunks[: len(low.chunks)] == low.chunks and len(high.chunks) == len(low.chunks) + 1


def test_damage_is_refused_or_passes_for_a_cut(system: Vat, photo: np.ndarray) -> None:
    """A length that is damaged looks like the end; what comes of it is a right picture of fewer scales."""
    data = system.compress(photo, 5)
    wanted = [system.rebuilt(photo, k).tobytes() for k in system.qualities]
    passed = 0
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x55
        with contextlib.suppress(MezzotintError):
            assert system.prefix(bytes(damaged)).tobytes() in wanted, place
            passed += 1
    assert passed < 5, "the lengths of the scales behind the first"
    with pytest.raises(DamagedFile):
        system.decompress(data[: borders(system, data)[2]])
    with pytest.raises(DamagedFile):
        system.prefix(data + b"\0")


def test_foreign_beginnings_are_refused(
    system: Vat, photo: np.ndarray, made: Callable[[str], System]
) -> None:
    with pytest.raises(NotMezzotint):
        system.prefix(b"\x89PNG")
    other = made("plain").compress(photo, 2000)
    with pytest.raises(UnknownModel):
        system.prefix(other[:-8])


@pytest.mark.slow
def test_distortion_falls_with_every_scale(start: Start, crops: Crops, photo: np.ndarray) -> None:
    torch.manual_seed(0)
    system = Vat(start, codes=64)
    system.learn(crops, 40, 0)
    quality = [psnr(photo, system.rebuilt(photo, k)) for k in system.qualities]
    assert all(after > before for before, after in itertools.pairwise(quality)), quality


def test_the_latents_come_nearer_with_every_scale(system: Vat, crops: Crops) -> None:
    codec = system.codec
    x = crops.at(0)
    with torch.no_grad():
        cells = codec.cells(x, windows_of(4, 4))
        z = codec.tokenizer.tokens(cells)[0]
        indices, prefixes = codec.scales(z)
    errors = [float((z - prefix).square().mean()) for prefix in (torch.zeros_like(z), *prefixes)]
    assert errors == sorted(errors, reverse=True) and errors[-1] < errors[0]
    assert torch.equal(codec.scales.restore(indices[:3]), prefixes[2])


def test_z_order_keeps_every_aligned_square_together() -> None:
    order = z_order(8)
    assert order[:8].tolist() == [0, 1, 8, 9, 2, 3, 10, 11]
    assert sorted(order.tolist()) == list(range(64))
    for run in order.view(4, 16):  # quarters of the window
        rows, columns = run // 8, run % 8
        assert rows.max() - rows.min() == 3 and columns.max() - columns.min() == 3


@torch.no_grad()
def test_the_linear_path_begins_on_the_principal_axes() -> None:
    """Pairs of cells that span three dimensions go through three numbers unharmed, and z has a mean square of one."""
    torch.manual_seed(0)
    tokenizer = VariationalTokenizer(torch.ones(6), width=3, channels=32, depth=1)
    pairs = torch.randn(40, 32, 3) @ torch.randn(3, 12)
    cells = pairs.reshape(40, 64, 6)
    tokenizer.begin(cells)
    z = tokenizer.tokens(cells)[0]
    assert float(z.square().mean()) == pytest.approx(1, abs=1e-3)
    torch.testing.assert_close(tokenizer.cells(z), cells, atol=1e-3, rtol=1e-3)


def test_counts_beyond_the_tokens_are_refused(start: Start) -> None:
    with pytest.raises(ValueError, match="choose from 1 to 32"):
        Vat(start, counts=(1, 64))
