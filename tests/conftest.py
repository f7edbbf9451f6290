# SPDX-License-Identifier: Apache-2.0
"""What tests of several folders need: the repository, an example photo, and a model that runs in milliseconds."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from mezzotint.bundle import Bundle

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder takes latents as they are: a model without training is lost in any picture (runtime/steady.py)."""
    monkeypatch.setattr("mezzotint.runtime.steady.FEWEST", 1 << 30)


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def photo() -> NDArray[np.uint8]:
    """An example photo of 451x300 pixels, RGB: neither side is a multiple of anything."""
    with Image.open(ROOT / "examples" / "chelsea.png") as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="session")
def load_module() -> Callable[[Path, str], ModuleType]:
    """(path, name) -> a module beside the tests, imported once under that name: test folders are no packages."""

    def load(path: Path, name: str) -> ModuleType:
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None
            assert spec.loader is not None
            module = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        return sys.modules[name]

    return load


@pytest.fixture(scope="session")
def alive() -> Callable[[int], bool]:
    """(process) -> whether it runs; (-group) -> whether any process of that group does, as os.kill takes them.

    A zombie does not: it waits for somebody to ask after it, who may be late or never come.
    """

    def runs(number: int) -> bool:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc/self/stat").exists() or any(state != "Z" for state in _states(number))

    return runs


def _states(number: int) -> Iterator[str]:
    """The letters of /proc for a process, or for those of a group."""
    for path in Path("/proc").glob("[0-9]*/stat" if number < 0 else f"{number}/stat"):
        with suppress(OSError):  # it ended meanwhile
            state, _, group = path.read_text().rpartition(")")[2].split()[:3]
            if number > 0 or int(group) == -number:
                yield state


@pytest.fixture(scope="session")
def tiny(load_module: Callable[[Path, str], ModuleType]) -> ModuleType:
    """tests/bundle/tiny.py."""
    return load_module(ROOT / "tests" / "bundle" / "tiny.py", "mezzotint_tests_tiny")


@pytest.fixture(scope="session")
def bundle(tiny: ModuleType) -> Bundle:
    """The hand-made model."""
    found: Bundle = tiny.bundle()
    return found


@pytest.fixture(scope="session")
def tiny_model(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle file of the hand-made model."""
    from mezzotint.bundle import save

    path = tmp_path_factory.mktemp("models") / "tiny.mztm"
    save(path, bundle)
    return path
