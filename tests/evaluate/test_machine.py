# SPDX-License-Identifier: Apache-2.0
"""What the head of a results file says of the machine, and what it keeps to itself."""

from __future__ import annotations

import json
import subprocess

import pytest

from mezzotint.bundle import default
from mezzotint.evaluate import machine


@pytest.fixture(autouse=True)
def no_repository_of_the_caller(monkeypatch):
    """In a hook git says by these where its caller's repository is, and would write there what is meant for ours."""
    places = ("DIR", "WORK_TREE", "COMMON_DIR", "INDEX_FILE", "OBJECT_DIRECTORY", "QUARANTINE_PATH", "PREFIX")
    for name in (*places, "ALTERNATE_OBJECT_DIRECTORIES"):
        monkeypatch.delenv(f"GIT_{name}", raising=False)


def test_facts(root):
    facts = machine.facts(None, ["/home/me/bin/mzt", "bench", "--json", "results/speed.json"])
    document = json.loads(json.dumps(facts.as_json()))
    assert document["command"] == "mzt bench --json results/speed.json"
    assert document["model"] == f"{default().card.name} {default().model_id.hex()}"
    assert document["cores"] >= 1
    assert document["processor"] and document["system"] and document["python"]
    assert set(machine.PACKAGES) <= set(document["packages"])
    assert all(document["packages"].values())


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["/usr/bin/mzt", "eval", "/home/me/kodak", "-o", "out"], "mzt eval kodak -o out"),
        (["src/mezzotint/__main__.py", "bench"], "mzt bench"),
        (["Scripts/mzt.exe", "eval", "C:\\Users\\me\\kodak"], "mzt eval kodak"),
        (
            ["mzt", "bench", "--json=/tmp/a/b.json", "--model=m.mztm"],
            "mzt bench --json=b.json --model=m.mztm",
        ),
        (["mzt", "eval", "/home/me/my photos/"], "mzt eval 'my photos'"),
        (["mzt", "bench", "--json", "-", "--threads", "1,2"], "mzt bench --json - --threads 1,2"),
        (["mzt", "eval", "../kodak", "/"], "mzt eval ../kodak /"),
    ],
)
def test_private_folders_are_not_shown(arguments, shown):
    assert machine.shown_command(arguments) == shown


def test_the_checkout_is_this_repository(root):
    assert machine.checkout() == root


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository that holds the code, as far as machine.py looks."""
    home = tmp_path / "src" / "mezzotint" / "evaluate"
    home.mkdir(parents=True)
    (home / "machine.py").write_text("# code\n")
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.setattr(machine, "__file__", str(home / "machine.py"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")

    def git(*words: str) -> str:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return tmp_path, git


def test_commit(repository):
    top, git = repository
    name = git("rev-parse", "HEAD")[:12]
    assert machine.commit() == name
    (top / "README.md").write_text("words do not change a number")
    assert machine.commit() == name
    (top / "src" / "mezzotint" / "evaluate" / "machine.py").write_text("# other code\n")
    assert machine.commit() == name + "+"


def test_in_a_hook_it_is_not_the_commit_of_the_hooks_repository(repository, monkeypatch):
    top, git = repository
    name = git("rev-parse", "HEAD")[:12]
    subprocess.run(["git", "init", "-q", str(top / "other")], check=True)
    monkeypatch.setenv("GIT_DIR", str(top / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(top / "other" / ".git" / "index"))
    assert machine.commit() == name


def test_an_installed_package_has_no_commit(repository, monkeypatch):
    """Not even inside somebody's repository, whose commit says nothing about it."""
    top, _ = repository
    installed = top / "venv" / "lib" / "site-packages" / "mezzotint" / "evaluate"
    installed.mkdir(parents=True)
    (top / "venv" / "pyproject.toml").write_text("")
    monkeypatch.setattr(machine, "__file__", str(installed / "machine.py"))
    assert machine.checkout() is None
    assert machine.commit() is None


def test_without_git_there_is_no_commit(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert machine.commit() is None
