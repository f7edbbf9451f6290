# SPDX-License-Identifier: Apache-2.0
"""A picture in, the same kind and size of picture out, by any cut, with integers that never move."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

import mezzotint
from mezzotint.bitstream import read, write
from mezzotint.bundle import Bundle
from mezzotint.evaluate import psnr
from mezzotint.runtime.decode import decode_picture, latent_digests, read_latents, reconstruct
from mezzotint.runtime.encode import encode_picture, quantise_tile
from mezzotint.runtime.latents import Model, open_model, y_part
from mezzotint.runtime.pictures import from_array
from mezzotint.runtime.tiles import BLOCK, tile_grid


def there_and_back(pixels: NDArray[np.uint8], bundle: Bundle, **options: object) -> NDArray[np.uint8]:
    data = mezzotint.encode(pixels, 60, model=bundle, threads=1, **options)  # type: ignore[arg-type]
    return mezzotint.decode(data, model=bundle, threads=1)


def sizes(step: int) -> Iterator[tuple[int, int]]:
    for height in range(1, 41):
        for width in range(1, 41):
            if (height * 40 + width) % step == 0:
                yield height, width


def test_sizes_come_back(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    for height, width in [(1, 1), (40, 40), *sizes(13)]:
        assert there_and_back(photo[:height, :width], bundle).shape == (height, width, 3)


@pytest.mark.slow
def test_every_small_size_comes_back(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    for height, width in sizes(1):
        assert there_and_back(photo[:height, :width], bundle).shape == (height, width, 3)


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (127, 61), (64, 64), (65, 128), (193, 257)])
def test_long_prime_and_whole_sizes_come_back(bundle: Bundle, shape: tuple[int, int]) -> None:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    pixels = np.repeat(((rows + columns) // 20 % 200)[..., None], 3, 2).astype(np.uint8)
    again = there_and_back(pixels, bundle, tile_log2=8)
    assert again.shape == pixels.shape
    assert psnr(pixels, again) > 25


def test_kinds_come_back(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    grey = photo[..., 1]
    again = there_and_back(grey, bundle)
    assert again.shape == grey.shape
    assert psnr(grey, again) > 25

    alpha = np.dstack([photo, photo[::-1, :, 0]])
    again = there_and_back(alpha, bundle)
    assert again.shape == alpha.shape
    np.testing.assert_array_equal(again[..., 3], alpha[..., 3])
    np.testing.assert_array_equal(again[..., :3], there_and_back(photo, bundle))


def test_arrays_of_any_layout(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    want = there_and_back(photo, bundle)
    np.testing.assert_array_equal(there_and_back(np.asfortranarray(photo), bundle), want)
    np.testing.assert_array_equal(there_and_back(photo[::-1][::-1], bundle), want)
    photo.setflags(write=False)
    np.testing.assert_array_equal(there_and_back(photo, bundle), want)


def test_quality_is_monotone(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    coded = [mezzotint.encode(photo, quality, model=bundle) for quality in range(0, 101, 20)]
    scores = [psnr(photo, mezzotint.decode(data, model=bundle)) for data in coded]
    assert [len(data) for data in coded] == sorted({len(data) for data in coded})
    assert scores == sorted(set(scores))


def test_the_reader_finds_what_the_writer_coded(model: Model, photo: NDArray[np.uint8]) -> None:
    """Symbols and indices of both sides, and escapes among them."""
    picture, quality = from_array(photo), 4095
    container = encode_picture(picture, quality, model, tile_log2=7)
    read_back = list(read_latents(read(write(container)), model.bundle))
    rows, columns = (-(-side // BLOCK) * BLOCK for side in photo.shape[:2])
    padded = np.pad(photo, [(0, rows - photo.shape[0]), (0, columns - photo.shape[1]), (0, 0)], mode="edge")
    y = model.run("analysis", quality, (8, rows // 16, columns // 16), pixels=padded[None])
    escapes = 0
    for tile, found in zip(tile_grid(*photo.shape[:2], 7), read_back, strict=True):
        want = quantise_tile(y[y_part(tile)], tile, quality, model)
        np.testing.assert_array_equal(found.z_hat, want.z_hat)
        np.testing.assert_array_equal(found.indices, want.indices)
        np.testing.assert_array_equal(found.symbols, want.symbols)
        assert not found.symbols[found.indices == 0].any()
        minima = np.asarray(model.bundle.array("y.minima"))[found.indices]
        escapes += int((np.abs(found.symbols) > np.abs(minima)).sum())
    assert escapes > 0


@pytest.mark.parametrize("tile_log2", [6, 7, 15])
@pytest.mark.parametrize("window", [1, 25 * BLOCK**2, 40 * BLOCK**2])
def test_windows_change_nothing(model: Model, tile_log2: int, window: int) -> None:
    """The tile rule: for one grid, any cut into windows gives the same y_hat and pixels within 1 step."""
    rows, columns = np.mgrid[:300, :500]
    pixels = np.dstack([rows // 3 % 256, (rows * columns // 300) % 256, columns // 2]).astype(np.uint8)
    whole = encode_picture(from_array(pixels), 2500, model, tile_log2, window_pixels=1 << 30)
    cut = encode_picture(from_array(pixels), 2500, model, tile_log2, window_pixels=window)
    assert whole.header == cut.header
    one = decode_picture(whole, model, window_pixels=1 << 30).colour.astype(int)
    other = decode_picture(whole, model, window_pixels=window).colour.astype(int)
    assert np.abs(one - other).max() <= 1
    np.testing.assert_allclose(reconstruct(cut, model), reconstruct(whole, model), atol=200)
    close = np.isclose(reconstruct(cut, model), reconstruct(whole, model), atol=1e-2).mean()
    assert close > 0.999  # a symbol on the edge of a rounding may fall to the other side, no more


def test_a_tile_depends_on_its_own_bytes_alone(model: Model, photo: NDArray[np.uint8]) -> None:
    container = encode_picture(from_array(photo), 3000, model, tile_log2=7)
    other = encode_picture(from_array(255 - photo), 3000, model, tile_log2=7)
    mixed = tuple(
        tuple(theirs if number else ours for number, (ours, theirs) in enumerate(zip(a, b, strict=True)))
        for a, b in zip(container.layers, other.layers, strict=True)
    )
    y_hat = reconstruct(container, model)
    again = reconstruct(type(container)(container.header, container.boxes, mixed), model)
    np.testing.assert_array_equal(again[..., :8, :8], y_hat[..., :8, :8])
    assert not np.array_equal(again, y_hat)


def test_threads_move_no_integer(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    data = mezzotint.encode(photo, 80, model=bundle, threads=1)
    two = mezzotint.decode(data, model=bundle, threads=2).astype(int)
    assert np.abs(two - mezzotint.decode(data, model=bundle, threads=1)).max() <= 1
    digests = latent_digests(data, model=bundle)
    assert len(digests) == 1
    assert len({digests[0].z_hat, digests[0].indices, digests[0].symbols}) == 3
    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(lambda _: mezzotint.decode(data, model=bundle, threads=2), range(8)))
    for again in several:
        np.testing.assert_array_equal(again, several[0])


def test_bytes_of_any_kind(bundle: Bundle, photo: NDArray[np.uint8]) -> None:
    data = mezzotint.encode(photo, model=bundle)
    want = mezzotint.decode(data, model=bundle)
    for kind in (bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(mezzotint.decode(kind, model=bundle), want)


def test_sessions_are_shared(bundle: Bundle) -> None:
    assert open_model(bundle, 1) is open_model(bundle, 1)
    assert open_model(bundle, 1) is not open_model(bundle, 2)
