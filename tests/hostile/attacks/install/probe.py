# SPDX-License-Identifier: Apache-2.0
"""Run by the Python of a fresh environment: tries what a newcomer would, and prints what failed, as JSON.

    python -I probe.py REPOSITORY

Knows nothing of the tests but their golden files. Each check returns "" or what is wrong.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
import time
from dataclasses import astuple
from pathlib import Path

ABSENT = ("torch", "torchvision", "onnx", "scipy", "matplotlib")
MZT = Path(sys.executable).with_name("mzt")


def starts_quickly(root: Path) -> str:
    """Half a second over a bare interpreter, the best of three."""
    best = {}
    for code in ("pass", "from mezzotint import encode, decode"):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-I", "-c", code], check=True)
            times.append(time.perf_counter() - start)
        best[code] = min(times)
    seconds = max(best.values()) - best["pass"]
    return "" if seconds < 0.5 else f"{seconds:.2f} s"


def brings_nothing_else(root: Path) -> str:
    return ", ".join(name for name in ABSENT if importlib.util.find_spec(name))


def command_lossy(root: Path) -> str:
    import numpy as np
    from PIL import Image

    source = root / "examples" / "chelsea.png"
    subprocess.run([MZT, "encode", source, "a.mzt", "-q", "60", "--quiet"], check=True)
    subprocess.run([MZT, "decode", "a.mzt", "a.png", "--quiet"], check=True)
    before, after = (np.asarray(Image.open(path)).astype(float) for path in (source, "a.png"))
    decibel = 10 * np.log10(255**2 / np.mean((before - after) ** 2))
    return "" if decibel > 30 else f"{decibel:.1f} dB"


def command_lossless(root: Path) -> str:
    import numpy as np
    from PIL import Image

    source = root / "examples" / "rocket.png"
    subprocess.run([MZT, "encode", source, "b.mzt", "--lossless", "--quiet"], check=True)
    subprocess.run([MZT, "decode", "b.mzt", "b.png", "--quiet"], check=True)
    same = np.array_equal(np.asarray(Image.open(source)), np.asarray(Image.open("b.png")))
    return "" if same else "other pixels"


def a_damaged_file_is_refused(root: Path) -> str:
    data = Path("a.mzt").read_bytes()
    Path("c.mzt").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    done = subprocess.run([MZT, "decode", "c.mzt", "c.png"], capture_output=True, text=True, check=False)
    good = done.returncode == 1 and done.stderr.count("\n") == 1 and not Path("c.png").exists()
    return "" if good else f"status {done.returncode}: {done.stderr}"


def pillow(root: Path) -> str:
    from PIL import Image

    import mezzotint.pillow  # noqa: F401

    with Image.open(root / "examples" / "coffee.png") as image:
        image.save("d.mzt", quality=50)
    with Image.open("d.mzt") as image:
        return "" if image.convert("RGB").size == (600, 400) else f"a picture of {image.size}"


def golden_latents(root: Path) -> str:
    """The integers of every golden stream, as on every other machine."""
    from mezzotint.runtime.decode import latent_digests

    folder = root / "tests" / "golden" / "streams"
    rows = json.loads((folder / "expected.json").read_text("ascii"))
    wrong = []
    for name, row in rows.items():
        model = None if row["model"] == "default" else folder / f"{row['model']}.mztm"
        found = latent_digests((folder / f"{name}.mzt").read_bytes(), model=model)
        if [list(astuple(tile)) for tile in found] != row["latents"]:
            wrong.append(name)
    return ", ".join(wrong)


def golden_samples(root: Path) -> str:
    import mezzotint

    folder = root / "tests" / "golden" / "exact"
    rows = json.loads((folder / "expected.json").read_text("ascii"))
    wrong = []
    for name, row in rows.items():
        picture = mezzotint.decode((folder / f"{name}.mzt").read_bytes(), as_="picture")
        if hashlib.sha256(picture.colour.tobytes()).hexdigest() != row["pixels"]:
            wrong.append(name)
    return ", ".join(wrong)


CHECKS = {
    check.__name__.replace("_", " "): check
    for check in (starts_quickly, brings_nothing_else, command_lossy, command_lossless,
                  a_damaged_file_is_refused, pillow, golden_latents, golden_samples)
}  # fmt: skip


def main() -> None:
    found = {}
    for name, check in CHECKS.items():
        try:
            found[name] = check(Path(sys.argv[1]))
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(found))


if __name__ == "__main__":
    main()
