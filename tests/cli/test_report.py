# SPDX-License-Identifier: Apache-2.0
"""`mzt report` from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")


@pytest.fixture(scope="session")
def fake(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    path = Path(__file__).parent.parent / "evaluate" / "report" / "fake_rows.py"
    return load_module(path, "mezzotint_tests_fake_rows")


@pytest.fixture
def measured(fake: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "out"
    folder.mkdir()
    found: Path = fake.put(folder, fake.usual())
    return found


def test_tables_and_files(mzt: Callable[..., Any], measured: Path) -> None:
    done = mzt("report", "out", "--metric", "psnr")
    assert done.status == 0
    assert b"> Mezzotint            -20.0 %  100 %  +0.93\n" in done.out
    assert done.err == "11 files in out/report; see out/report/index.html\n"
    assert len(list((measured / "report").iterdir())) == 11


def test_every_metric_can_be_chosen() -> None:
    from mezzotint.cli.report import _METRICS
    from mezzotint.evaluate.curves import METRICS

    assert tuple(metric.column for metric in METRICS) == _METRICS


def test_json_another_anchor_and_another_folder(mzt: Callable[..., Any], measured: Path) -> None:
    done = mzt("report", "out", "--metric", "psnr", "--anchor", "avif:speed 4", "--json", "-o", "elsewhere")
    found = json.loads(done.out)
    assert (
        done.status == 0 and found["anchor"] == "avif:speed 4, 4:4:4" and list(found["metrics"]) == ["psnr"]
    )
    assert found == json.loads(Path("elsewhere/report.json").read_text())
    assert not (measured / "report").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "what"),
    [
        (["nowhere"], 1, "mzt: nowhere/rows.csv does not exist; make it with `mzt eval PICTURES -o nowhere`"),
        (
            ["out", "--anchor", "heic"],
            2,
            "mzt: there is no 'heic' in these rows; choose one of 'mezzotint:default'; ",
        ),
        (
            ["out", "--anchor", "avif"],
            2,
            "mzt: 'avif' is not one codec; choose one of 'avif:speed 4, 4:4:4'; ",
        ),
        (["out", "--metric", "beauty"], 2, "mzt: Invalid value for '--metric'"),
        (["out", "--published"], 2, "mzt: published curves are of all 24 Kodak images"),
        (
            ["out", "-o", "out/rows.csv"],
            1,
            "mzt: out/rows.csv cannot be written to: File exists; choose another",
        ),
        ([], 2, "mzt: Missing argument 'OUT'"),
    ],
)
def test_what_does_not_work(
    mzt: Callable[..., Any], measured: Path, arguments: list[str], status: int, what: str
) -> None:
    done = mzt("report", *arguments)
    assert (done.status, done.out) == (status, b"")
    assert done.err.startswith(what) and done.err.count("\n") == 1


def test_without_matplotlib_the_extra_is_named(
    mzt: Callable[..., Any], measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = mzt("report", "out")
    assert done.status == 1
    assert done.err == "mzt: plots need matplotlib; pip install 'mezzotint[eval]'\n"


def test_a_folder_of_other_files_is_left_alone(mzt, measured, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("mine")
    result = mzt("report", measured, "-o", site)
    assert result.status == 1
    assert "holds other files" in result.err
    assert (site / "index.html").read_text() == "mine"
