# SPDX-License-Identifier: Apache-2.0
"""What a file needs follows from its header."""

import tracemalloc

import numpy as np
import pytest

import mezzotint
from mezzotint.bitstream import read_header
from mezzotint.bundle import Bundle
from mezzotint.runtime.latents import decoding_memory


@pytest.mark.parametrize(
    ("shape", "tile_log2"),
    [((700, 900, 3), 10), ((700, 900), 10), ((700, 900, 4), 8), ((1500, 1400, 3), 10), ((1, 9000), 6)],
)
def test_decoding_keeps_to_the_formula(bundle: Bundle, shape: tuple[int, ...], tile_log2: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    data = mezzotint.encode(noise, 100, model=bundle, tile_log2=tile_log2)
    mezzotint.decode(data, model=bundle)  # sessions and tables are made once
    tracemalloc.start()
    try:
        mezzotint.decode(data, model=bundle)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= decoding_memory(read_header(data), bundle.card)
