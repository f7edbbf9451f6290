# SPDX-License-Identifier: Apache-2.0
"""docs/lab.md and the board behind it: its table is that of the rows, and every mixer has a row on one set of terms."""

from __future__ import annotations

import importlib.util
import re
import shlex

import click
import pytest

from mezzotint.lab.cli import main
from mezzotint.lab.leaderboard import board, rows
from mezzotint.lab.models import parts as parts  # registers the mixers


@pytest.fixture
def script(root):
    spec = importlib.util.spec_from_file_location("lab_table", root / "dev" / "lab_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_that_of_the_rows(script):
    page = script.PAGE.read_text(encoding="utf-8")
    assert script.START in page and script.replaced(page, script.table()) == page


def test_every_mixer_has_a_row_with_numbers_on_the_same_terms(script):
    done = rows.read(script.ROWS)
    assert {row.name for row in done} == set(board.chosen([])) and len(done) >= 40
    assert len({row.terms for row in done}) == 1
    assert all(row.bd_rate is not None and row.ms_per_mp and row.commit for row in done)
    block = next(row for row in done if row.name == board.ANCHOR)
    assert block.seeds == board.ANCHOR_SEEDS and all(abs(r.kmac_px / block.kmac_px - 1) < 0.01 for r in done)


def test_rows_say_what_the_parts_say(script):
    from mezzotint.lab.mixers import MIXERS

    said = {entry.name: entry.source for entry in MIXERS.entries()}
    for row in rows.read(script.ROWS):
        source = said[row.name]
        assert (row.id, row.family, row.scaled_down) == (source.id, source.family, source.scaled_down)


def test_commands_have_the_options_that_the_page_gives_them(script):
    blocks = re.findall(
        r"^```sh\n(.*?)^```", script.PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = [line.split("#")[0] for block in blocks for line in block.splitlines()]
    commands = [
        shlex.split(line.replace("torchrun --nproc-per-node 2 -m mezzotint.lab", "mzt-lab")) for line in lines
    ]
    found = [words[words.index("mzt-lab") + 1 :] for words in commands if "mzt-lab" in words]
    assert len(found) >= 6
    for verb, *words in found:
        command = main.commands[verb]
        options = {name for option in command.params for name in option.opts}
        assert isinstance(command, click.Command) and {w for w in words if w.startswith("--")} <= options
