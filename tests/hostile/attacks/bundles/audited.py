# SPDX-License-Identifier: Apache-2.0
"""A process that watches itself while it loads hostile bundles and codes with a sound one; test_bundles.py starts it.

Python tells an audit hook of every file that it opens and of every object that it unpickles. numpy imports the module
pickle when it is imported itself, so the module is there; what loads in it is replaced by what raises, before numpy
sees it. The answer, a JSON object, is printed.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any

events: list[tuple[str, str]] = []
recording = False
NOTED = ("open", "pickle.find_class", "marshal.load", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen",
         "socket.connect", "ctypes.dlopen")  # fmt: skip


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("something was unpickled")


def note(event: str, arguments: tuple[Any, ...]) -> None:
    if recording and event in NOTED:
        events.append((event, os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else event))


def main(step: int) -> None:
    """Over one hand-made bundle in `step`."""
    global recording
    for name in ("load", "loads", "_load", "_loads", "Unpickler", "_Unpickler"):
        setattr(pickle, name, never)
    sys.addaudithook(note)
    from attacks import bundles
    from attacks.bundles import external_cases
    from attacks.bundles.drafts import sound
    from mezzotint.bundle import load
    from mezzotint.errors import MezzotintError

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        external_cases.world(place)
        every = [case for case in bundles.hand_made(place) if not case.used][::step]
        path, refused, opened = place / "model.mztm", 0, []
        for case in every:
            path.write_bytes(case.data)
            recording = True
            try:
                load(path)
            except MezzotintError:
                refused += 1
            finally:
                recording = False
            opened += [event for event in events if event != ("open", str(path))]
            events.clear()
        path.write_bytes(sound("preview"))
        _code(path)  # the first time, modules are imported
        path.write_bytes(sound())
        recording = True
        _code(path)
        recording = False
        opened += [event for event in events if event != ("open", str(path))]
        told = {"tried": len(every), "refused": refused, "seen": len(events), "other": opened[:20]}
        told["control"] = _control(place)
    print(json.dumps(told))


def _code(path: Path) -> None:
    import mezzotint
    from attacks.files import cut

    data = mezzotint.encode(cut(64, 100), model=path, threads=1)
    mezzotint.decode(data, model=path, threads=1)
    mezzotint.decode(data, model=path, threads=1, scale=1 / 8)


def _control(place: Path) -> list[str]:
    """What the hook says of a file that is opened, and what a pickle says; were they silent, the rest means nothing."""
    global recording
    events.clear()
    recording = True
    (place / "weights.bin").read_bytes()
    recording = False
    try:
        pickle.loads(b"N.")
    except AssertionError as error:
        return [*(name for name, _ in events), str(error)]
    return []
