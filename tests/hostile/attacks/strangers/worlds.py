# SPDX-License-Identifier: Apache-2.0
"""Folders of models and what a file of the tiny model finds there: nothing, strangers, damage, or its own among them.

The strangers go by the right name: that of their file, that inside, or the id that their header claims.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attacks.bundles.drafts import apart, sound, tiny
from attacks.bundles.foreign_cases import torch_archive
from attacks.files import model
from mezzotint.bundle import Bundle, assemble, dump
from mezzotint.errors import DamagedModel, FileAccess, MezzotintError, UnknownModel

UNKNOWN, CHANGED = "which is not at hand", "has changed (its SHA-256 differs)"


@dataclass(frozen=True)
class World:
    """What is at hand, and what must come of it."""

    what: str
    error: type[MezzotintError] | None  # None: the picture of the right model
    message: str = ""
    folder: Path | None = None  # MZT_MODELS
    model: Path | Bundle | None = None
    known: bool = False  # what `mzt info` says of the model, by headers alone

    @property
    def named(self) -> bool:
        """Whether the error says the id of the file; one of the system comes before anything is compared."""
        return self.error in (UnknownModel, DamagedModel)


def worlds(place: Path) -> list[World]:
    """All of them, each in a folder of its own in `place`."""
    return [*folders(place), *given(place)]


def folders(place: Path) -> Iterator[World]:
    """Without --model."""
    yield World("no folder", UnknownModel, UNKNOWN)
    gone = place / "gone"
    yield World("a folder that is gone", FileAccess, "that MZT_MODELS names cannot be read", gone)
    file = _file(place / "a file", b"no folder")
    yield World("a file for a folder", FileAccess, "that MZT_MODELS names cannot be read", file)
    for what, content in (
        ("an empty folder", {}),
        ("a stranger under the right name", {"tiny.mztm": dump(stranger())}),
        ("a stranger with the right name inside", {"x.mztm": dump(namesake())}),
        ("a sound model without the suffix", {"tiny.bundle": sound()}),
        ("a sound model in a folder deeper", {"deep.mztm/tiny.mztm": sound()}),
        ("half a model", {"tiny.mztm": sound()[: len(sound()) // 2]}),
        ("an empty model", {"tiny.mztm": b""}),
        ("a model of torch", {"tiny.mztm": torch_archive()}),
        ("a model with a byte too many", {"tiny.mztm": sound() + b"\0"}),
    ):
        yield World(what, UnknownModel, UNKNOWN, _folder(place / what, content))
    for what, data in (
        ("a model with a bit turned over", turned(sound())),
        ("a model whose header claims the id", claimant()),
    ):
        folder = _folder(place / what, {"tiny.mztm": data})
        yield World(what, DamagedModel, CHANGED, folder, known=True)
    if hasattr(os, "mkfifo"):
        odd = _folder(place / "pipes and loops", {"tiny.mztm": b""})
        os.mkfifo(odd / "pipe.mztm")
        (odd / "loop.mztm").symlink_to("loop.mztm")
        (odd / "nowhere.mztm").symlink_to("nobody.mztm")
        yield World("pipes and loops", UnknownModel, UNKNOWN, odd)
    for what, content in (
        ("the right model", {"tiny.mztm": sound()}),
        ("the right model by another name", {"zzz.mztm": sound()}),
        ("the right model with a preview", {"tiny.mztm": sound("preview")}),
        (
            "the right model behind strangers",
            {"a.mztm": dump(stranger()), "b.mztm": dump(namesake()), "c.mztm": sound()},
        ),
        ("the right model behind a damaged copy", {"a.mztm": turned(sound()), "b.mztm": sound()}),
        ("the right model behind a false one", {"a.mztm": claimant(), "b.mztm": sound()}),
        ("the right model behind no model", {"a.mztm": b"", "b.mztm": torch_archive(), "c.mztm": sound()}),
    ):
        yield World(what, None, folder=_folder(place / what, content), known=True)


def given(place: Path) -> Iterator[World]:
    """With --model; the right one lies in the folder, and may not be taken instead."""
    right = _folder(place / "right", {"tiny.mztm": sound()})
    other = "and the one given is"
    for what, data, error, message in (
        ("a stranger given", dump(stranger()), UnknownModel, other),
        ("a namesake given", dump(namesake()), UnknownModel, other),
        ("a damaged copy given", turned(sound()), DamagedModel, CHANGED),
        ("a false one given", claimant(), DamagedModel, CHANGED),
        ("half of it given", sound()[:5000], DamagedModel, "bytes instead of"),
        ("an empty file given", b"", DamagedModel, "is not a Mezzotint model"),
        ("a model of torch given", torch_archive(), DamagedModel, "is not a Mezzotint model"),
    ):
        path = _folder(place / what, {"tiny.mztm": data}) / "tiny.mztm"
        yield World(what, error, message, right, path)
    yield World("nothing given", FileAccess, "cannot be read", right, place / "none.mztm")
    yield World("a folder given", FileAccess, "cannot be read", right, right)
    yield World("a stranger given as a Bundle", UnknownModel, other, right, stranger())
    yield World("the right one given", None, folder=None, model=right / "tiny.mztm")
    beside = _folder(place / "beside", {"tiny.mztm": dump(stranger())})
    yield World("the right one given, a stranger at hand", None, folder=beside, model=right / "tiny.mztm")
    yield World("the right one given as a Bundle", None, folder=beside, model=model())


# -- models -----------------------------------------------------------------------------------------------


def stranger() -> Bundle:
    """Another name, other groups."""
    return model(True)


def namesake() -> Bundle:
    """The same but for its steps: it reads every word of the right model, and makes another picture of them."""
    arrays = tiny().arrays()
    arrays["vector.step"] = arrays["vector.step"] + np.float32(1)
    return assemble(tiny().CARD, tiny().graphs(), arrays)


def turned(data: bytes) -> bytes:
    """A bit of the last blob."""
    return data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]


def claimant() -> bytes:
    """The header of the right model, and so its id, on the blobs of its namesake."""
    right, other = apart(sound()), apart(dump(namesake()))
    assert list(map(len, right.blobs)) == list(map(len, other.blobs))
    right.blobs = other.blobs
    return right.packed()


def _folder(place: Path, content: dict[str, bytes]) -> Path:
    place.mkdir(parents=True)
    for name, data in content.items():
        (place / name).parent.mkdir(exist_ok=True)
        _file(place / name, data)
    return place


def _file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
