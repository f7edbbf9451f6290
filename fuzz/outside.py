# SPDX-License-Identifier: Apache-2.0
"""The process around libFuzzer's: starts it, hands on what it prints, and keeps its figures; or renews a corpus."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from harness import HERE, INSIDE, Target

HANG = 10  # times a target's seconds, by the clock on the wall
LAST = 40  # lines that are shown of a quiet run that failed
MEMORY = 1024  # MiB that may be resident, Python and its libraries included


def fuzz(target: Target, options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        grown = Path(options.grow) if options.grow else folder / "grown"
        grown.mkdir(parents=True, exist_ok=True)
        target.corpus.mkdir(parents=True, exist_ok=True)
        findings = Path(options.findings)
        findings.mkdir(parents=True, exist_ok=True)
        flags = {
            "max_total_time": options.seconds,
            "seed": options.seed,
            "max_len": target.longest,
            "timeout": round(HANG * target.seconds),
            "rss_limit_mb": MEMORY,
            "dict": HERE / "mezzotint.dict",
            "artifact_prefix": f"{findings}/{target.name}-",
            "print_final_stats": 1,
            "report_slow_units": 3600,  # ours is kept by its processor time
        }
        start = monotonic()
        status, lines = _watched(_command(folder, flags, grown, target.corpus), options.quiet)
        if status and options.quiet:
            print("\n".join(lines[-LAST:]), file=sys.stderr)
        figures = {"seconds": round(monotonic() - start), **_figures(folder, lines)}
        if options.grow and (folder / "slowest").exists():
            (findings / f"{target.name}-slowest").write_bytes((folder / "slowest").read_bytes())
    print(f"{target.name}: {json.dumps(figures)}")
    if options.json:
        _keep(target, Path(options.json), figures)
    return 1 if status else 0


def renew(target: Target, grown: Path) -> int:
    """A small part of the corpus and of what has grown that reaches as much as all of it; 1 where that fails."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        merged = Path(name) / "merged"
        merged.mkdir()
        flags = {"set_cover_merge": 1, "max_len": target.longest, "timeout": round(HANG * target.seconds)}
        status, _ = _watched(_command(Path(name), flags, merged, target.corpus, grown), quiet=False)
        if status or not any(merged.iterdir()):
            return 1
        shutil.rmtree(target.corpus, ignore_errors=True)
        shutil.copytree(merged, target.corpus)
    files = list(target.corpus.iterdir())
    print(f"{target.name}: {len(files)} inputs of {sum(file.stat().st_size for file in files)} bytes")
    return 0


def _command(folder: Path, flags: dict[str, Any], *corpora: Path) -> list[str]:
    command = [sys.executable, sys.argv[0], INSIDE, str(folder)]
    return command + [f"-{key}={value}" for key, value in flags.items()] + [str(corpus) for corpus in corpora]


def _watched(command: list[str], quiet: bool) -> tuple[int, list[str]]:
    """Exit status, and all lines but those about instrumenting."""
    lines = []
    with subprocess.Popen(
        command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, errors="replace"
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if not line.startswith(("INFO: Instrumenting", "WARNING: Failed to find function")):
                lines.append(line.rstrip())
                if not quiet:
                    print(lines[-1], file=sys.stderr, flush=True)
    return run.returncode, lines


def _figures(folder: Path, lines: list[str]) -> dict[str, object]:
    """What libFuzzer printed last, and what the target counted."""
    text = "\n".join(lines)
    executions = re.findall(r"^#(\d+)\t", text, re.MULTILINE) or [0]
    coverage = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", text) or [(0, 0, 0)]
    memory = re.findall(r"rss: (\d+)Mb", text) or [0]
    watched = folder / "figures.json"
    return {
        "executions": int(executions[-1]),
        "edges": int(coverage[-1][0]),
        "features": int(coverage[-1][1]),
        "corpus": int(coverage[-1][2]),
        "peak_rss_mb": max(map(int, memory)),
        "findings": text.count("Test unit written to"),
        **(json.loads(watched.read_text("utf-8")) if watched.exists() else {}),
    }


def _keep(target: Target, path: Path, figures: dict[str, object]) -> None:
    """Put a run beside earlier ones."""
    from mezzotint.evaluate.machine import commit, processor, shown_command

    about = {
        "command": f"python fuzz/{shown_command(sys.argv)}",
        "date": date.today().isoformat(),
        "commit": commit(),
        "processor": processor(),
    }
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {"targets": {}}
    kept["targets"].setdefault(target.name, []).append({**figures, **about})
    kept["targets"] = dict(sorted(kept["targets"].items()))
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
