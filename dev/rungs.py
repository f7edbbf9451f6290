# SPDX-License-Identifier: Apache-2.0
"""BD-rate against pixels trained, from results/rungs.csv: `python dev/rungs.py` draws results/rungs.png.

One row a model that was measured on Kodak from real files. The line through the last models, on a logarithmic scale of
pixels, says what the next rung would cost if models went on growing and improving so: a guess, and drawn dotted.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

RESULTS = Path(__file__).resolve().parent.parent / "results"
RUNGS = {"first rung": -5.0, "second rung": -20.0}  # against AVIF (speed 4, 4:4:4)
AHEAD = 500.0  # gigapixels, where the dotted line ends


@dataclass(frozen=True)
class Point:
    model: str
    gigapixels: float  # trained in all, the models it was grown from included
    parameters_m: float
    avif: float  # percent, AVIF (speed 4, 4:4:4)
    webp: float  # percent, WebP (method 6)


def read() -> list[Point]:
    with (RESULTS / "rungs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Point(r["model"], *(float(r[k]) for k in ("gigapixels", "parameters_m", "avif", "webp")))
        for r in rows
    ]


def slope(points: list[Point]) -> tuple[float, float]:
    """Least squares of BD-rate over log2 of the pixels: (percent a doubling, percent at one gigapixel)."""
    fit = np.polyfit(np.log2([p.gigapixels for p in points]), [p.avif for p in points], 1)
    return float(fit[0]), float(fit[1])


def reached_at(rung: float, a: float, b: float) -> float:
    """Gigapixels where the line comes to a rung."""
    return float(2 ** ((rung - b) / a))


def draw(points: list[Point]) -> None:
    figure, axes = plt.subplots(figsize=(7, 4.2), dpi=130)
    x = [p.gigapixels for p in points]
    axes.plot(x, [p.avif for p in points], "o-", label="against AVIF (speed 4, 4:4:4)")
    axes.plot(x, [p.webp for p in points], "s-", label="against WebP (method 6)")
    a, b = slope(points)
    ahead = np.geomspace(x[-1], AHEAD, 50)
    axes.plot(ahead, a * np.log2(ahead) + b, ":", color="C0", label=f"{a:+.1f} % a doubling")
    for name, level in RUNGS.items():
        axes.axhline(level, color="0.7", lw=0.8)
        axes.text(AHEAD, level, name, ha="right", va="bottom", fontsize=8, color="0.4")
    for p in points:
        axes.annotate(
            f"{p.model}\n{p.parameters_m:g} M",
            (p.gigapixels, p.avif),
            (4, 6),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set(xscale="log", xlabel="gigapixels trained", ylabel="BD-rate in PSNR on Kodak, %")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(RESULTS / "rungs.png", metadata={"Software": None})


def main() -> None:
    points = read()
    draw(points)
    a, b = slope(points)
    late = slope(points[-2:])
    for what, line in (("all models, of growing size", (a, b)), ("the last two alone", late)):
        costs = ", ".join(f"{name} about {reached_at(level, *line):.0f}" for name, level in RUNGS.items())
        print(f"{what}: {line[0]:+.1f} % a doubling of the pixels trained; in gigapixels: {costs}")


if __name__ == "__main__":
    main()
