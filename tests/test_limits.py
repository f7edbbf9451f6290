# SPDX-License-Identifier: Apache-2.0
"""`Limits` through library, commands and Pillow: every field, its default, and what a person is told.

The probes at limit - 1, limit and limit + 1 are those that `make harden` counts (tests/hostile/attacks).
"""

from __future__ import annotations

import importlib
import io
import json
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import mezzotint
import mezzotint.pillow
from mezzotint.bitstream import EXIF, ICC, XMP, Box, Limits, read, write
from mezzotint.bitstream.boxes import KNOWN
from mezzotint.bitstream.limits import hold, lifted, raised, word
from mezzotint.cli.program import run
from mezzotint.errors import ConversionWarning, LimitExceeded, UsageError
from mezzotint.runtime import memory

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
limits: ModuleType = importlib.import_module("attacks.limits")
probing: ModuleType = importlib.import_module("attacks.limits.probes")

FIELDS = [field.name for field in fields(Limits)]


# -- the probes -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    folder = tmp_path_factory.mktemp("probes")
    return [*limits.probes(folder), *limits.defaults(folder)]


@pytest.mark.parametrize("field", FIELDS)
def test_below_at_and_above_the_limit(probes: list[Any], field: str) -> None:
    """A field without a probe on each way in that knows it fails here."""
    mine = [probe for probe in probes if probe.field == field and ", " in probe.what]
    ways = {probe.what.rpartition(", ")[0] for probe in mine}
    assert {"decode lossy", "decode lossless", "encode lossy", "encode lossless"} <= ways
    assert {"mzt decode", "mzt encode", "Pillow load", "Pillow save"} <= ways
    for way in ways & {way for way in ways if f"{way}, at" in {probe.what for probe in mine}}:
        assert {"below", "at", "above"} <= {probe.what.removeprefix(f"{way}, ") for probe in mine}
    outcome = limits.judge(mine)
    assert outcome.faults == () and outcome.wrong == 0
    assert len(mine) // 3 <= outcome.refused < len(mine)


def test_the_default_limits_hold(probes: list[Any]) -> None:
    outcome = limits.judge(
        probe for probe in probes if ", below" not in probe.what and ", at" not in probe.what
    )
    assert outcome.faults == ()


def test_the_row_has_its_size(probes: list[Any]) -> None:
    assert len(probes) == limits.WHOLE >= 60


def test_a_wrong_outcome_is_counted(probes: list[Any]) -> None:
    """What is refused and should not be, what is let through and should not be, another error, and a slow refusal."""
    over = (LimitExceeded,)
    good = next(probe for probe in probes if probe.refusals and probe.field == "max_side")
    bad = [
        replace(good, refusals=()),
        probing.Probe("max_side", "let through", lambda: None, over),
        probing.Probe("max_side", "another", lambda: 1 // 0, over),
        probing.Probe("max_side", "without a remedy", lambda: _raise(LimitExceeded("too large")), over),
        probing.Probe(
            "max_side", "large", lambda: np.ones(80_000_000, np.uint8) is not None and good.work(), over
        ),
    ]
    outcome = limits.judge([good, *bad])
    assert (outcome.tried, outcome.refused, outcome.wrong) == (6, 1, 5)


def _raise(error: Exception) -> None:
    raise error


# -- the object -------------------------------------------------------------------------------------------


def test_the_defaults() -> None:
    assert Limits() == Limits(
        max_pixels=2**28, max_side=32768, max_boxes=64, max_box_bytes=16 << 20, max_chunks=2**20,
        max_tile_pixels=2**24, max_memory=None, max_seconds=None,
    )  # fmt: skip
    assert KNOWN == {EXIF: 16 << 20, XMP: 16 << 20, ICC: 4 << 20}
    assert mezzotint.Limits is Limits


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [-1, -0.5, float("nan"), True, False, "5", 1.5, None, [3], 1j])
def test_what_is_no_limit(field: str, value: Any) -> None:
    fine = {"max_seconds": [1.5, None], "max_memory": [None]}
    if value in fine.get(field, []):
        assert getattr(Limits(**{field: value}), field) == value
    else:
        with pytest.raises(UsageError, match=f"{field}=.* is no limit; give a"):
            Limits(**{field: value})


