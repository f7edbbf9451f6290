# SPDX-License-Identifier: Apache-2.0
"""What a measured number depends on besides the picture: command, code, processor, packages and model.

For the head of a results file, which others will read: the command keeps only the last part of absolute paths, and the
commit ends in "+" where the code on disk differs from it. Trap: a package that is installed inside somebody else's
repository belongs to none of that repository's commits.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from mezzotint.runtime.backends.onnxruntime_backend import cores as cores

PACKAGES = ("mezzotint", "numpy", "pillow", "onnxruntime", "constriction")
OPTIONAL = (
    "imagecodecs",
    "pillow-heif",
    "scipy",
    "onnx",
    "matplotlib",
)  # stated where installed
_CODE = ("src", "pyproject.toml")  # what a number depends on; a changed README does not count
_GIT_SECONDS = 10
# In a hook these name the repository that it belongs to, and git would answer for that one.
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY")


@dataclass(frozen=True)
class Package:
    name: str
    version: str


@dataclass(frozen=True)
class Machine:
    """`facts` makes one; `as_json` is what results files hold."""

    command: str  # what was typed, without private folders
    commit: str | None  # 12 hex digits and perhaps "+"; None outside a checkout
    processor: str  # its name, or "unknown"
    cores: int  # that this process may use
    system: str  # "Linux x86_64"
    python: str
    packages: tuple[Package, ...]
    model: str  # name and id of the bundle

    def as_json(self) -> dict[str, object]:
        packages = {package.name: package.version for package in self.packages}
        return {
            "command": self.command,
            "commit": self.commit,
            "processor": self.processor,
            "cores": self.cores,
            "system": self.system,
            "python": self.python,
            "packages": packages,
            "model": self.model,
        }


def facts(model: str | None = None, arguments: Sequence[str] | None = None) -> Machine:
    """This machine, with this model (a bundle's path, or None for the default one).

    `arguments` is the command line with its program first, `sys.argv` unless given. Raises what `bundle.resolve` does.
    """
    from mezzotint.bundle import resolve

    bundle = resolve(model)
    return Machine(
        command=shown_command(sys.argv if arguments is None else arguments),
        commit=commit(),
        processor=processor(),
        cores=cores(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages=_packages(),
        model=f"{bundle.card.name} {bundle.model_id.hex()}",
    )


def shown_command(arguments: Sequence[str]) -> str:
    """What a reader can type: `mzt` for the program however it was started, absolute paths cut to their last part."""
    program = PurePath(arguments[0]).stem if arguments else ""
    program = "mzt" if program in ("mzt", "__main__", "-m", "-c", "") else PurePath(arguments[0]).name
    return shlex.join([program, *map(_public, arguments[1:])])


def _public(word: str) -> str:
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(value).is_absolute():
            value = kind(value).name or value
    return option + equals + value


def checkout() -> Path | None:
    """The folder of the repository that this code runs from; None where it is installed without one."""
    top = Path(__file__).resolve().parents[3]
    here = top / "src" / "mezzotint" / "evaluate"
    return top if here == Path(__file__).resolve().parent and (top / "pyproject.toml").is_file() else None


def commit() -> str | None:
    """The commit of the checkout, with "+" where the code differs from it; None where none can be known."""
    top = checkout()
    if top is None or not (top / ".git").exists():
        return None
    name = _git(top, "rev-parse", "HEAD")
    if name is None or not re.fullmatch("[0-9a-f]{40,64}", name):
        return None
    changes = _git(top, "status", "--porcelain", "--", *_CODE)
    return name[:12] + ("" if changes == "" else "+")


def _git(folder: Path, *words: str) -> str | None:
    """What git prints; None where it is missing or refuses."""
    command = ["git", "-C", str(folder), "--no-optional-locks", *words]
    own = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=True, env=own
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def processor() -> str:
    """Its name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name") and ":" in line]
    return names[0] if names else platform.processor() or platform.machine() or "unknown"


def _packages() -> tuple[Package, ...]:
    """All that the codec stands on, and those of the extra `eval` that are installed."""
    found = []
    for name in (*PACKAGES, *OPTIONAL):
        try:
            found.append(Package(name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)
