# SPDX-License-Identifier: Apache-2.0
"""Jobs on small trees of text files, with the converter that turns files round."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from mezzotint import bulk
from mezzotint.bulk.names import encoded
from mezzotint.bulk.plan import Step

HERE = Path(__file__).parent


@pytest.fixture
def fakes(monkeypatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(HERE))
    return import_module("fake_converter")


@dataclass
class Listener:
    counts: bool = True
    total: int = -1
    last: bulk.Progress | None = None
    plan: list[tuple[str, str, str]] = field(default_factory=list)

    def start(self, files: int) -> None:
        self.total = files

    def progress(self, now: bulk.Progress) -> None:
        self.last = now

    def planned(self, source: str, target: str, step: Step) -> None:
        self.plan.append((source, target, step.value))


@dataclass(frozen=True)
class Job:
    """SRC, DST, and the running of jobs from one to the other."""

    source: Path
    output: Path
    fakes: ModuleType
    heard: Listener

    def order(self, options: str = "options", **more) -> bulk.Order:
        patterns = {name: more.pop(name) for name in ("include", "exclude", "only") if name in more}
        root = more.pop("source", self.source)
        tree = bulk.Tree(str(root), lambda name: name.endswith((".png", ".jpg")), **patterns)
        return bulk.Order(tree, str(self.output), encoded, options, **{"processes": 1, **more})

    def run(self, converter=None, **more) -> bulk.Summary:
        return bulk.run(self.order(**more), converter or self.fakes.Reverse(), self.heard)

    def write(self, **files: str) -> None:
        """`a__b_png="text"` makes a/b.png."""
        for name, text in files.items():
            path = self.source / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def outputs(self) -> dict[str, str]:
        return tree(self.output)


def tree(folder: Path) -> dict[str, str]:
    """What a person sees below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(".mezzotint-"):
            found[str(path.relative_to(folder))] = path.read_bytes().decode()
    return found


@pytest.fixture
def job(tmp_path, fakes) -> Job:
    (tmp_path / "photos").mkdir()
    return Job(tmp_path / "photos", tmp_path / "out", fakes, Listener())