@pytest.mark.parametrize("field", FIELDS)
def test_a_limit_of_thousands_of_digits_can_be_told(field: str) -> None:
    found = Limits(**{field: 10**5000})
    assert getattr(found, field) > 10**20 and "=" in repr(found)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64])
def test_numbers_of_numpy_do_not_overflow(kind: type[np.integer[Any]]) -> None:
    found = Limits(max_pixels=kind(200), max_seconds=np.float32(2))
    assert type(found.max_pixels) is int and 2 * found.max_pixels == 400
    assert type(found.max_seconds) is float


def test_seconds_beyond_all_floats_are_no_limit() -> None:
    seconds = Limits(max_seconds=10**400).max_seconds
    assert seconds is not None and seconds > 1e20


def test_info_forgot_the_limits_that_it_was_given(tmp_path: Path) -> None:
    found = read(mezzotint.encode(np.zeros((8, 8), np.uint8), lossless=True))
    boxes = (*(Box(b"aaaa", b"x") for _ in range(69)), Box(b"bbbb", bytes((16 << 20) + 1)))
    path = tmp_path / "boxes.mzt"
    path.write_bytes(write(replace(found, boxes=boxes), Limits.none()))
    assert run(["info", str(path), "--limit", "boxes=70", "--limit", "box-bytes=17M"]) == 0
    assert run(["info", str(path), "--limit", "boxes=70"]) == 1


@pytest.mark.parametrize("call", [mezzotint.decode, mezzotint.salvage])
@pytest.mark.parametrize("what", ["box", "chunk"])
def test_a_file_far_larger_than_its_picture_counts_as_memory(call: Any, what: str) -> None:
    found = read(mezzotint.encode(np.zeros((8, 8), np.uint8), lossless=True))
    fat, most = bytes(10 << 20), memory.decoding_memory(found.header, None)
    boxes = tuple(Box(f"aa{n:02}".encode(), fat) for n in range(4)) if what == "box" else ()
    layers = found.layers if what == "box" else (*found.layers[:-1], (4 * fat,))
    data = write(replace(found, boxes=boxes, layers=layers))
    with pytest.raises(LimitExceeded, match="memory"):
        call(data, limits=Limits(max_memory=most))
    if what == "box":
        call(data, limits=Limits(max_memory=most + 4 * len(data)))


def test_it_travels_and_is_replaced() -> None:
    found = Limits(max_side=5, max_seconds=0.5)
    assert pickle.loads(pickle.dumps(found)) == found == replace(Limits(max_seconds=0.5), max_side=5)
    with pytest.raises(UsageError):
        replace(found, max_side=-5)


def test_no_limits() -> None:
    free = Limits.none()
    assert {field: getattr(free, field) for field in FIELDS} == {field: lifted(field) for field in FIELDS}
    sized = Limits(max_boxes=3).of_any_size()
    assert (sized.max_pixels, sized.max_side, sized.max_boxes) == (free.max_pixels, free.max_side, 3)
    assert free.max_side > 2**35  # what the format can say


def test_the_first_wrong_thing_is_told_with_a_remedy_for_all() -> None:
    found = Limits(max_pixels=10, max_side=5, max_memory=7)
    declared = [
        ("max_pixels", 11, "A"),
        ("max_side", 6, "B"),
        ("max_pixels", 30, "C"),
        ("max_memory", 7, "D"),
    ]
    with pytest.raises(LimitExceeded) as caught:
        hold(found, declared, "cut it, or ")
    assert str(caught.value) == (
        "A; cut it, or raise --max-pixels 30 --limit side=6 (Limits(max_pixels=30, max_side=6)) if you trust the file"
    )
    hold(Limits.none(), declared)


def test_a_panorama_is_let_through_by_what_the_error_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """40,000 pixels are over the default side; the line names the option, and the argument in Python."""
    wide = np.zeros((2, 40_000), np.uint8)
    with pytest.raises(LimitExceeded, match=r"--limit side=40000 \(Limits\(max_side=40000\)\)"):
        mezzotint.encode(wide, lossless=True)
    data = mezzotint.encode(wide, lossless=True, limits=Limits(max_side=40_000))
    with pytest.raises(LimitExceeded, match=r"--limit side=40000 \(Limits\(max_side=40000\)\)"):
        mezzotint.decode(data)
    (tmp_path / "wide.mzt").write_bytes(data)
    command = ["decode", str(tmp_path / "wide.mzt"), str(tmp_path / "wide.png")]
    assert run(command) == 1
    options = capsys.readouterr().err.partition("raise ")[2].partition(" (")[0].split()
    assert options == ["--limit", "side=40000"]
    assert run([*command, *options]) == 0


