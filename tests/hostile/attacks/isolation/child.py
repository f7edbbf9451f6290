# SPDX-License-Identifier: Apache-2.0
"""In a process of its own: decode one file with so many bytes of address space more than it has, then without limit.

python child.py FILE warm|cold BYTES   ->   one line of JSON; BYTES -1 is no limit

warm: a small part has been decoded before, so that libraries and networks are loaded.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from pathlib import Path

import mezzotint

decode = mezzotint.decode  # imports what a decoder always needs


def held(key: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024


def digest(data: bytes) -> str:
    return hashlib.sha256(decode(data, threads=1).tobytes()).hexdigest()


def main(path: str, state: str, more: int) -> None:
    data = Path(path).read_bytes()
    if state == "warm":
        decode(data, threads=1, region=(0, 0, 8, 8))
    before, (_, most) = held("VmSize"), resource.getrlimit(resource.RLIMIT_AS)
    if more >= 0:
        resource.setrlimit(resource.RLIMIT_AS, (before + more, most))
    found = {"picture": "", "error": "", "line": ""}
    try:
        found["picture"] = digest(data)
    except BaseException as error:
        found |= {"error": type(error).__name__, "line": str(error)}
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    print(json.dumps({**found, "before": before, "grew": held("VmPeak") - before, "again": digest(data)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
