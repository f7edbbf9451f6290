# SPDX-License-Identifier: Apache-2.0
"""The stage clock: exclusive, complete, of its own thread only, and free where nobody looks at it."""

from __future__ import annotations

import threading
import time
import timeit
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import mezzotint
from mezzotint.runtime.stages import Clock, Stage, clocked, stage

ENCODE = {Stage.PIXELS, Stage.ANALYSIS, Stage.HYPER, Stage.ENTROPY, Stage.CONTAINER}
DECODE = {Stage.PIXELS, Stage.SYNTHESIS, Stage.HYPER, Stage.ENTROPY, Stage.CONTAINER}


@pytest.fixture
def pass_time(monkeypatch):
    """A time that only the test moves on."""
    now = [100.0]
    monkeypatch.setattr("mezzotint.runtime.stages.time", SimpleNamespace(perf_counter=lambda: now[0]))

    def on(seconds: float) -> None:
        now[0] += seconds

    return on


def spent(clock: Clock) -> dict[Stage, float]:
    return {name: seconds for name, seconds in clock.seconds.items() if seconds}


def test_a_stage_inside_another_stops_its_clock(pass_time):
    with clocked() as clock:
        pass_time(1)
        with stage(Stage.PIXELS):
            pass_time(2)
            with stage(Stage.ANALYSIS):
                pass_time(4)
            pass_time(8)
        pass_time(16)
        with stage(Stage.ANALYSIS):
            pass_time(32)
    assert spent(clock) == {Stage.PIXELS: 10, Stage.ANALYSIS: 36}
    assert clock.entries == 3


def test_a_stage_inside_itself_counts_once(pass_time):
    with clocked() as clock, stage(Stage.HYPER), stage(Stage.HYPER):
        pass_time(3)
    assert spent(clock) == {Stage.HYPER: 3}


def test_an_error_closes_its_stages(pass_time):
    with clocked() as clock:
        with pytest.raises(ValueError, match="inside"), stage(Stage.ENTROPY), stage(Stage.HYPER):
            pass_time(1)
            raise ValueError("inside")
        pass_time(5)
        with stage(Stage.ENTROPY):
            pass_time(2)
    assert spent(clock) == {Stage.HYPER: 1, Stage.ENTROPY: 2}


def test_a_clock_hides_the_one_around_it_and_gives_way(pass_time):
    with clocked() as outer:
        with clocked() as inner, stage(Stage.ENTROPY):
            pass_time(1)
        with stage(Stage.ENTROPY):
            pass_time(2)
    with stage(Stage.ENTROPY):
        pass_time(4)
    assert (spent(outer), spent(inner)) == ({Stage.ENTROPY: 2}, {Stage.ENTROPY: 1})


def test_other_threads_are_not_on_the_clock():
    def work() -> None:
        with stage(Stage.ENTROPY):
            time.sleep(0.001)

    with clocked() as clock:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert clock.entries == 0


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize("tile_log2", [6, 10])
def test_every_stage_of_both_sides_is_seen(photo, tiny_model, tile_log2):
    with clocked() as encoding:
        data = mezzotint.encode(photo, 50, model=tiny_model, tile_log2=tile_log2)
    with clocked() as decoding:
        mezzotint.decode(data, model=tiny_model)
    assert set(spent(encoding)) == ENCODE
    assert set(spent(decoding)) == DECODE


def test_the_stages_sum_to_the_whole(root):
    """Of three turns the best: what is missing is the machine's to take."""
    with Image.open(root / "examples" / "chelsea.png") as image:
        pixels = np.asarray(image.convert("RGB"))
    data = mezzotint.encode(pixels, 50, threads=1)
    mezzotint.decode(data, threads=1)
    for call in (
        lambda: mezzotint.encode(pixels, 50, threads=1),
        lambda: mezzotint.decode(data, threads=1),
        lambda: mezzotint.encode(Image.fromarray(pixels), 50, threads=1),
    ):
        shares = []
        for _ in range(3):
            with clocked() as clock:
                start = time.perf_counter()
                call()
                whole = time.perf_counter() - start
            shares.append(sum(clock.seconds.values()) / whole)
        assert 0.96 < max(shares) <= 1


def test_nothing_measurable_is_paid_without_a_clock(photo, tiny_model):
    """All stages of one call, timed with nobody looking, against the call: under a thousandth.

    In turns, and of each the best: a machine that is busy for a while slows both.
    """

    def off() -> None:
        with stage(Stage.ENTROPY):
            pass

    pixels = np.tile(photo, (3, 2, 1))[:512, :600]
    with clocked() as clock:
        mezzotint.encode(pixels, 50, model=tiny_model, threads=1)
    hooks, calls = [], []
    for _ in range(20):
        hooks.append(clock.entries * timeit.timeit(off, number=1000) / 1000)
        calls.append(
            timeit.timeit(lambda: mezzotint.encode(pixels, 50, model=tiny_model, threads=1), number=1)
        )
    assert min(hooks) < min(calls) / 1000


def test_the_result_is_the_same_on_the_clock(photo, tiny_model):
    plain = mezzotint.encode(photo, 50, model=tiny_model)
    with clocked():
        data = mezzotint.encode(photo, 50, model=tiny_model)
        pixels = mezzotint.decode(data, model=tiny_model)
    assert data == plain
    np.testing.assert_array_equal(pixels, mezzotint.decode(plain, model=tiny_model))
