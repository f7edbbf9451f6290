# SPDX-License-Identifier: Apache-2.0
"""Processes of row 13: every setting encodes its files, then every setting decodes all that came of it.

Equal files of several settings are decoded once on each. Trap: a process that dies is no exception here but a failure
of its setting, and so of every pair that it is part of.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from attacks.machines.pairs import Setup
from attacks.machines.pictures import Wanted, pictures
from attacks.machines.settings import Setting
from mezzotint.evaluate.machine import cores

LONGEST = 3600.0  # seconds of one process
PROGRAM = "attacks.machines.child"
Answer = dict[str, Any]


class Progress:
    """Ticks once for each file, spread over the jobs that are done."""

    def __init__(self, tick: Callable[[], object], count: int, jobs: int) -> None:
        self._tick, self._count, self._jobs = tick, count, jobs
        self._done = self._told = 0
        self._lock = Lock()

    def step(self) -> None:
        with self._lock:
            self._done += 1
            while self._told < self._done * self._count // self._jobs:
                self._told += 1
                self._tick()


class Work:
    """The jobs of some settings in a folder of their own."""

    def __init__(
        self, folder: Path, chosen: Sequence[Setting], wanted: Sequence[Wanted], progress: Progress
    ) -> None:
        self._folder, self._chosen, self._wanted, self._progress = folder, chosen, wanted, progress
        numbered: dict[str, Any] = {str(number): picture for number, picture in enumerate(pictures())}
        np.savez(folder / "pictures.npz", **numbered)

    def run(self) -> list[Setup]:
        setups = [Setup(setting.name, emulated=bool(setting.emulator)) for setting in self._chosen]
        streams: dict[str, int] = {}  # file in base64 -> its number
        for setup, answer in zip(setups, self._each(self._encode), strict=True):
            setup.failure = answer.get("failure", "")
            for data, told in answer.get("files", []):
                setup.streams.append(streams.setdefault(data, len(streams)))
                setup.encoded.append(told)
        (self._folder / "streams.json").write_text(json.dumps(list(streams)), "ascii")

        def decode(setting: Setting) -> Answer:
            pixels, reads = (
                sorted({stream for setup in setups for stream in setup.streams[: self._count(share)]})
                for share in (setting.share, setting.reads)
            )
            return self._child(setting, {"work": "decode", "pixels": pixels, "reads": reads})

        for setup, answer in zip(setups, self._each(decode), strict=True):
            setup.failure = setup.failure or answer.get("failure", "")
            if not setup.failure:
                setup.decoded, setup.seen = answer["decoded"], answer["seen"]
                setup.pixels, setup.slowest_s = answer["pixels"], answer["slowest_s"]
        return setups

    def _count(self, share: float) -> int:
        return max(1, round(share * len(self._wanted)))

    def _encode(self, setting: Setting) -> Answer:
        part = self._wanted[: self._count(setting.share)]
        return self._child(setting, {"work": "encode", "files": [astuple(one) for one in part]})

    def _each(self, job: Callable[[Setting], Answer]) -> list[Answer]:
        """As many at once as there are processors, emulated ones first, as they take longest."""

        def one(setting: Setting) -> Answer:
            answer = job(setting)
            self._progress.step()
            return answer

        ordered = sorted(self._chosen, key=lambda setting: not setting.emulator)
        with ThreadPoolExecutor(cores()) as pool:
            found = dict(zip(ordered, pool.map(one, ordered), strict=True))
        return [found[setting] for setting in self._chosen]

    def _child(self, setting: Setting, job: Answer) -> Answer:
        path = self._folder / f"{setting.name} {job['work']}.json".replace(" ", "-")
        path.write_text(json.dumps({**job, "runtime": setting.session, "threads": setting.threads}), "ascii")
        command = [*setting.command(), "-m", PROGRAM, str(path)]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST,
                env=setting.environment(),
            )
        except subprocess.TimeoutExpired:
            return {"failure": f"to {job['work']} took over {LONGEST:.0f} s"}
        if done.returncode:
            end = " ".join(done.stderr.split())[-200:]
            return {"failure": f"to {job['work']} ended with {done.returncode}: {end}"}
        answer: Answer = json.loads(path.with_suffix(".out").read_text("ascii"))
        if job["work"] == "decode":
            answer["decoded"] = dict(zip(job["reads"], answer["hashes"], strict=True))
            with np.load(path.with_suffix(".npz")) as arrays:
                answer["pixels"] = {int(number): arrays[number] for number in arrays}
        return answer
