# SPDX-License-Identifier: Apache-2.0
"""What a measured number depends on besides the code: the processor, the packages, the model."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

PACKAGES = ("mezzotint", "numpy", "pillow", "onnxruntime", "constriction")


def facts(model: str | None = None) -> dict[str, str]:
    """For the head of a results file."""
    from mezzotint.bundle import resolve

    bundle = resolve(model)
    # A folder of one's own says nothing to others: absolute paths keep their last part only.
    words = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "command": " ".join(["python", "bench/" + Path(sys.argv[0]).name, *words]),
        "processor": processor(),
        "cores": str(cores),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in PACKAGES},
        "model": f"{bundle.card.name} {bundle.model_id.hex()}",
    }


def processor() -> str:
    """Its name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
