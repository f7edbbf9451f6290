# SPDX-License-Identifier: Apache-2.0
"""docs/systems.md and the board behind it: the page is that of the rows, and every system has one on the same terms."""

from __future__ import annotations

import importlib.util
import re

import pytest

from mezzotint.lab.leaderboard import system_rows
from mezzotint.lab.recipes import published
from mezzotint.lab.systems import SYSTEMS, every

every.register()


@pytest.fixture(scope="module")
def script(request):
    path = request.config.rootpath / "dev" / "systems_page.py"
    spec = importlib.util.spec_from_file_location("systems_page", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_that_of_the_rows(script):
    page = script.PAGE.read_text(encoding="utf-8")
    assert script.START in page and script.replaced(page, script.page_part()) == page


def test_every_system_has_an_exact_row_on_the_same_terms(script):
    done = system_rows.read(script.ROWS)
    assert {row.name for row in done} == set(SYSTEMS.names()) and len(done) == 21
    assert len({row.terms for row in done}) == 1
    for row in done:
        assert row.exact and row.commit and row.kmac_px >= 0 and row.encode_seconds > 0 < row.decode_seconds
        assert (row.bd_rate is None) == bool(row.bd_reason), row.name


def test_rows_say_what_systems_and_recipes_say(script):
    said = {entry.name: entry.source for entry in SYSTEMS.entries()}
    for row in system_rows.read(script.ROWS):
        source = said[row.name]
        assert (row.id, row.family, row.scaled_down) == (source.id, source.family, source.scaled_down)
        if row.name != script.ANCHOR:
            recipe = published.find(row.name)
            assert (row.spec, row.off, row.claim) == (recipe.on, recipe.off or "", recipe.claim)
            assert row.measure and row.claim_on is not None and row.confirmed is not None


@pytest.mark.parametrize("name", SYSTEMS.names())
def test_docstrings_begin_with_a_sentence_and_a_small_diagram(script, name):
    first, diagram = script.docstring(name)
    assert len(first) <= 120 and first.endswith(".")
    assert 1 <= len(diagram.splitlines()) <= 8


def test_a_difference_within_the_seeds_is_undecided(script):
    (row,) = (row for row in system_rows.read(script.ROWS) if row.name == "segpic")
    assert script.held(row, 1e-6) in ("yes", "no") and script.held(row, 100.0) == "undecided"
    assert re.search(r"\| \[SegPIC\].* \|", script.page_part())
