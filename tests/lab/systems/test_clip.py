# SPDX-License-Identifier: Apache-2.0
"""What both clip systems share: NeRV++ and Boost-NeRV against NeRV, and whose files they read."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mezzotint.errors import DamagedFile, LimitExceeded, UnknownModel
from mezzotint.lab.data.clips import moving
from mezzotint.lab.models.framed import Start
from mezzotint.lab.systems import stream
from mezzotint.lab.systems.boost_nerv import boost_nerv
from mezzotint.lab.systems.clip import Clip, frames_of, points, psnr, restored
from mezzotint.lab.systems.nervpp import nervpp


@pytest.fixture(scope="module")
def clip() -> Clip:
    rows, columns = np.mgrid[:64, :80]
    photo = np.stack([128 + 60 * np.sin(rows / 7 + k) + 50 * (columns > 30) - 25 for k in range(3)], 2)
    return moving(photo.clip(0, 255).astype(np.uint8), 3, 32, 32)


def test_width_is_the_quality(clip: Clip, start: Start) -> None:
    system = nervpp(start, steps=1, tuning=0)
    files = [system.compress(clip, quality) for quality in system.qualities]
    assert sorted(map(len, files)) == [len(file) for file in files] and len(files[-1]) > 3 * len(files[0])


def test_files_of_other_options_are_refused(clip: Clip, start: Start) -> None:
    """The decoder of another block or of other tables would make noise of them."""
    data = nervpp(start, steps=1, tuning=0).compress(clip, 0)
    with pytest.raises(UnknownModel):
        nervpp(start, block="plain_up").decompress(data)
    with pytest.raises(UnknownModel):
        boost_nerv(start, block="separable_up", tables="counted").decompress(data)
    assert nervpp(start, steps=9).decompress(data).shape == clip.shape  # steps are the encoder's own


def test_shapes_that_lie_are_refused(clip: Clip, start: Start) -> None:
    system = nervpp(start, steps=1, tuning=0)
    chunks = stream.read(system.compress(clip, 0), system.name, system.options).chunks

    def made(shape: tuple[int, ...], quality: int = 0) -> bytes:
        return stream.write(stream.Stream(system.name, system.options, quality, shape, chunks))

    for shape in ((3, 32, 32), (3, 32, 32, 1), (3, 32, 64, 3)):
        with pytest.raises(DamagedFile):
            system.decompress(made(shape))
    with pytest.raises(DamagedFile, match="quality"):
        system.decompress(made(clip.shape, 77))
    with pytest.raises(LimitExceeded):
        system.decompress(made((5000, 32, 32, 3)))


def test_weights_without_end_are_refused(clip: Clip, start: Start) -> None:
    """Codes that stay in their range, times steps that do, may still make what is no number."""
    system = nervpp(start, steps=1, tuning=0)
    weights = system.fitted(clip, 0)
    weights.steps[:] = 16
    for code in weights.codes:
        code[:] = 32768
    with pytest.raises(DamagedFile, match="finite"):
        frames_of(restored(system.network(clip.shape, 0), weights))


def test_options_that_do_not_exist_are_answered_by_those_that_do(start: Start) -> None:
    with pytest.raises(ValueError, match="plain_up"):
        nervpp(start, block="none")
    with pytest.raises(ValueError, match="frequencies"):
        boost_nerv(start, loss="none")
    with pytest.raises(ValueError, match="counted"):
        boost_nerv(start, tables="none")
    with pytest.raises(ValueError, match="choose"):
        boost_nerv(start, price=float("nan"))


def test_points_are_of_real_files(clip: Clip, start: Start) -> None:
    system = boost_nerv(start, steps=2, tuning=2)
    (point,) = points(system, [clip], (0,))
    data = system.compress(clip, 0)
    assert point.bytes == len(data) and point.psnr == psnr(clip, system.decompress(data))
    weights = sum(p.numel() for p in system.network(clip.shape, 0).parameters())
    assert math.isclose(point.bits_a_weight, 8 * len(data) / weights)
    assert psnr(np.zeros(4), np.ones(4)) == pytest.approx(48.13, abs=0.01)
