# SPDX-License-Identifier: Apache-2.0
"""Jobs as processes of their own: killed at any moment, interrupted, out of space, without rights."""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mezzotint.bulk.journal import NAME

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
HERE = Path(__file__).parent

PROGRAM = """
import json, os, sys
if __name__ == "__main__":
    here, source, output, log, seconds, delete, fatal = sys.argv[1:8]
    sys.path.insert(0, here)
    from fake_converter import Reverse
    from mezzotint import bulk
    from mezzotint.bulk.names import encoded

    def die_at(call):
        # The parent's calls that change the disk, counted: it is gone before the one with this number.
        left = [call]
        def counted(function):
            def instead(*arguments, **more):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)
                return function(*arguments, **more)
            return instead
        for name in ("write", "fsync", "replace", "mkdir", "unlink", "ftruncate"):
            setattr(os, name, counted(getattr(os, name)))

    class Watcher:
        counts = False
        def start(self, files): ...
        def planned(self, *_): ...
        def progress(self, now):
            print(now.files, flush=True)

    tree = bulk.Tree(source, lambda name: name.endswith(".png"))
    order = bulk.Order(tree, output, encoded, "options", processes=2, delete=delete == "delete")
    converter = Reverse(float(seconds), log)
    if fatal != "-":
        order = __import__("dataclasses").replace(order, processes=1)
        die_at(int(fatal))
    summary = bulk.run(order, converter, Watcher())
    print(json.dumps({"converted": summary.converted, "skipped": summary.skipped,
        "deleted": summary.deleted, "errors": sorted({each.text for each in summary.failures})}))
"""

Start = Callable[..., "subprocess.Popen[str]"]


def hear() -> None:
    """Whoever runs the tests in the background may have closed their ears to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start(tmp_path) -> Start:
    (tmp_path / "program.py").write_text(PROGRAM)

    def run(
        output: Path,
        seconds: float = 0.0,
        source: Path = tmp_path / "photos",
        delete="keep",
        fatal="-",
        ready=hear,
    ) -> subprocess.Popen[str]:
        words = [tmp_path / "program.py", HERE, source, output, tmp_path / "log", seconds, delete, fatal]
        return subprocess.Popen(
            [sys.executable, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=ready,
        )

    return run


def fill(folder: Path, count: int, size: int = 10) -> dict[str, str]:
    """Files in three folders, and what their outputs will be."""
    expected = {}
    for number in range(count):
        path = folder / f"{number % 3}" / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number:04}" * (size // 4))
        expected[f"{number % 3}/{number:04}.mzt"] = path.read_text()[::-1]
    return expected


def visible(folder: Path) -> dict[str, str]:
    """Every file that has a final name."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def temporary(folder: Path) -> list[Path]:
    return list(folder.rglob(".mzt-*"))


def done(output: Path) -> Counter[str]:
    lines = (output / NAME).read_text().splitlines() if (output / NAME).exists() else []
    records = [json.loads(line) for line in lines if line.endswith("}")]
    return Counter(record["done"] for record in records if "done" in record)


def finish(run: subprocess.Popen[str]) -> dict:
    with run:
        out, err = run.communicate(timeout=60)
    assert err == ""
    found: dict = json.loads(out.splitlines()[-1])
    return found


def test_five_kills_and_a_tree_like_an_unbroken_one(start, tmp_path):
    expected = fill(tmp_path / "photos", 60)
    output, dice = tmp_path / "out", random.Random(1)
    before = 0
    for _ in range(5):
        with start(output, 0.1) as run:
            assert run.stdout is not None
            while int(run.stdout.readline()) <= before:  # those that were there are told of first
                pass
            time.sleep(dice.uniform(0, 0.3))
            run.kill()
        now = visible(output)
        assert now.items() <= expected.items()  # none is half-written
        before = len(now)
    assert before < 60
    last = finish(start(output))
    assert last["skipped"] + last["converted"] == 60 and last["skipped"] >= before - 2 and not last["errors"]
    assert visible(output) == expected
    assert temporary(output) == []
    assert set(done(output).values()) == {1} and len(done(output)) == 60
    conversions = len((tmp_path / "log").read_text().splitlines())
    # A kill costs at most what two workers had in hand, two each, and one of each that was just being settled.
    assert conversions <= 60 + 5 * 6


