# SPDX-License-Identifier: Apache-2.0
"""`make test-wheel`: what is in dist/, and the wheel at work in an environment that holds nothing else.

`make wheel` builds what is tested here. Everything runs in a folder outside the repository and, where Linux lets us,
without a network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint import __version__

pytestmark = pytest.mark.wheel

LARGEST = 25_000_000  # bytes of the wheel; PyPI takes 100 MB, the model is most of it
SHARED = {"share/mime/packages/mezzotint.xml", "share/misc/mezzotint.magic"}
ABSENT = ["torch", "torchvision", "onnx", "scipy", "matplotlib", "numcodecs", "imageio"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(root) -> Path:
    found = list((root / "dist").glob("*.whl"))
    assert [path.name for path in found] == [f"mezzotint-{__version__}-py3-none-any.whl"], "run `make wheel`"
    return found[0]


@pytest.fixture(scope="module")
def environment(root, wheel, tmp_path_factory) -> Path:
    """A folder with the wheel and what it declares."""
    folder = tmp_path_factory.mktemp("clean") / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-c", root / "constraints.txt", wheel], check=True)
    return folder


@pytest.fixture(scope="module")
def run(environment, tmp_path_factory) -> Run:
    """Run a program of the environment, in a folder elsewhere, with no network and no settings of ours."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    alone = ["unshare", "--map-root-user", "--net"]
    if not shutil.which(alone[0]) or subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        alone = []
    path = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])
    clean = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ} | {"PATH": path}

    def call(*command: object) -> subprocess.CompletedProcess[str]:
        words = [*alone, *map(str, command)]
        return subprocess.run(words, cwd=elsewhere, env=clean, capture_output=True, text=True, timeout=120)

    return call


def test_the_wheel_holds_the_package_and_nothing_else(root, wheel):
    source = {
        path.relative_to(root / "src").as_posix(): path
        for path in (root / "src" / "mezzotint").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        code = {name for name in names if name.startswith("mezzotint/")}
        assert code == set(source), "run `make wheel`"
        assert all(archive.read(name) == path.read_bytes() for name, path in source.items())
        assert {name.split(".data/data/")[1] for name in names - code} == SHARED
    assert "mezzotint/bundle/default.mztm" in code
    size = wheel.stat().st_size
    print(f"{wheel.name}: {size:,} bytes")
    assert size < LARGEST


def test_the_source_archive_holds_what_building_and_testing_need(root, wheel):
    (archive,) = (root / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as content:
        names = {name.split("/", 1)[1] for name in content.getnames()}
    tops = {name.split("/")[0] for name in names}
    needed = {"src", "share", "tests", "docs", "examples", "pyproject.toml", "README.md", "LICENSE"}
    assert needed | {"CHANGELOG.md", "Makefile", "constraints.txt"} <= tops
    assert not {"results", "runs", "dist", ".venv", ".git", ".ci"} & tops
    assert not [name for name in names if name.endswith((".pyc", ".pt", ".safetensors"))]
    assert {"src/mezzotint/bundle/default.mztm", *SHARED} <= names


def test_only_what_is_declared_is_there(environment, run):
    script = f"import importlib.util as u; print([name for name in {ABSENT} if u.find_spec(name)])"
    assert run("python", "-c", script).stdout.strip() == "[]"
    assert run("python", "-m", "pip", "check").returncode == 0
    assert all((environment / name).is_file() for name in SHARED)


def children_seconds() -> float:
    """What processes that have ended took of the processor."""
    import resource  # POSIX only

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_importing_is_quick(run):
    """Half a second is what people expect; it is a few milliseconds, and the codec itself comes when first used.

    Of the processor's time: how long a busy machine lets a program wait says nothing about it.
    """
    seconds = {}
    for what in (
        "pass",
        "import mezzotint",
        "import mezzotint.pillow",
        "from mezzotint import encode, decode",
    ):
        starts = []
        for _ in range(5):
            start = children_seconds()
            assert run("python", "-c", what).returncode == 0
            starts.append(children_seconds() - start)
        seconds[what] = min(starts)
    print({what: round(each - seconds["pass"], 3) for what, each in seconds.items()})
    assert max(seconds.values()) - seconds["pass"] < 0.5


def test_the_command(root, run, tmp_path):
    photo, coded, back = root / "examples" / "chelsea.png", tmp_path / "a.mzt", tmp_path / "back.png"
    versions = json.loads(run("mzt", "version", "--json").stdout)
    assert versions["mezzotint"] == __version__
    done = run("mzt", "encode", photo, coded, "-q", "60")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert json.loads(run("mzt", "info", coded, "--json").stdout)["model"]["known"]
    assert run("mzt", "decode", coded, back).returncode == 0
    before, after = (np.asarray(Image.open(path)).astype(float) for path in (photo, back))
    assert 10 * np.log10(255**2 / np.mean((before - after) ** 2)) > 30  # dB
    exact = tmp_path / "exact.mzt"
    assert run("mzt", "encode", photo, exact, "--lossless").returncode == 0
    assert run("mzt", "decode", exact, back, "--force").returncode == 0
    assert np.array_equal(np.asarray(Image.open(back)), np.asarray(Image.open(photo)))


def test_what_needs_an_extra_says_so(root, run, tmp_path):
    photo = root / "examples" / "chelsea.png"
    done = run("mzt", "encode", photo, tmp_path / "a.mzt", "--effort", "1")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "mezzotint[lab]" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_library_and_the_pillow_plugin(root, run, tmp_path):
    script = f"""
import asyncio, sys
from importlib.metadata import entry_points
import numpy as np
from PIL import Image
import mezzotint, mezzotint.aio, mezzotint.pillow
with Image.open({str(root / "examples" / "coffee.png")!r}) as image:
    image.save({str(tmp_path / "a.mzt")!r}, quality=50)
with Image.open({str(tmp_path / "a.mzt")!r}) as image:
    pixels = np.asarray(image)
data = open({str(tmp_path / "a.mzt")!r}, "rb").read()
assert np.array_equal(pixels, asyncio.run(mezzotint.aio.decode(data)))
assert [point.name for point in entry_points(group="numcodecs.codecs")] == ["mezzotint"]
assert [point.name for point in entry_points(group="zarr.codecs")] == ["mezzotint"]
print(pixels.shape, {str(root)!r} in mezzotint.__file__)
"""
    done = run("python", "-c", script)
    assert (done.returncode, done.stdout) == (0, "(400, 600, 3) False\n"), done.stderr
