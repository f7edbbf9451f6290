# SPDX-License-Identifier: Apache-2.0
"""The guess of symbols: near the true ones, blind to what is smooth, and worth its time."""

import numpy as np

from mezzotint.bundle import default
from mezzotint.bundle.schema import Bundle
from mezzotint.entropy.cdf import TOTAL_BITS
from mezzotint.runtime import guess
from mezzotint.runtime.encode import _guess, analyse, quantise_symbols, quantise_tile
from mezzotint.runtime.latents import TileLatents, open_model
from mezzotint.runtime.pictures import from_array
from mezzotint.runtime.scales import Scales
from mezzotint.runtime.tiles import tile_grid


def test_sizes_are_rounded_toward_zero() -> None:
    """A checkerboard has no use for its neighbours."""
    for value, size in ((0, 0), (0.69, 0), (0.71, 1), (1.69, 1), (1.71, 2), (30.8, 31)):
        board = value * (1 - 2 * (np.indices((4, 6)).sum(0) % 2))
        sizes = guess.symbols(board[None].astype(np.float32), np.ones((1, 1, 1), np.float32))
        assert sizes.dtype == np.int32
        assert (sizes == size).all()


def test_steps_are_of_channels() -> None:
    y = np.random.default_rng(0).normal(0, 5, (3, 8, 8)).astype(np.float32)
    step = np.array([1, 2, 0.5], np.float32).reshape(3, 1, 1)
    np.testing.assert_array_equal(
        guess.symbols(y, step), guess.symbols(y / step, np.ones((3, 1, 1), np.float32))
    )


def test_what_is_smooth_counts_as_small() -> None:
    rows, columns = np.mgrid[:12, :16]
    plane = (40 + 3 * rows + 2 * columns).astype(np.float32)
    assert guess.symbols(plane[None], np.ones((1, 1, 1), np.float32)).max() <= 1


def test_no_channels_give_no_symbols() -> None:
    assert guess.symbols(np.zeros((0, 4, 4), np.float32), np.ones((0, 1, 1), np.float32)).shape == (0, 4, 4)


def bits(tile: TileLatents, bundle: Bundle) -> float:
    """Of y, those of escapes aside."""
    total = 0.0
    for number, table in enumerate(bundle.y_tables.tables):
        values = tile.symbols[tile.indices == number].astype(np.int64) - table.minimum
        inside = values[(values >= 0) & (values < table.value_count)]
        total += float((TOTAL_BITS - np.log2(table.frequencies[inside].astype(np.float64))).sum())
    return total


def test_the_guess_is_near_the_truth_and_pays(photo: np.ndarray) -> None:
    """Against prices from z_hat alone: no more bits and less error, or about so, summed as the encoder weighs them."""
    bundle = default()
    assert bundle.scale_context is not None
    model, quality = open_model(bundle, 1), 2500
    pixels = photo[: photo.shape[0] // 64 * 64, : photo.shape[1] // 64 * 64]
    (tile,) = tile_grid(*pixels.shape[:2], 10)
    y = analyse(from_array(pixels), tile, quality, model)
    found = quantise_tile(y, tile, quality, model)
    sizes = _guess(y[0], quality, model)
    near = np.corrcoef(np.log2(1 + sizes.ravel()), np.log2(1 + np.abs(found.symbols[: len(sizes)].ravel())))
    assert near[0, 1] > 0.7

    scales = Scales(bundle, found.z_hat, quality)
    blind = bundle.scale_map(found.z_hat, quality)
    symbols = quantise_symbols(y, found.z_hat, model.prices[np.maximum(blind, 1)], quality, model)
    without = TileLatents(found.z_hat, scales.settle(symbols), symbols)

    def mistaken(guessed: np.ndarray, tile: TileLatents) -> float:
        """How far the guessed tables are from the true ones, in index steps."""
        return float(np.abs(guessed.astype(int) - tile.indices)[tile.indices > 0].mean())

    assert mistaken(scales.expected(sizes), found) < 0.6 * mistaken(blind, without)
    assert bits(found, bundle) < 1.1 * bits(without, bundle)


def test_what_no_integer_holds_counts_as_large() -> None:
    """Without a limit 2^31 and more became the least integer, which the table of octaves has no place for."""
    y = np.array([[[1e9, -1e30, 3e38, 0.0]]], np.float32)
    sizes = guess.symbols(y, np.full((1, 1, 1), 1e-3, np.float32))
    assert (sizes >= 0).all() and (sizes[0, 0, :3] > 15).all()
