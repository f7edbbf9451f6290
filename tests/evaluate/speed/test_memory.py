# SPDX-License-Identifier: Apache-2.0
"""Peaks of whole commands, and the two lines through them."""

from __future__ import annotations

import pytest

from mezzotint.evaluate.speed import commands, memory
from mezzotint.evaluate.speed.events import Next, Step
from mezzotint.evaluate.speed.memory import SIZES, Peak, lines, peaks
from mezzotint.evaluate.speed.pictures import photos
from mezzotint.runtime.tiles import WINDOW_PIXELS

MIB = 2**20


def test_the_sizes_span_what_is_promised():
    pixels = [width * height for width, height in SIZES]
    assert pixels == sorted(pixels)
    assert pixels[0] <= 1e5 and pixels[-1] >= 16e6
    within = [count for count in pixels if count <= WINDOW_PIXELS]
    assert len(within) >= 3 and within[-1] > 0.95 * WINDOW_PIXELS
    assert len(pixels) - len(within) >= 3


def test_lines_by_hand():
    """100 MiB and 80 bytes a pixel to one window, then 500 and 20; one point is 3 MiB off."""

    def law(pixels):
        return 100 + 80 * pixels / MIB if pixels <= 4 * MIB else 500 + 20 * pixels / MIB

    sizes = [MIB, 2 * MIB, 3 * MIB, 4 * MIB, 6 * MIB, 8 * MIB, 16 * MIB]
    found = [Peak("encode", pixels, law(pixels), 1.0) for pixels in sizes]
    found += [Peak("decode", pixels, law(pixels) / 2 + 3 * (pixels == 2 * MIB), 1.0) for pixels in sizes[:4]]
    within, beyond, decode = lines(found)
    assert (within.side, within.span, within.points) == ("encode", "up to one window", 4)
    assert (within.fixed_mib, within.bytes_per_pixel) == pytest.approx((100, 80))
    assert (beyond.span, beyond.points) == ("beyond", 3)
    assert (beyond.fixed_mib, beyond.bytes_per_pixel) == pytest.approx((500, 20))
    assert within.worst_mib == pytest.approx(0, abs=1e-6)
    assert (decode.side, decode.span) == ("decode", "up to one window")
    assert 1 < decode.worst_mib < 3


@pytest.mark.skipif(not commands.available(), reason="POSIX only")
def test_peaks_of_real_commands(root, tiny_model, tmp_path):
    small = photos(root / "examples", 1)
    told = list(peaks(tmp_path, small, ((192, 128), (768, 512)), 50, str(tiny_model), 1))
    rows = [entry for entry in told if isinstance(entry, Peak)]
    assert isinstance(told[0], Next)
    assert told[0].steps == told.count(Step()) == 4
    assert [(row.side, row.pixels) for row in rows] == [
        ("encode", 24576),
        ("decode", 24576),
        ("encode", 393216),
        ("decode", 393216),
    ]
    assert rows[2].peak_mib > rows[0].peak_mib + 1.2  # the pixels alone
    assert rows[3].peak_mib > rows[1].peak_mib + 1.2


def test_few_points_have_no_line():
    assert memory.lines([Peak("encode", 1, 1.0, 1.0), Peak("encode", 2, 2.0, 1.0)]) == ()
