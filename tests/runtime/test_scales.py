# SPDX-License-Identifier: Apache-2.0
"""Which table codes each symbol: without a context, in the decoder's order, and as the encoder settles it."""

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

import mezzotint
from mezzotint.bitstream import Container, read, write
from mezzotint.bundle import Bundle, assemble
from mezzotint.evaluate import psnr
from mezzotint.runtime.decode import decode_picture, read_latents
from mezzotint.runtime.encode import encode_picture, quantise_tile
from mezzotint.runtime.latents import Model, TileLatents, layers, open_model, y_part
from mezzotint.runtime.pictures import from_array
from mezzotint.runtime.scales import CERTAIN, Scales
from mezzotint.runtime.tiles import BLOCK, tile_grid

QUALITY = 2500
GARBAGE = -(1 << 27)


@pytest.fixture(scope="module")
def with_context(tiny: ModuleType) -> Bundle:
    found: Bundle = tiny.bundle(context=True)
    return found


@pytest.fixture(scope="module")
def contextual(with_context: Bundle) -> Model:
    return open_model(with_context, 1)


@pytest.fixture
def z_hat() -> NDArray[np.int32]:
    return np.random.default_rng(0).integers(-12, 13, (4, 2, 3), np.int32)


@pytest.fixture
def symbols() -> NDArray[np.int32]:
    """None of them is 0."""
    rng = np.random.default_rng(1)
    sizes = np.array([1, 1, 2, 3, 6, 20], np.int32)
    return rng.choice(sizes, (8, 8, 12)) * rng.choice(np.array([1, -1], np.int32), (8, 8, 12))


