# SPDX-License-Identifier: Apache-2.0
"""Which models are at hand, and the one that a file needs.

Models are found by their id, never by a file name: the bundle that ships with the package first, then every
`*.mztm` in the folder that the environment variable MZT_MODELS names. A bundle is read once and kept while it
is among the last few used; a file that has changed on disk is read anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from mezzotint.bundle.files import Summary, load, read_summary
from mezzotint.bundle.schema import Bundle
from mezzotint.errors import DamagedModel, FileAccess, UnknownModel, UsageError

ENVIRONMENT = "MZT_MODELS"
_DEFAULT = Path(__file__).with_name("default.mztm")
_REMEDY = f"name its bundle with --model FILE, or put it into the folder that {ENVIRONMENT} names"


def default() -> Bundle:
    """The bundle that ships with the package, used for encoding unless another is named."""
    if not _DEFAULT.is_file():
        raise UnknownModel("this installation holds no default model", "name one with --model FILE")
    return _cached(_DEFAULT)


def resolve(model: str | os.PathLike[str] | Bundle | None) -> Bundle:
    """The bundle to encode with: a bundle itself, a path, or None for the default one."""
    if model is None:
        return default()
    if isinstance(model, Bundle):
        return model
    try:
        return _cached(Path(model))
    except (TypeError, ValueError):  # ValueError for a zero byte
        raise UsageError(f"{model!r} is no model", "give the path of a bundle (.mztm), or a Bundle") from None


def find(model_id: bytes, model: str | os.PathLike[str] | Bundle | None = None) -> Bundle:
    """The bundle with this id: `model` if it is given (and must fit), else whichever one at hand fits."""
    if model is not None:
        bundle = _sound(model, model_id)
        if bundle.model_id != model_id:
            raise UnknownModel(
                f"the file was made with model {model_id.hex()}, and the one given is {bundle.model_id.hex()}",
                _REMEDY,
            )
        return bundle
    damaged: DamagedModel | None = None
    for summary in _summaries():
        if summary.model_id == model_id:
            try:
                bundle = _sound(summary.path, model_id)
            except DamagedModel as error:  # another copy may be sound
                damaged = damaged or error
                continue
            if bundle.model_id == model_id:
                return bundle
    raise damaged or UnknownModel(
        f"the file was made with model {model_id.hex()}, which is not at hand", _REMEDY
    )


def _sound(model: str | os.PathLike[str] | Bundle, model_id: bytes) -> Bundle:
    try:
        return resolve(model)
    except DamagedModel as error:
        raise DamagedModel(
            f"the file was made with model {model_id.hex()}, and {error.what}", error.remedy
        ) from None


def listing() -> tuple[Summary, ...]:
    """Every model at hand, the default one first; files in the folder that are no bundles are passed over."""
    return tuple(_summaries())


def _summaries() -> Iterator[Summary]:
    # Lazy, so that a folder in a bad state hinders nobody who needs only the default model.
    if _DEFAULT.is_file():
        yield read_summary(_DEFAULT)
    for path in _folder():
        try:
            yield read_summary(path)
        except (DamagedModel, FileAccess):
            continue


def _folder() -> list[Path]:
    folder = os.environ.get(ENVIRONMENT)
    if not folder:
        return []
    try:
        # Files only: to open a pipe would wait for ever.
        return sorted(path for path in Path(folder).iterdir() if path.suffix == ".mztm" and path.is_file())
    except OSError as reason:
        raise FileAccess(
            f"the folder {folder} that {ENVIRONMENT} names cannot be read: {reason.strerror}",
            f"correct or unset {ENVIRONMENT}",
        ) from None


def _cached(path: Path) -> Bundle:
    try:
        status = path.stat()
    except OSError as reason:
        raise FileAccess(f"the model {path} cannot be read: {reason.strerror}", "check the path") from None
    # Not the time and the size alone: two files saved in one tick of the clock may share both.
    state = status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
    return _load(path.absolute(), state)


@lru_cache(maxsize=4)
def _load(path: Path, state: tuple[int, ...]) -> Bundle:
    try:
        return load(path)
    except DamagedModel as error:
        raise DamagedModel(f"{path}: {error.what}", error.remedy) from None