# -- commands ---------------------------------------------------------------------------------------------


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "in.png"
    Image.fromarray(np.zeros((40, 50, 3), np.uint8)).save(path)
    return path


@pytest.mark.parametrize(
    ("given", "status"),
    [("pixels=1999", 1), ("pixels=2000", 0), ("pixels=2k", 0), ("pixels=1K", 1), ("side=49", 1), ("side=0", 0),
     ("memory=1M", 1), ("memory=1G", 0), ("seconds=0.0000001", 1), ("seconds=60.5", 0), ("box-bytes=1m", 0)],
)  # fmt: skip
def test_limit_reads_numbers(picture: Path, given: str, status: int) -> None:
    command = ["encode", str(picture), str(picture.with_suffix(".mzt")), "--lossless", "--quiet"]
    assert run([*command, "--limit", given]) == status


@pytest.mark.parametrize(
    "given",
    ["pixels", "pixels=", "=5", "colour=5", "side=-1", "side=1.5", "side=4T", "side= 5", "side=0x10", "memory=nan",
     "seconds=1k", "seconds=-1", "seconds=inf", "seconds=1e3", "max_side=5", "side=" + "9" * 5000],
)  # fmt: skip
def test_what_limit_does_not_know(picture: Path, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["encode", str(picture), "out.mzt", "--limit", given]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"mzt: --limit {given} is none; give WHAT=N") and line.count("\n") == 1
    assert all(f"{word(field)}," in line for field in FIELDS)


def test_the_last_limit_of_a_kind_counts(picture: Path) -> None:
    command = ["encode", str(picture), str(picture.with_suffix(".mzt")), "--lossless", "--quiet"]
    assert run([*command, "--limit", "side=10", "--limit", "side=50"]) == 0
    assert run([*command, "--force", "--limit", "side=50", "--limit", "side=10"]) == 1


