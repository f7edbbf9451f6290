# SPDX-License-Identifier: Apache-2.0
"""What people read and what programs read, from the same rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mezzotint.evaluate.machine import facts
from mezzotint.evaluate.speed.coding import Coding, StageTime
from mezzotint.evaluate.speed.document import document
from mezzotint.evaluate.speed.macs import Cost
from mezzotint.evaluate.speed.memory import Line, Peak
from mezzotint.evaluate.speed.plan import PARTS, Plan
from mezzotint.evaluate.speed.spread import Spread, spread
from mezzotint.evaluate.speed.start import Start
from mezzotint.evaluate.speed.symbols import Symbols
from mezzotint.evaluate.speed.tables import table

SIDES = ("encode", "decode")
USUAL = "avif (speed 6, 4:2:0)"


def about(value: float) -> Spread:
    return Spread(value, value * 0.9, value * 1.1, 7)


def coding(codec: str, settings: str, threads: int, side: str, rate: float) -> Coding:
    return Coding(
        "768x512", threads, codec, settings, "1.0", side, 0.5, about(rate), USUAL, about(rate / 2.5)
    )


@pytest.fixture(scope="module")
def rows():
    found = [coding("mezzotint", "default", threads, side, 5.5) for threads in (1, 2) for side in SIDES]
    found += [coding("avif", "speed 6, 4:2:0", threads, side, 2.5) for threads in (1, 2) for side in SIDES]
    times = (
        ("encode", "whole", 160),
        ("encode", "entropy", 8),
        ("decode", "whole", 150),
        ("decode", "synthesis", 120),
    )
    found += [StageTime("768x512", 2, side, stage, about(time)) for side, stage, time in times]
    found += [Start("mzt version", True, 2, about(0.1), 22.0), Start("cjxl", False, 2, about(0.15), 44.0)]
    found += [Peak(side, 393216, 130.4, 0.5) for side in SIDES]
    found += [Line("encode", "up to one window", 104.3, 93.21, 2.2, 4)]
    found += [Cost("analysis", ("encoder",), 6231.75, 0.0, ())]
    found += [Cost("scale map", ("encoder", "decoder"), 64.0, 0.0, ())]
    found += [Cost("synthesis", ("decoder",), 1234567.891, 5000.0, ("LSTM x2",))]
    return [*found, Symbols("photo", "encode", about(130), about(131), 0.47, 0.45)]


def test_every_part_has_a_table(rows):
    for part in PARTS:
        lines = table(part, rows).splitlines()
        assert len(lines) >= 3
        assert max(map(len, lines)) <= 100


def test_numbers_of_the_tables(rows):
    text = table("coding", rows)
    assert f"MP/s on 768x512, 1 thread; x = times as fast as {USUAL}" in text
    assert "768x512, 2 threads" in text
    ours = next(line for line in text.splitlines() if line.startswith("mezzotint default"))
    assert ours.split()[2:] == ["0.50", *("5.50", "(4.95..6.05)", "2.20") * 2]

    entropy, synthesis, whole = table("stages", rows).splitlines()[-3:]
    assert entropy.split() == ["entropy", "8.00", "(7.20..8.80)", "5%", "-"]
    assert synthesis.split() == ["synthesis", "-", "120", "(108..132)", "80%"]
    assert whole.split() == ["whole", "160", "(144..176)", "100%", "150", "(135..165)", "100%"]

    assert "0.39              130     0.50          130     0.50" in table("memory", rows)
    assert "encode, up to one window: 104 MiB + 93.2 bytes a pixel (to 2 MiB)" in table("memory", rows)
    assert "cjxl                     0.150 (0.135..0.165)         44" in table("start", rows)

    analysis, scales, synthesis, total = table("macs", rows).splitlines()[-4:]
    assert (analysis.split(), scales.split()) == (["analysis", "6.232"], ["scale", "map", "0.064", "0.064"])
    assert synthesis.endswith("1234.568  and 5,000 for the picture  NOT COUNTED: LSTM x2")
    assert total.split() == ["sum", "6.296", "1234.632"]


def test_a_part_without_rows():
    for part in PARTS:
        assert "nan" not in table(part, [])


def test_the_document(rows, tiny_model):
    plan = Plan(Path("photos"), (), threads=(1, 2), repeat=7)
    found = json.loads(json.dumps(document(facts(str(tiny_model)), plan, rows, ["heic is left out: no"])))
    assert found["left_out"] == ["heic is left out: no"]
    assert len(found["coding"]) == 8
    assert found["coding"][0] == {
        "pictures": "768x512",
        "threads": 1,
        "codec": "mezzotint",
        "settings": "default",
        "version": "1.0",
        "side": "encode",
        "bpp": 0.5,
        "mp_per_s": {"median": 5.5, "low": 4.95, "high": 6.05, "count": 7},
        "against": USUAL,
        "ratio": {"median": 2.2, "low": 1.98, "high": 2.42, "count": 7},
    }
    assert found["macs"]["graphs"][2]["per_pixel"] == 1234600
    assert found["macs"]["graphs"][2]["unknown"] == ["LSTM x2"]
    assert (found["macs"]["encoder"], found["macs"]["decoder"]) == (6295.8, 1234600)
    assert found["memory"]["lines"][0]["bytes_per_pixel"] == 93.21
    assert set(found["about"]) > {"command", "commit", "processor", "cores", "model"}


def test_spread():
    assert spread([4.0, 1.0, 3.0, 2.0, 5.0]) == Spread(3.0, 2.0, 4.0, 5)
    assert spread([2.0]) == Spread(2.0, 2.0, 2.0, 1)
