# SPDX-License-Identifier: Apache-2.0
"""Holds the laws of tables and the plain coder to the golden files; a process of its own, without constriction.

For processors that it has no wheel for. Takes the folder of the golden files, prints how many agree.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from mezzotint.entropy import Table, reference


def main() -> None:
    golden, agree = Path(sys.argv[1]), 0
    for path in sorted((golden / "words").glob("*.json")):
        case = json.loads(path.read_text("ascii"))
        rows = json.loads((golden / "tables" / f"{case['tables']}.json").read_text("ascii"))["tables"]
        for row in rows:
            Table(row["minimum"], np.array(row["frequencies"], np.uint32), row["escape"])
        tables = [
            reference.PlainTable(row["minimum"], tuple(row["frequencies"]), row["escape"]) for row in rows
        ]
        words = np.frombuffer(bytes.fromhex(case["chunk"]), "<u4").tolist()
        assert reference.encode(case["values"], case["indices"], tables) == words, path.stem
        assert reference.decode(words, case["indices"], tables) == case["values"], path.stem
        agree += 1
    print(f"{agree} agree")


if __name__ == "__main__":
    main()