def test_max_pixels_and_limit_pixels_contradict(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["encode", str(picture), "out.mzt", "--limit", "pixels=5", "--max-pixels", "5"]
    assert run(command) == 2
    assert capsys.readouterr().err == (
        "mzt: --max-pixels and --limit pixels contradict one another; give one of them\n"
    )


def test_max_pixels_0_takes_any_size(tmp_path: Path) -> None:
    data = mezzotint.encode(np.zeros((1, 40_000), np.uint8), lossless=True, limits=Limits.none())
    (tmp_path / "wide.mzt").write_bytes(data)
    command = [
        "decode",
        str(tmp_path / "wide.mzt"),
        str(tmp_path / "wide.png"),
        "--max-pixels",
        "0",
        "--quiet",
    ]
    assert run(command) == 0
    assert run([*command, "--force", "--limit", "side=39999"]) == 1


@pytest.mark.parametrize("verb", ["encode", "decode", "info", "batch", "compare"])
def test_verbs_that_read_pictures_have_both_options(verb: str) -> None:
    from mezzotint.cli.program import program

    names = {name for param in program.commands[verb].params for name in param.opts}
    assert {"--max-pixels", "--limit"} <= names


@pytest.mark.parametrize("limit", ["pixels=1999", "side=49", "memory=1M", "seconds=0.0000001"])
def test_a_batch_goes_on_behind_what_is_over_a_limit(
    tmp_path: Path, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for name, side in (("large", 50), ("small", 10)):
        Image.fromarray(np.zeros((40, side, 3), np.uint8)).save(tmp_path / "in" / f"{name}.png")
    command = ["batch", str(tmp_path / "in"), str(tmp_path / "out"), "--lossless", "--jobs", "1"]
    assert run([*command, "--limit", limit]) == 1
    lines = [
        line for line in capsys.readouterr().err.splitlines() if "--limit" in line or "--max-pixels" in line
    ]
    failed = (
        1 if limit[:4] in ("pixe", "side") else 2
    )  # of a small picture, too, memory and time are more than that
    assert len(lines) == failed and any("large.png" in line for line in lines)
    assert len(list((tmp_path / "out").glob("*.mzt"))) == 2 - failed
    assert run([*command, "--quiet"]) == 0


# -- Pillow -----------------------------------------------------------------------------------------------


@pytest.fixture
def ours() -> Iterator[None]:
    kept = mezzotint.pillow.limits
    yield
    mezzotint.pillow.limits = kept


@pytest.mark.usefixtures("ours")
def test_limits_of_pillow_are_one_variable() -> None:
    assert mezzotint.pillow.limits == Limits()
    file = io.BytesIO()
    mezzotint.pillow.limits = Limits(max_side=40_000, max_seconds=60)
    Image.new("L", (40_000, 1)).save(file, "MZT", lossless=True)
    assert np.asarray(Image.open(file)).shape == (1, 40_000)
    mezzotint.pillow.limits = Limits()
    with pytest.raises(OSError, match="--limit side=40000"):
        Image.open(file)
    with pytest.raises(OSError, match="cut it into parts, or raise --limit side=40000"):
        Image.new("L", (40_000, 1)).save(io.BytesIO(), "MZT", lossless=True)


# -- memory -----------------------------------------------------------------------------------------------


def test_a_drawing_is_tried_without_loss_within_the_memory(bundle: Any) -> None:
    """Lossless coding of a large tile takes more than its network, and comes second: the limit counts both."""
    header = mezzotint.read_header(mezzotint.encode(np.zeros((9, 9, 3), np.uint8), lossless=True))
    wide = replace(header, width=4096, height=4096, tile_log2=12, mode=mezzotint.bitstream.Mode.LOSSY)
    assert memory.coding_memory(wide, bundle.card) == memory.encoding_memory(wide, None)
    assert memory.searching_memory(wide, bundle.card) > memory.coding_memory(wide, bundle.card)


_PEAK = """
import io, json, sys
sys.path.insert(0, sys.argv[2])
import numpy as np
from PIL import Image
import mezzotint, mezzotint.pillow
from memory_child import peak
from mezzotint.bundle import default
from mezzotint.runtime import memory

pixels = np.asarray(Image.open(sys.argv[1]).convert("RGB").resize((1100, 900)))
data = mezzotint.encode(pixels, threads=1)
mezzotint.decode(data, threads=1)
header, card = mezzotint.read_header(data), default().card
decoding = memory.decoding_memory(header, card)
needs = {
    "encode": (memory.coding_memory(header, card), lambda limits: mezzotint.encode(pixels, threads=1, limits=limits)),
    "search": (memory.searching_memory(header, card), lambda limits: mezzotint.encode(
        pixels, target_psnr=34, threads=1, limits=limits)),
    "decode": (decoding, lambda limits: mezzotint.decode(data, threads=1, limits=limits)),
    "pillow": (decoding + memory.pillow_memory(header), lambda limits: Image.open(io.BytesIO(data)).load()),
}
found = {}
for name, (need, work) in needs.items():
    limits = mezzotint.pillow.limits = mezzotint.Limits(max_memory=need)
    found[name] = [peak(lambda: work(limits))[1], need]
    try:
        limits = mezzotint.pillow.limits = mezzotint.Limits(max_memory=need - 1)
        work(limits)
        found[name][1] = 0
    except (mezzotint.MezzotintError, OSError):
        pass
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks the Linux kernel")
def test_the_peak_stays_below_the_least_limit_that_lets_a_picture_through(root: Path) -> None:
    arguments = [str(root / "examples" / "coffee.png"), str(root / "tests" / "runtime")]
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, *arguments], capture_output=True, text=True, check=True
    )
    for name, (peak, limit) in json.loads(done.stdout).items():
        assert 0 < peak <= limit, name


def test_metadata_that_no_file_may_hold_is_left_out_with_a_warning() -> None:
    image = Image.new("L", (8, 8))
    image.info["xmp"] = bytes(2**24 + 1)
    with pytest.warns(ConversionWarning):
        assert len(mezzotint.encode(image, lossless=True)) < 1000
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image.info["xmp"] = bytes(2**24)
        data = mezzotint.encode(image, lossless=True)
    assert mezzotint.decode(data, as_="picture").xmp == image.info["xmp"]
    with pytest.raises(LimitExceeded, match="leave metadata out, or raise --limit box-bytes=16777216"):
        mezzotint.encode(image, lossless=True, limits=Limits(max_box_bytes=2**24 - 1))


def test_a_remedy_names_what_it_takes() -> None:
    assert raised({"max_seconds": 4.0}).startswith("raise --limit seconds=4.0 (Limits(max_seconds=4.0))")
