# SPDX-License-Identifier: Apache-2.0
"""Row 18: files whose model is unknown, another, damaged, or exchanged while they are decoded.

Each world (worlds.py) has a folder of models, a `--model` or none. Every way of decoding must end in the error
that the world deserves, which names the id of the file, in one line and without an output. Where the right model is at
hand as well, it must be the picture of that: strangers beside it change nothing.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from PIL import Image

import mezzotint
import mezzotint.pillow as mezzotint_pillow
from attacks import memory
from attacks.bits import part
from attacks.bundles.drafts import sound
from attacks.files import cut, model
from attacks.strangers.worlds import World, namesake, turned, worlds
from attacks.trial import SHOWN, SLOWEST, Outcome, nothing
from mezzotint.bitstream import read, write
from mezzotint.bundle import Bundle, default, dump
from mezzotint.cli.program import run
from mezzotint.errors import DamagedFile, DamagedModel, FileAccess, MezzotintError, UnknownModel
from mezzotint.runtime.decode import latent_digests

WHOLE = 488
REGION = (3, 5, 40, 20)
Trial = Callable[[], tuple[str, bool]]  # -> (what is wrong or "", whether it was refused)
Way = Callable[[bytes, Any, Path], Any]  # (file, model or None, a free folder) -> what it gives


class Told(Exception):
    """What a command or Pillow says instead of an error of ours."""


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """Every case, or `count` of them by chance."""
    times, refused, faults = [], 0, []
    before = memory.begin()
    with tempfile.TemporaryDirectory() as folder:
        for what, trial in part(list(cases(Path(folder))), count, np.random.default_rng(seed)):
            start = perf_counter()
            fault, turned_away = trial()
            times.append(perf_counter() - start)
            if not fault and times[-1] > SLOWEST:
                fault = f"took {times[-1]:.2f} s"
            refused += turned_away
            faults += [f"{what}: {fault}"] * bool(fault)
            tick()
    peak, middle = memory.rise(before), median(times)
    return Outcome(len(times), refused, len(faults), max(times), peak, middle, tuple(faults[:SHOWN]))


def cases(place: Path) -> Iterator[tuple[str, Trial]]:
    for world in worlds(place):
        for name, way in WAYS.items():
            if world.model is None or (
                name != "Pillow" and not (name == "command" and isinstance(world.model, Bundle))
            ):
                yield f"{world.what}, {name}", partial(judged, world, photo(), name, way, place)
        if world.model is None:
            yield f"{world.what}, info", partial(_information, world, place)
    right = place / "right"
    for what, file, error, message in named_otherwise():
        world = World(what, error, message, right)
        for name in ("library", "command", "Pillow"):
            yield f"{what}, {name}", partial(judged, world, file, name, WAYS[name], place)
    for number, story in enumerate(STORIES):
        for name in ("library", "command", "Pillow", "model="):
            folder = place / f"{name.strip('=')} {number}"
            yield f"{story.__name__}, {name}", partial(_told, story, folder, name)


# -- ways to decode ---------------------------------------------------------------------------------------


def _command(file: bytes, model: Any, place: Path) -> Any:
    """`mzt decode`: the picture, or its line; anything but one line, the right status and no output is a fault."""
    source, target = place / "photo.mzt", place / "out.npy"
    source.write_bytes(file)
    target.unlink(missing_ok=True)
    status, out, said = _run("decode", source, target, *(() if model is None else ("--model", model)))
    if status == 0:
        return np.load(target, allow_pickle=False)
    lines = said.splitlines()
    wrong = status != 1 or out or len(lines) != 1 or not said.startswith("mzt: ") or target.exists()
    if wrong or list(place.glob("*.tmp")):
        raise AssertionError(f"status {status}, {out!r}, {lines}, an output: {target.exists()}")
    raise Told(lines[0])


def _run(*arguments: object) -> tuple[int, str, str]:
    out, said = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        status = run([str(argument) for argument in arguments])
    return status, out.getvalue(), said.getvalue()


def _pillow(file: bytes, model: Any, place: Path) -> Any:
    assert Image.registered_extensions()[".mzt"] == mezzotint_pillow.FORMAT
    with Image.open(io.BytesIO(file)) as image:
        try:
            return np.asarray(image)
        except OSError as error:
            raise Told(str(error)) from None


def _library(**options: Any) -> Way:
    return lambda file, model, place: mezzotint.decode(file, model=model, threads=1, **options)


WAYS: dict[str, Way] = {
    "library": _library(),
    "region": _library(region=REGION),
    "half": _library(scale=1 / 2),
    "partial": _library(partial=True),
    "digests": lambda file, model, place: latent_digests(file, model=model),
    "command": _command,
    "Pillow": _pillow,
}


def judged(world: World, file: bytes, name: str, way: Way, place: Path) -> tuple[str, bool]:
    """What one way of decoding makes of a file in a world."""
    with at_hand(world.folder):
        try:
            found = way(file, world.model, place)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return _refusal(world, file, error), world.error is not None
    if world.error is not None:
        return f"gave {type(found).__name__}", False
    return ("" if same(found, right(name)) else "gave another picture"), False


def _refusal(world: World, file: bytes, error: BaseException) -> str:
    said = str(error)
    if not isinstance(error, Told) and (world.error is None or type(error) is not world.error):
        return f"{type(error).__name__}: {said}"
    if world.message not in said or "\n" in said:
        return f"{said!r} instead of {world.message!r}"
    identity = mezzotint.read_header(file).model_id.hex()
    return "" if identity in said or not world.named else f"{said!r} does not name {identity}"


def _information(world: World, place: Path) -> tuple[str, bool]:
    """`mzt info` names the id, and says whether a header at hand has it."""
    source = place / "photo.mzt"
    source.write_bytes(photo())
    with at_hand(world.folder):
        status, out, said = _run("info", source, "--json")
    if world.error is FileAccess:
        return ("" if status == 1 and world.message in said else f"status {status}: {said}"), True
    found = json.loads(out)["model"] if status == 0 else {}
    wanted = {"id": model().model_id.hex(), "known": world.known, "name": "tiny" if world.known else None}
    return ("" if found == wanted and not said else f"status {status}: {found}, {said}"), False


@contextmanager
def at_hand(folder: Path | None) -> Iterator[None]:
    """With this folder for MZT_MODELS, or none."""
    before = os.environ.pop("MZT_MODELS", None)
    try:
        if folder is not None:
            os.environ["MZT_MODELS"] = str(folder)
        yield
    finally:
        os.environ.pop("MZT_MODELS", None)
        if before is not None:
            os.environ["MZT_MODELS"] = before


# -- files ------------------------------------------------------------------------------------------------


@cache
def photo() -> bytes:
    return mezzotint.encode(cut(64, 100), model=model(), threads=1)


@cache
def right(name: str) -> Any:
    """What a way gives with the right model in its hand."""
    name = name if name in ("region", "half", "digests") else "library"
    return WAYS[name](photo(), model(), Path())


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, np.ndarray):
        return np.array_equal(found, wanted)
    return bool(found == wanted)


def named_otherwise() -> Iterator[tuple[str, bytes, type[MezzotintError], str]]:
    """The photo under other ids; one of a model that is at hand is found out by its words, or its layers."""
    own = model().model_id
    flips = [(int.from_bytes(own, "big") ^ 1 << bit).to_bytes(8, "big") for bit in range(64)]
    for identity in (*flips, bytes(8), b"\xff" * 8, own[::-1]):
        yield f"named {identity.hex()}", _named(photo(), identity), UnknownModel, "which is not at hand"
    other = mezzotint.encode(cut(64, 100), model=model(True), threads=1)
    for what, file in (("plain", photo()), ("context", other)):
        yield f"{what}, named as the default", _named(file, default().model_id), DamagedFile, "layer"
    yield "another's file under this name", _named(other, own), DamagedFile, "layers"
    exact = mezzotint.encode(cut(9, 7), lossless=True)
    yield "lossless, by a lossy model", _named(exact, own), UnknownModel, "needs the lossless tables"
    yield "lossless, by no tables", _named(exact, bytes(8)), UnknownModel, "needs the lossless tables"


def _named(file: bytes, identity: bytes) -> bytes:
    container = read(file)
    return write(replace(container, header=replace(container.header, model_id=identity)))


# -- a model that changes between two decodes -------------------------------------------------------------

Story = Iterator[World]  # what is at hand, one after the other; the file of the model is made before each


def exchanged(path: Path) -> Story:
    """Another bundle moved into its place, as `save` does."""
    yield _put(path, sound())
    other = path.with_suffix(".new")
    other.write_bytes(dump(namesake()))
    os.replace(other, path)
    yield World("exchanged", UnknownModel)


def exchanged_unseen(path: Path) -> Story:
    """Another bundle of the same size written over it, and the time set back."""
    yield _put(path, sound())
    yield _over(path, dump(namesake()), UnknownModel)
    yield _over(path, sound(), None)


def damaged_unseen(path: Path) -> Story:
    yield _put(path, sound())
    yield _over(path, turned(sound()), DamagedModel)


def removed(path: Path) -> Story:
    yield _put(path, sound())
    path.unlink()
    yield World("removed", UnknownModel)


def arrived(path: Path) -> Story:
    _put(path, dump(namesake()))
    yield World("a namesake", UnknownModel)
    yield _put(path, sound())


STORIES = (exchanged, exchanged_unseen, damaged_unseen, removed, arrived)


def _put(path: Path, data: bytes) -> World:
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    return World("the right one", None)


def _over(path: Path, data: bytes, error: type[MezzotintError] | None) -> World:
    status = path.stat()
    assert status.st_size == len(data)
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    while path.stat().st_ctime_ns == status.st_ctime_ns:  # the clock of files may be coarse
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return World("written over", error)


def _told(story: Callable[[Path], Story], folder: Path, name: str) -> tuple[str, bool]:
    """The same way of decoding after each change."""
    folder.mkdir()
    path = folder / "tiny.mztm"
    for number, world in enumerate(story(path)):
        asked = replace(world, folder=folder, model=path if name == "model=" else None)
        if asked.model is not None and not path.exists():
            asked = replace(asked, error=FileAccess)
        fault, _ = judged(asked, photo(), name, WAYS.get(name, WAYS["library"]), folder)
        if fault:
            return f"step {number}: {fault}", False
    return "", True
