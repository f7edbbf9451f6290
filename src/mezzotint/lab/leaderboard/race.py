# SPDX-License-Identifier: Apache-2.0
"""Time two pairs of ONNX graphs against each other and take the memory of the first, in a process of its own.

    python -m mezzotint.lab.leaderboard.race FOLDER ANCHOR     (folders that `graphs.write` filled; prints JSON)

Runs of both alternate, so that whatever else the machine does falls on both, and the ratio is of pairs. Trap: on Linux
`ru_maxrss` begins at what the starting process held, so the peak comes from /proc where there is one; and torch must
not be imported here, or its memory would be counted.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort

NAMES = ("analysis", "synthesis")
ROUNDS = 7
THREADS = (1, 2)


@dataclass(frozen=True)
class Race:
    """Milliseconds a megapixel of both graphs together and ratios to the anchor's, for each of THREADS."""

    ms_per_mp: tuple[float, ...]
    ms_ratio: tuple[float, ...]
    peak_mib: float


def race(folder: Path, anchor: Path) -> Race:
    """The same from another process; RuntimeError with what it printed when it fails."""
    command = [sys.executable, "-m", "mezzotint.lab.leaderboard.race", str(folder), str(anchor)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"timing failed: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Race(tuple(found["ms_per_mp"]), tuple(found["ms_ratio"]), found["peak_mib"])


class Pair:
    """Analysis and synthesis on fixed random inputs."""

    def __init__(self, folder: Path, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        rng = np.random.default_rng(0)
        self.sessions, self.inputs = [], []
        for name in NAMES:
            session = ort.InferenceSession(
                str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self.sessions.append(session)
            self.inputs.append(0.3 * rng.standard_normal(session.get_inputs()[0].shape, np.float32))

    def pixels(self) -> int:
        return self.inputs[0][0, 0].size

    def seconds(self) -> float:
        begun = time.perf_counter()
        for session, x in zip(self.sessions, self.inputs, strict=True):
            session.run(None, {"x": x})
        return time.perf_counter() - begun


def measure(folder: Path, anchor: Path) -> Race:
    before = _memory("VmRSS")
    Pair(folder, 1).seconds()
    peak = (_memory("VmHWM") - before) / 2**20
    ms, ratios = [], []
    for threads in THREADS:
        ours, theirs = Pair(folder, threads), Pair(anchor, threads)
        runs = [(ours.seconds(), theirs.seconds()) for _ in range(1 + ROUNDS)][1:]  # the first one warms up
        ms.append(statistics.median(a for a, _ in runs) * 1e9 / ours.pixels())
        ratios.append(statistics.median(a / b for a, b in runs))
    return Race(tuple(ms), tuple(ratios), peak)


def _memory(field: str) -> int:
    """Bytes of this process, now (VmRSS) or at most (VmHWM); elsewhere than on Linux the peak stands for both."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Path(sys.argv[1]), Path(sys.argv[2])))))
