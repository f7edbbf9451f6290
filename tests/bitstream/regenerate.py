# SPDX-License-Identifier: Apache-2.0
"""Files that must be refused, each with its error; `python tests/bitstream/regenerate.py` rewrites them.

They are made by refuse_build.py, which shares no line with the package; other refuse_*.py say what is wrong in each.
Trap: the golden files never follow a change of the code by themselves. Regenerate only when the format changes, and
read the diff of expected.json. Some are golden files of tests/runtime with a part changed, and follow those.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "second")]  # test folders are no packages

import refuse_alpha  # noqa: E402
import refuse_body  # noqa: E402
import refuse_front  # noqa: E402
import refuse_graphics  # noqa: E402
import refuse_lattice  # noqa: E402
import refuse_lossy  # noqa: E402
import refuse_partial  # noqa: E402
import refuse_residuals  # noqa: E402
import refuse_sound  # noqa: E402
from refuse_build import Case, again, box, build, lossless, varint  # noqa: E402

__all__ = ["Case", "again", "box", "build", "cases", "lossless", "row", "sound", "varint"]
sound = refuse_sound.sound
FOLDER = HERE.parent / "golden" / "refuse"


def cases() -> list[Case]:
    """All golden files, by the part of the file that is wrong."""
    parts = (
        *(refuse_front, refuse_body, refuse_alpha, refuse_lossy, refuse_graphics, refuse_lattice),
        *(refuse_residuals, refuse_partial),
    )
    return [case for part in parts for case in part.cases()]


def row(case: Case) -> dict[str, Any]:
    """What expected.json says of a file."""
    digest = hashlib.sha256(case.data).hexdigest()
    return {"error": case.error, "says": case.says, "met": case.met, "model": case.model, "sha256": digest}


def main() -> None:
    for old in FOLDER.glob("*.mzt"):
        old.unlink()
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = {}
    for case in cases():
        (FOLDER / f"{case.name}.mzt").write_bytes(case.data)
        table[f"{case.name}.mzt"] = row(case)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(what)}" for name, what in table.items())
    (FOLDER / "expected.json").write_text(f"{{{lines}}}\n", "ascii")
    print(f"{len(table)} files")


if __name__ == "__main__":
    main()
