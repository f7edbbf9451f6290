# SPDX-License-Identifier: Apache-2.0
"""What README.md promises is run: its Python, its commands, its links, its tree."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from mezzotint.cli.program import run

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def beside_a_photo(tmp_path, root, monkeypatch):
    """A folder that holds photo.png, as the README's code expects."""
    shutil.copy(root / "examples" / "chelsea.png", tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python(beside_a_photo):
    assert blocks("python")
    names: dict[str, object] = {}
    for code in blocks("python"):
        exec(compile(code, "<README.md>", "exec"), names)  # its own assert lines are the test
    assert list(beside_a_photo.glob("*.mzt"))


def test_commands(beside_a_photo, capsys):
    lines = [line.split("#")[0] for block in blocks("sh") for line in block.splitlines()]
    commands = [shlex.split(line) for line in lines if line.startswith("mzt ")]
    assert len(commands) >= 4
    for command in commands:
        assert run(command[1:]) == 0, (command, capsys.readouterr().err)


def test_make_targets_exist(root):
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README)) <= targets


def test_links_lead_somewhere(root):
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    for link in links:
        assert link.startswith("https://") or (root / link).exists(), link


def test_the_tree_is_the_tree(root):
    """Every path named in the tree exists, and every package of the codec half is named."""
    tree = blocks("text")[-1]
    folder, named = "", set()
    for line in tree.splitlines():
        name = line.split()[0]
        folder = "" if not line.startswith(" ") else folder
        named.add(folder + name)
        if not line.startswith(" ") and name.endswith("/"):
            folder = name
    for name in named:
        assert (root / name).exists(), name
    packages = {
        f"src/mezzotint/{path.parent.name}/" for path in (root / "src/mezzotint").glob("*/__init__.py")
    }
    assert packages <= named


def test_results_table_equals_the_rows(root, load_module):
    """Every number of the table comes out of results/; `python dev/readme_table.py` puts it right."""
    made = load_module(root / "dev" / "readme_table.py", "mezzotint_readme_table")
    assert made.replaced(README, made.table()) == README
    assert README.count("**Mezzotint**") == 1
