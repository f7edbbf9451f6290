# SPDX-License-Identifier: Apache-2.0
"""What lies below a folder: in order, without hidden files, and never through a link to a folder."""

from __future__ import annotations

import os
import sys

import pytest

from mezzotint.bulk.walk import Tree, folders, join


def fill(root, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")


def sources(root, **more) -> list[str]:
    tree = Tree(str(root), lambda name: name.endswith(".png"), **more)
    return [
        join(folder.path, name)
        for folder in folders(tree)
        for name in folder.sources
        if tree.chosen(join(folder.path, name))
    ]


def left(root) -> int:
    return sum(folder.left for folder in folders(Tree(str(root), lambda name: name.endswith(".png"))))


def test_folders_in_order(tmp_path):
    fill(
        tmp_path,
        "b.png",
        "a.png",
        "z/c.png",
        "z/y/d.png",
        "a/e.png",
        "notes.txt",
        ".hidden.png",
        ".git/f.png",
    )
    assert sources(tmp_path) == ["a.png", "b.png", "a/e.png", "z/c.png", "z/y/d.png"]
    assert left(tmp_path) == 1


def test_patterns(tmp_path):
    fill(tmp_path, "a.png", "b.png", "raw/a.png", "raw/old/c.png", "new/a.png")
    assert sources(tmp_path, include=("a*",)) == ["a.png", "new/a.png", "raw/a.png"]
    assert sources(tmp_path, include=("raw/*",)) == ["raw/a.png", "raw/old/c.png"]
    assert sources(tmp_path, exclude=("raw",)) == ["a.png", "b.png", "new/a.png"]
    assert sources(tmp_path, exclude=("raw/old", "b.*")) == ["a.png", "new/a.png", "raw/a.png"]
    assert sources(tmp_path, include=("a*", "c*"), exclude=("new/*",)) == [
        "a.png",
        "raw/a.png",
        "raw/old/c.png",
    ]


def test_the_output_inside_is_passed_over(tmp_path):
    fill(tmp_path, "a.png", "out/b.png")
    assert sources(tmp_path, without=os.path.realpath(tmp_path / "out")) == ["a.png"]


def test_one_file(tmp_path):
    fill(tmp_path, "a.png", "b.picture")
    assert sources(tmp_path, only="b.picture") == ["b.picture"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links(tmp_path):
    fill(tmp_path, "a.png", "folder/b.png")
    (tmp_path / "link.png").symlink_to("a.png")
    (tmp_path / "folder" / "up").symlink_to(tmp_path)
    (tmp_path / "folder.png").symlink_to("folder")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "nowhere.png").symlink_to("nothing")
    assert sources(tmp_path) == ["a.png", "link.png", "loop.png", "nowhere.png", "folder/b.png"]
    assert left(tmp_path) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes among files")
def test_pipes_are_left_alone(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert sources(tmp_path) == []
    assert left(tmp_path) == 1


def test_a_folder_that_is_gone(tmp_path):
    (folder,) = folders(Tree(str(tmp_path / "gone"), lambda name: True))
    assert folder.error.startswith("it does not exist any more; ")


def test_a_deep_tree(tmp_path):
    path = "/".join(["d"] * 300)
    fill(tmp_path, f"{path}/a.png")
    assert sources(tmp_path) == [f"{path}/a.png"]
