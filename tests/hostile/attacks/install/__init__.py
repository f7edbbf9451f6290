# SPDX-License-Identifier: Apache-2.0
"""Row 27: the wheel in a fresh environment of every Python, 3.10 to 3.14, installed and used without a network.

Pythons are looked for on PATH, then where pyenv keeps them; dev/python.sh sets up one that the system lacks. A Python
that is not here is told as left out, and is not counted. What is tried in each is in probe.py.
Trap: packages are fetched into a folder first, with a network; only then is it taken away.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from attacks.files import ROOT
from attacks.install.probe import CHECKS
from attacks.trial import Outcome, nothing

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
STEPS = ("installed", "pip check", *CHECKS)
WHOLE = len(PYTHONS) * len(STEPS)
LARGEST = 25_000_000  # bytes of the wheel
PROBE = Path(__file__).with_name("probe.py")


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """As many Pythons as `count` holds whole, the newest first; each is a set of steps."""
    times, faults, left_out = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        wheel = _wheel(Path(folder))
        for version in reversed(PYTHONS[-max(1, count // len(STEPS)) :]):
            python = find(version)
            if python is None:
                left_out.append(f"no Python {version} on this machine (dev/python.sh sets one up)")
                continue
            times += [0.0] * len(STEPS)
            start = time.perf_counter()
            faults += [f"{version}: {fault}" for fault in _tried(python, wheel, Path(folder) / version)]
            times[-1] = time.perf_counter() - start
            for _ in STEPS:
                tick()
    return Outcome(
        len(times), 0, len(faults), max(times, default=0.0), None, 0.0, tuple(faults), tuple(left_out)
    )


def find(version: str) -> str | None:
    """The path of a Python of this version, such as 3.12."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    kept = [str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)]
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for python in (sys.executable, shutil.which(f"python{version}"), *kept):
        if python is not None:
            # On PATH may stand a stand-in that only says that there is no such Python.
            told = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, check=False)
            if told.stdout.strip() == version:
                return python
    return None


def _wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _tried(python: str, wheel: Path, folder: Path) -> list[str]:
    """What went wrong with this Python."""
    house, home = folder / "wheels", folder / "environment"
    subprocess.run([python, "-m", "venv", "--without-pip", home], check=True, capture_output=True)
    inside = str(home / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", inside]
    lines = [*pip, "download", "--quiet", "--dest", str(house), str(wheel)]
    offline = ["install", "--quiet", "--no-index", "--find-links", str(house), "mezzotint"]
    fetched = subprocess.run(lines, capture_output=True, text=True)
    if fetched.returncode:
        return [f"its packages cannot be fetched: {fetched.stderr[-300:]}"] * len(STEPS)
    size = wheel.stat().st_size
    faults = [f"the wheel has {size} bytes"] * (size > LARGEST)
    installed = _alone([*pip, *offline])
    if installed.returncode:
        return faults + [f"it is not installed: {installed.stderr[-300:]}"] * len(STEPS)
    if (checked := _alone([*pip, "check"])).returncode:
        faults.append(f"pip check: {checked.stdout[-300:]}")
    (folder / "elsewhere").mkdir()
    done = _alone([inside, "-I", str(PROBE), str(ROOT)], cwd=folder / "elsewhere")
    found = json.loads(done.stdout) if done.returncode == 0 else {"the probe itself": done.stderr[-300:]}
    return faults + [f"{check}: {why}" for check, why in found.items() if why]


def _alone(command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Without a network and without settings of ours; with a network where the system lets nobody take it away."""
    alone = ["unshare", "--map-root-user", "--net"]
    if not shutil.which(alone[0]) or subprocess.run([*alone, "true"], capture_output=True).returncode:
        alone = []
    clean = {key: os.environ[key] for key in ("HOME", "LANG", "PATH") if key in os.environ}
    return subprocess.run(
        [*alone, *command], cwd=cwd, env=clean, capture_output=True, text=True, timeout=300, check=False
    )
