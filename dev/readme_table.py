# SPDX-License-Identifier: Apache-2.0
"""The table of results in README.md, from results/: `python dev/readme_table.py` puts it there anew.

Rows and settings are chosen here, numbers are not: rates come from results/kodak/rows.csv through `mzt report`'s own
code, speeds from results/speed.json. A test holds README.md to what this gives.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from mezzotint.evaluate import about, rows
from mezzotint.evaluate.report.assemble import assemble
from mezzotint.evaluate.report.contents import Report
from mezzotint.evaluate.report.difference import Difference
from mezzotint.evaluate.report.entries import Entry, choose
from mezzotint.evaluate.report.grids import percent

ROOT = Path(__file__).resolve().parent.parent
ANCHOR = "jpeg:optimize, 4:2:0"
SHOWN = (
    "mezzotint",
    "avif:speed 4, 4:4:4, tune psnr",
    "avif:speed 4, 4:4:4",
    "avif:speed 6, 4:2:0",
    "heic:4:4:4, tune psnr",
    "jxl",
    "jp2",
    "webp",
    "mozjpeg:4:2:0",
    ANCHOR,
)
HEADER = (
    *("codec", "ours against it: PSNR", "MS-SSIM", "SSIMULACRA2", "PSNR by picture"),
    *("it against JPEG: PSNR", "encode MP/s", "decode MP/s"),
)
START, END = "<!-- results -->\n", "<!-- /results -->"


def table() -> str:
    """The Markdown between the two marks."""
    folder = ROOT / "results" / "kodak"
    report = assemble(rows.read(folder / rows.NAME), ANCHOR, published=False, about=about.read(folder))
    speeds = _speeds()
    entries = [_entry(wanted, report) for wanted in SHOWN]
    ranked = sorted(entries, key=lambda entry: -(_against(entry, report)[0].value or 0.0))
    lines = [HEADER, ("---",) * len(HEADER), *(_line(entry, report, speeds) for entry in ranked)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def replaced(readme: str, new: str) -> str:
    """README.md with the table between the marks replaced."""
    return re.sub(f"{START}.*?{END}", lambda _: START + new + END, readme, flags=re.DOTALL)


def _entry(wanted: str, report: Report) -> Entry:
    return report.ours if wanted == "mezzotint" and report.ours else choose(wanted, report.measured)


def _line(entry: Entry, report: Report, speeds: dict[tuple[str, str, str], float]) -> tuple[str, ...]:
    ours = entry is report.ours
    rates = ["" if ours else percent(found) for found in _against(entry, report)]
    by_picture = None if ours else report.sections[0].mean_of_images(entry)
    measured = [speeds.get((entry.codec, entry.settings, side)) for side in ("encode", "decode")]
    cells = (
        entry.label,
        *rates,
        "" if by_picture is None else f"{by_picture:+.1f} %",
        percent(report.sections[0].compared[entry, report.anchor].rate),
        *("" if speed is None else f"{speed:.1f}" if speed < 10 else f"{speed:.0f}" for speed in measured),
    )
    return tuple(f"**{cell}**" if cell else "" for cell in cells) if entry is report.ours else cells


def _against(entry: Entry, report: Report) -> list[Difference]:
    """BD-rate of ours against an entry, for each metric, from mean curves."""
    if report.ours is None or entry is report.ours:
        return [Difference(0.0)] * len(report.sections)
    return [section.compared[report.ours, entry].rate for section in report.sections]


def _speeds() -> dict[tuple[str, str, str], float]:
    """Median MP/s at 768x512 and 2 threads."""
    document = json.loads((ROOT / "results" / "speed.json").read_text())
    return {
        (row["codec"], row["settings"], row["side"]): row["mp_per_s"]["median"]
        for row in document["coding"]
        if (row["pictures"], row["threads"]) == ("768x512", 2)
    }


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(replaced(path.read_text(encoding="utf-8"), table()), encoding="utf-8")