def by_groups(scales: Scales, bundle: Bundle, symbols: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The indices as a decoder finds them: the symbols of a group arrive after its indices were asked for."""
    known, indices = np.full_like(symbols, GARBAGE), np.empty(symbols.shape, np.uint8)
    for number, group in enumerate(layers(bundle)):
        indices[group] = scales.of_group(number, known)
        known[group] = symbols[group]
    return indices


# -- without a context ------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", [0, 2500, 4095])
def test_without_a_context_it_is_the_scale_map(
    bundle: Bundle, z_hat: NDArray[np.int32], symbols: NDArray[np.int32], quality: int
) -> None:
    expected, kept = bundle.scale_map(z_hat, quality), symbols.copy()
    scales = Scales(bundle, z_hat, quality)
    np.testing.assert_array_equal(by_groups(scales, bundle, symbols), expected)
    np.testing.assert_array_equal(scales.expected(symbols), expected)
    np.testing.assert_array_equal(scales.settle(symbols), expected)
    np.testing.assert_array_equal(symbols, kept)
    assert scales.expected(symbols).dtype == np.uint8


# -- with one ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", [0, 2500, 4095])
def test_the_first_group_and_the_first_guess_are_the_scale_map(
    with_context: Bundle, z_hat: NDArray[np.int32], symbols: NDArray[np.int32], quality: int
) -> None:
    plain = with_context.scale_map(z_hat, quality)
    scales = Scales(with_context, z_hat, quality)
    np.testing.assert_array_equal(scales.of_group(0, symbols), plain[:3])
    settled = scales.settle(symbols)
    assert (settled[3:7] != plain[3:7]).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(settled[:3], plain[:3])
    np.testing.assert_array_equal(scales.expected(symbols), settled)  # a guess that is right
    np.testing.assert_array_equal(scales.of_group(0, symbols), plain[:3])


@pytest.mark.parametrize("quality", [0, 2500, 4095])
def test_the_decoder_finds_what_the_encoder_settled(
    with_context: Bundle, z_hat: NDArray[np.int32], symbols: NDArray[np.int32], quality: int
) -> None:
    settled = Scales(with_context, z_hat, quality).settle(symbols)
    found = by_groups(Scales(with_context, z_hat, quality), with_context, symbols)
    np.testing.assert_array_equal(found, settled)
    again = Scales(with_context, z_hat, quality).settle(symbols)  # nothing is left to settle
    np.testing.assert_array_equal(again, settled)


def test_settling_clears_what_is_certain_and_nothing_else(
    with_context: Bundle, z_hat: NDArray[np.int32], symbols: NDArray[np.int32]
) -> None:
    before = symbols.copy()
    settled = Scales(with_context, z_hat, 1500).settle(symbols)
    certain = settled == CERTAIN
    assert 5 < certain[3].sum() < 90  # some, of a group that another one reads
    assert certain[7].all() and not certain[:3].any()
    np.testing.assert_array_equal(symbols, np.where(certain, 0, before))


def test_cleared_symbols_count_as_zeros_for_later_groups(
    with_context: Bundle, z_hat: NDArray[np.int32], symbols: NDArray[np.int32]
) -> None:
    before, scales = symbols.copy(), Scales(with_context, z_hat, 1500)
    settled = scales.settle(symbols)
    np.testing.assert_array_equal(settled[5:], scales.of_group(2, symbols))
    assert (settled[5:] != scales.of_group(2, before)).any()


def test_nothing_of_the_sum_wraps_at_32_bits(tiny: ModuleType) -> None:
    """A map whose bound just fits 32 bits leaves no room for the context."""
    arrays = tiny.arrays() | {name: np.full_like(a, 50) for name, a in tiny.context_arrays().items()}
    arrays["scale.weight"] = np.zeros_like(arrays["scale.weight"])
    arrays["scale.bias"] = np.full_like(arrays["scale.bias"], (1 << 27) - 300)
    extreme = assemble(tiny.CONTEXT_CARD, tiny.graphs(), arrays)
    assert 0 <= (1 << 31) - max(extreme.scale_map.bound()) < 1000
    scales = Scales(extreme, np.zeros((4, 1, 1), np.int32), 4095)
    assert (scales.settle(np.full((8, 4, 4), 15, np.int32)) == 63).all()


@pytest.mark.parametrize("group_count", [1, 2, 3])
def test_the_first_groups_alone_are_those_of_the_whole(
    bundle: Bundle,
    with_context: Bundle,
    z_hat: NDArray[np.int32],
    symbols: NDArray[np.int32],
    group_count: int,
) -> None:
    for some in (bundle, with_context):
        whole, first = Scales(some, z_hat, 1500), Scales(some, z_hat, 1500, group_count)
        for number in range(min(group_count, len(layers(some)))):
            np.testing.assert_array_equal(first.of_group(number, symbols), whole.of_group(number, symbols))


# -- in a file --------------------------------------------------------------------------------------------


def quantised(pixels: NDArray[np.uint8], model: Model, quality: int, tile_log2: int) -> list[TileLatents]:
    """What the encoder makes of each tile."""
    rows, columns = (-(-side // BLOCK) * BLOCK for side in pixels.shape[:2])
    padded = np.pad(
        pixels, [(0, rows - pixels.shape[0]), (0, columns - pixels.shape[1]), (0, 0)], mode="edge"
    )
    y = model.run("analysis", quality, (8, rows // 16, columns // 16), pixels=padded[None])
    grid = tile_grid(*pixels.shape[:2], tile_log2)
    return [quantise_tile(y[y_part(tile)], tile, quality, model) for tile in grid]


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize("quality", [0, 2500, 4095])
def test_the_reader_finds_what_the_writer_coded(
    contextual: Model, photo: NDArray[np.uint8], quality: int
) -> None:
    container = encode_picture(from_array(photo), quality, contextual, tile_log2=7)
    found = list(read_latents(read(write(container)), contextual.bundle))
    wanted = quantised(photo, contextual, quality, 7)
    assert len(found) == len(wanted) > 1
    for have, want in zip(found, wanted, strict=True):
        for name in ("z_hat", "indices", "symbols"):
            np.testing.assert_array_equal(getattr(have, name), getattr(want, name))
        assert not have.symbols[have.indices == CERTAIN].any()
        assert (have.indices != contextual.bundle.scale_map(have.z_hat, quality)).mean() > 0.1
    certain = np.concatenate([tile.indices[3].ravel() for tile in found]) == CERTAIN
    assert 0 < certain.sum() < certain.size  # the context made tables certain, which are left out


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize("sizes", [0, 15], ids=["too small", "too large"])
def test_a_wrong_guess_costs_bits_and_nothing_else(
    contextual: Model, photo: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, sizes: int
) -> None:
    """Symbols that a guess let in are cleared where the truth makes them certain; what it kept out is coded as 0."""
    settle, cleared = Scales.settle, []

    def spy(scales: Scales, symbols: NDArray[np.int32]) -> NDArray[np.uint8]:
        before = symbols.copy()
        indices = settle(scales, symbols)
        cleared.append(int((symbols != before).sum()))
        return indices

    monkeypatch.setattr(Scales, "settle", spy)
    monkeypatch.setattr("mezzotint.runtime.guess.symbols", lambda y, step: np.full(y.shape, sizes, np.int32))
    container = encode_picture(from_array(photo), 1638, contextual, tile_log2=7)
    found = list(read_latents(container, contextual.bundle))
    assert len(cleared) == len(found) > 1
    assert (max(cleared) > 0) == (sizes == 0)  # large symbols make tables of channel 3 certain
    for have, want in zip(found, quantised(photo, contextual, 1638, 7), strict=True):
        np.testing.assert_array_equal(have.indices, want.indices)
        np.testing.assert_array_equal(have.symbols, want.symbols)
    pixels = decode_picture(container, contextual).colour
    assert psnr(photo, pixels) > 20


def test_a_picture_comes_back(with_context: Bundle, photo: NDArray[np.uint8]) -> None:
    data = mezzotint.encode(photo, 60, model=with_context, threads=1, tile_log2=7)
    assert psnr(photo, mezzotint.decode(data, model=with_context, threads=1)) > 25


def test_a_tile_depends_on_its_own_bytes_alone(contextual: Model, photo: NDArray[np.uint8]) -> None:
    """The first tile of one picture, the others of another: windows stop at the border."""
    ours = encode_picture(from_array(photo), QUALITY, contextual, tile_log2=7)
    theirs = encode_picture(from_array(255 - photo), QUALITY, contextual, tile_log2=7)
    layers_ = tuple((a[0], *b[1:]) for a, b in zip(ours.layers, theirs.layers, strict=True))
    mixed = list(read_latents(Container(ours.header, ours.boxes, layers_), contextual.bundle))
    first, *others = (list(read_latents(one, contextual.bundle)) for one in (ours, theirs))
    for have, want in zip(mixed, [first[0], *others[0][1:]], strict=True):
        np.testing.assert_array_equal(have.indices, want.indices)
        np.testing.assert_array_equal(have.symbols, want.symbols)
