# SPDX-License-Identifier: Apache-2.0
"""What lies below a folder, one folder at a time, so that a hundred thousand files cost no memory.

Links to folders are not followed (they can lead in circles, or out of the tree); links to files are. What is hidden is
passed over. Paths are below the root, parted by `/`, and may hold any byte that the system allows (surrogateescape).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from mezzotint.bulk.files import explained_read
from mezzotint.errors import MezzotintError


@dataclass(frozen=True)
class Tree:
    """Which files below a folder are meant."""

    root: str
    wanted: Callable[[str], bool]  # whether a name is that of a source, by its suffix
    only: str | None = None  # this one file of the root and nothing else
    include: tuple[str, ...] = ()  # patterns; none is all
    exclude: tuple[str, ...] = ()
    without: str = ""  # the real path of a folder to pass over: the job's own output

    def chosen(self, path: str) -> bool:
        """Whether the patterns let a source through."""
        if self.include and not any(_matches(pattern, path) for pattern in self.include):
            return False
        return not any(_matches(pattern, path) for pattern in self.exclude)


@dataclass
class Folder:
    """One folder's share."""

    path: str  # "" is the root
    sources: list[str] = field(default_factory=list)  # names, sorted; not yet chosen by patterns
    below: list[str] = field(default_factory=list)  # names of folders, sorted
    left: int = 0  # files that are no sources, and links to folders
    error: str = ""  # why it cannot be listed


def folders(tree: Tree) -> Iterator[Folder]:
    """Every folder, each before those below it, in the order of their names."""
    if tree.only is not None:
        yield Folder("", [tree.only])
        return
    root = os.path.realpath(tree.root)
    waiting = [""]
    while waiting:
        folder = _list(tree, waiting.pop())
        yield folder
        for name in reversed(folder.below):
            path = join(folder.path, name)
            excluded = any(_matches(pattern, path) for pattern in tree.exclude)
            if not excluded and os.path.join(root, path) != tree.without:
                waiting.append(path)


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _list(tree: Tree, path: str) -> Folder:
    folder = Folder(path)
    try:
        with explained_read(), os.scandir(os.path.join(tree.root, path)) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    _sort_in(folder, entry, tree)
    except MezzotintError as error:
        folder.error = str(error)
    folder.sources.sort(key=os.fsencode)
    folder.below.sort(key=os.fsencode)
    return folder


def _sort_in(folder: Folder, entry: os.DirEntry[str], tree: Tree) -> None:
    if entry.is_dir(follow_symlinks=False):
        folder.below.append(entry.name)
    elif tree.wanted(entry.name) and (
        _is_file(entry) or (entry.is_symlink() and not os.path.exists(entry.path))
    ):
        folder.sources.append(entry.name)  # a link that leads nowhere is the person's business
    else:
        folder.left += 1


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _matches(pattern: str, path: str) -> bool:
    """A pattern with a `/` is held against the whole path, another against the last name."""
    return fnmatchcase(path if "/" in pattern else path.rpartition("/")[2], pattern)
