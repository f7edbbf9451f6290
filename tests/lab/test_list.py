# SPDX-License-Identifier: Apache-2.0
"""The list of all parts: complete, honest about where each comes from, and the same for people and programs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import mezzotint.lab as lab
from mezzotint.lab import cli
from mezzotint.lab.models import parts
from mezzotint.lab.systems import SYSTEMS

FIELDS = [
    "kind",
    "name",
    "id",
    "family",
    "title",
    "year",
    "reach",
    "aligned",
    "parameters",
    "kmac_px",
    "scaled_down",
]


def listed(*arguments: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(cli.main, ["list", "--json", *arguments])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.output)
    assert isinstance(rows, list)
    return rows


@pytest.fixture(scope="module")
def everything() -> list[dict[str, object]]:
    return listed()


@pytest.mark.parametrize("kind", sorted(parts.REGISTRIES))
def test_no_file_is_forgotten(kind: str) -> None:
    """Other tests import files one by one, so a registry alone would not show that the list lacks one."""
    (package,) = lab.__path__
    files = [
        path.stem
        for path in Path(package, f"{kind}s").glob("*.py")
        if re.search(rf"@{kind.upper()}S\.register\(", path.read_text("utf-8"))
    ]
    forgotten = [stem for stem in files if not hasattr(parts, stem)]
    assert files and not forgotten, f"add to models/parts.py: {', '.join(forgotten)}"


def test_every_part_is_there_once(everything: list[dict[str, object]]) -> None:
    found = [(row["kind"], row["name"]) for row in everything]
    registries = {**parts.REGISTRIES, "system": SYSTEMS}
    wanted = {(kind, name) for kind, registry in registries.items() for name in registry.names()}
    assert len(found) == len(set(found))
    assert set(found) == wanted | {("recipe", name) for name in ("first", "second", "third")}


def test_every_row_says_where_it_comes_from(everything: list[dict[str, object]]) -> None:
    for row in everything:
        assert list(row) == FIELDS
        assert row["id"] and row["title"], row
        if row["kind"] != "recipe":
            assert row["family"] and 1950 < row["year"] < 2100, row


def test_costs_are_counted(everything: list[dict[str, object]]) -> None:
    """A depthwise 3x3 filter: ten parameters a channel and nine products a cell, a cell being 256 pixels."""
    (row,) = [row for row in everything if row["name"] == "depthwise"]
    assert row["parameters"] == 10 * parts.LATENTS
    assert row["kmac_px"] == pytest.approx(9 * parts.LATENTS / 256 / 1000, abs=1e-4)
    assert (row["reach"], row["aligned"]) == (1, 1)


def test_recipes_cost_what_their_model_does(everything: list[dict[str, object]]) -> None:
    first, second, third = (row for row in everything if row["kind"] == "recipe")
    assert first["title"].startswith("The first model")
    assert 10 < first["kmac_px"] < second["kmac_px"] < third["kmac_px"] < 100


def test_kind_and_family_choose() -> None:
    assert {row["kind"] for row in listed("--kind", "recipe")} == {"recipe"}
    windows = listed("--kind", "mixer", "--family", "window")
    assert "swin" in [row["name"] for row in windows]
    assert {(row["kind"], row["family"]) for row in windows} == {("mixer", "window")}


def test_systems_are_listed_with_what_they_leave_out() -> None:
    rows = listed("--kind", "system")
    assert {"plain", "ftic"} <= {row["name"] for row in rows} and {row["kind"] for row in rows} == {"system"}
    assert all(row["scaled_down"] and row["kmac_px"] is None for row in rows)


def test_unknown_family_lists_the_known() -> None:
    result = CliRunner().invoke(cli.main, ["list", "--family", "windows"])
    assert result.exit_code == 1 and "unknown family 'windows'; known:" in result.output
    assert "window" in result.output and len(result.output.splitlines()) == 1


def test_people_get_a_line_each() -> None:
    result = CliRunner().invoke(cli.main, ["list", "--kind", "mixer", "--family", "fourier"])
    lines = result.output.splitlines()
    assert result.exit_code == 0 and lines[0].split()[0] == "kind"
    assert len(lines) == 1 + len(listed("--kind", "mixer", "--family", "fourier"))
    assert "all" in next(line for line in lines if " fnet " in line)