@pytest.mark.slow
@pytest.mark.parametrize("delete", ["keep", "delete"])
def test_death_before_every_single_call(start, tmp_path, delete):
    """Three files; the parent dies before its first call that changes the disk, its second, and so on."""
    fatal = 0
    while True:
        source, output = tmp_path / f"photos{fatal}", tmp_path / f"out{fatal}"
        expected = fill(source, 3)
        with start(output, source=source, delete=delete, fatal=str(fatal)) as run:
            died = run.wait(timeout=60) == 9
        now = visible(output)
        assert now.items() <= expected.items()
        if delete == "delete":  # every picture is in one place at least
            sources = {name.replace(".png", ".mzt") for name in visible(source)}
            assert sources | set(now) == set(expected)
        if died:
            assert finish(start(output, source=source, delete=delete))["errors"] == []
        assert visible(output) == expected
        assert temporary(output) == []
        assert set(done(output).values()) == {1} and len(done(output)) == 3
        assert len(visible(source)) == (0 if delete == "delete" else 3)
        if not died:
            break
        fatal += 1
    assert fatal > 20


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_job(start, tmp_path, alive, number):
    expected = fill(tmp_path / "photos", 8)
    output = tmp_path / "out"
    with start(output, 0.3) as run:
        assert run.stdout is not None
        run.stdout.readline()
        if number == signal.SIGKILL:
            run.kill()
        else:
            os.killpg(run.pid, number)  # as a terminal does: all of them hear it
        began = time.monotonic()
        run.wait(timeout=10)
        assert time.monotonic() - began < 5
        while alive(-run.pid):
            assert time.monotonic() - began < 5
            time.sleep(0.01)
    assert visible(output).items() <= expected.items()
    if number == signal.SIGINT:
        assert temporary(output) == []
    assert finish(start(output))["errors"] == []
    assert visible(output) == expected and temporary(output) == []


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 8 MiB, where one may make such."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("no right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(start, tmp_path, small_disk):
    expected = fill(tmp_path / "photos", 20, size=800_000)
    output = small_disk / "out"
    first = finish(start(output))
    assert 5 <= first["converted"] <= 10
    assert all(error.startswith(f"no space is left in {output}") for error in first["errors"])
    assert visible(output).items() <= expected.items() and temporary(output) == []
    subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
    second = finish(start(output))
    assert (second["skipped"], second["converted"]) == (first["converted"], 20 - first["converted"])
    assert visible(output) == expected


def test_a_journal_that_finds_no_space(start, tmp_path, small_disk):
    """Small files: there it is the journal that meets the end of the disk."""
    expected = fill(tmp_path / "photos", 800, size=1400)
    output = small_disk / "out"
    subprocess.run(["mount", "-o", "remount,size=1m", str(small_disk)], check=True)
    first = finish(start(output))
    assert 0 < first["converted"] < 800 and first["errors"]
    now = visible(output)
    assert now.items() <= expected.items() and temporary(output) == []
    assert set(done(output).values()) == {1}
    subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
    second = finish(start(output))
    assert second["errors"] == [] and second["skipped"] == len(now)
    assert visible(output) == expected and len(done(output)) == 800


def limited() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))


def test_a_file_that_may_not_grow_so_large(start, tmp_path):
    fill(tmp_path / "photos", 3)
    (tmp_path / "photos" / "large.png").write_text("x" * 60_000)
    found = finish(start(tmp_path / "out", ready=limited))
    assert found["converted"] == 3
    assert found["errors"] == [
        f"no space is left in {tmp_path / 'out'}; free some and run the same command again"
    ]


def without_rights() -> None:
    """Let permission bits count for root too: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH they do."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability)  # PR_CAPBSET_DROP; who is not root has nothing to drop


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities")
def test_without_rights(start, tmp_path):
    expected = fill(tmp_path / "photos", 6)
    output = tmp_path / "out"
    (output / "1").mkdir(parents=True)
    (output / "1").chmod(0o500)  # outputs of two files are refused
    (tmp_path / "photos" / "2").chmod(0)  # a folder that cannot be listed
    (tmp_path / "photos" / "0" / "0000.png").chmod(0)  # a file that cannot be read
    found = finish(start(output, ready=without_rights))
    (tmp_path / "photos" / "2").chmod(0o700)
    assert found["converted"] == 1
    assert found["errors"] == [
        f"{output / '1'} may not be written to; check its permissions, or choose another DST",
        "it may not be read; check the permissions of the file and of its folder",
    ]
    assert visible(output) == {"0/0003.mzt": expected["0/0003.mzt"]}


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities")
def test_a_dst_that_may_not_be_written_to(start, tmp_path):
    fill(tmp_path / "photos", 1)
    output = tmp_path / "out"
    output.mkdir()
    output.chmod(0o500)
    with start(output, ready=without_rights) as run:
        _, err = run.communicate(timeout=60)
    assert run.returncode == 1
    error = f"{output} may not be written to; check its permissions, or choose another DST"
    assert err.splitlines()[-1].endswith(error)
    assert list(output.iterdir()) == []
