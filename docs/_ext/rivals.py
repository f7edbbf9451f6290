# SPDX-License-Identifier: Apache-2.0
"""Tables of the comparison, from results/kodak/report.json and results/speed.json.

Rows are chosen here, numbers are not.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from grid import table

RESULTS = Path(__file__).resolve().parents[2] / "results"
METRICS = {"psnr": "PSNR", "ms_ssim": "MS-SSIM", "ssimulacra2": "SSIMULACRA2"}
RIVALS = (
    "avif:speed 4, 4:4:4, tune psnr",
    "avif:speed 4, 4:4:4",
    "avif:speed 6, 4:2:0",
    "heic:preset slow, 4:4:4, tune psnr, no psy, no aq",
    "jxl:effort 7",
    "jp2:9/7, by rate",
    "webp:method 6",
    "mozjpeg:progressive, trellis, 4:2:0",
    "jpeg:optimize, 4:2:0",
)
WORST = 5  # pictures a metric


@cache
def _read(name: str) -> Any:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


def report() -> Any:
    """What `mzt report` wrote about Kodak, as JSON has it."""
    return _read("kodak/report.json")


def rates() -> str:
    """Bits that ours needs against each rival at equal quality, head to head; and picture by picture."""
    measured = report()
    rows = []
    for rival in RIVALS:
        against = [measured["metrics"][metric]["bd"][measured["ours"]][rival][0] for metric in METRICS]
        each = [found[rival] for found in _by_image("psnr").values() if found.get(rival) is not None]
        rows.append(
            (
                _label(rival),
                *map(_percent, against),
                _percent(measured["metrics"]["psnr"]["bd_rate_mean_of_images"][rival]),
                f"{_percent(min(each))} to {_percent(max(each))}",
                f"{sum(rate < 0 for rate in each)} of {len(each)}",
            )
        )
    rows.sort(key=lambda row: -float(row[1].split()[0]))
    head = (
        "against",
        *METRICS.values(),
        "PSNR, mean of pictures",
        "best to worst picture",
        "pictures with fewer bits",
    )
    return table(head, rows, right=range(1, len(head)))


def worst() -> str:
    """The pictures on which ours does worst against AVIF at speed 6 and WebP, for each metric."""
    rows = []
    for metric, name in METRICS.items():
        for rival in ("avif:speed 6, 4:2:0", "webp:method 6"):
            found = [
                (rates[rival], image)
                for image, rates in _by_image(metric).items()
                if rates.get(rival) is not None
            ]
            shown = ", ".join(
                f"{image} {_percent(rate)}" for rate, image in sorted(found, reverse=True)[:WORST]
            )
            rows.append((name, _label(rival), shown))
    return table(("metric", "against", f"the {WORST} worst Kodak pictures"), rows)


def speeds() -> str:
    """Median megapixels a second at 768x512, each codec on one and on two threads."""
    cells: dict[tuple[str, str], dict[tuple[str, int], float]] = {}
    for row in _read("speed.json")["coding"]:
        if row["pictures"] == "768x512":
            found = cells.setdefault((row["codec"], row["settings"]), {})
            found[row["side"], row["threads"]] = row["mp_per_s"]["median"]
    order = [(side, threads) for side in ("encode", "decode") for threads in (1, 2)]
    known = report()["codecs"].values()
    labels = {(each.get("codec"), each.get("settings")): each["label"] for each in known}
    rows = [
        (
            f"**{labels[codec]}**" if codec[0] == "mezzotint" else labels[codec],
            *(speed(found[each]) for each in order),
        )
        for codec, found in sorted(cells.items(), key=lambda item: -item[1]["encode", 1])
    ]
    head = ("codec", *(f"{side}, {threads} thread{'s'[: threads - 1]}" for side, threads in order))
    return table(head, rows, right=range(1, len(head)))


def start() -> str:
    """Seconds from the start of a command to its end, on one small picture, and the most memory it held."""
    rows = [
        (f"`{each['command']}`", f"{each['seconds']['median']:.2g}", f"{each['peak_mib']:.0f}")
        for each in _read("speed.json")["start"]
    ]
    return table(("command", "seconds", "peak memory, MiB"), rows, right=(1, 2))


def _by_image(metric: str) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = report()["metrics"][metric]["bd_rate_by_image"]
    return found


def _label(rival: str) -> str:
    label: str = report()["codecs"][rival]["label"]
    return label


def _percent(rate: float) -> str:
    return f"{rate:+.1f} %"


def speed(value: float) -> str:
    """Megapixels a second."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"
