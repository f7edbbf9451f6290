# SPDX-License-Identifier: Apache-2.0
"""The tables, as cells and as text, Markdown and HTML."""

from __future__ import annotations

import math
from types import ModuleType

import pytest

from mezzotint.evaluate.report import Report, assemble, details, image_tables, table, tables
from mezzotint.evaluate.report.difference import Difference
from mezzotint.evaluate.report.grids import Grid, Line, percent, points, share
from mezzotint.evaluate.report.markdown import markdown
from mezzotint.evaluate.report.text import WIDTH, grid, text


def test_numbers_as_words() -> None:
    assert percent(Difference(-12.34, 0.8)) == "-12.3 %"
    assert percent(Difference(7.0, 0.49)) == "+7.0 %*"
    assert percent(Difference(-0.04, 1.0)) == "0 %"
    assert (
        percent(Difference(None, reason="why")) == share(Difference(None)) == points(Difference(None)) == "-"
    )
    assert share(Difference(1.0, 0.816)) == "82 %"
    assert points(Difference(1.234, 0.9)) == "+1.23"


def test_the_table_for_the_readme(usual: Report) -> None:
    assert table(usual).splitlines() == [
        "| BD-rate against JPEG (optimize, 4:2:0) on 3 images of photos | PSNR | MS-SSIM | SSIMULACRA2 "
        "| encode MP/s (sweep, 1 thread) | decode MP/s (sweep, 1 thread) |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| AVIF (speed 4, 4:4:4) | -40.0 % | -40.0 % | -40.0 % | 3.28 | 3.93 |",
        "| AVIF (speed 6, 4:2:0) | -30.0 % | -30.0 % | -30.0 % | 2.81 | 3.93 |",
        "| **Mezzotint** | **-20.0 %** | **-20.0 %** | **-20.0 %** | **2.46** | **3.93** |",
        "| WebP (method 6) | -10.0 % | -10.0 % | -10.0 % | 2.18 | 3.93 |",
        "| JPEG (optimize, 4:2:0) | 0 % | 0 % | 0 % | 1.97 | 3.93 |",
        "",
        "BD-rate is the mean difference in bits at equal quality, over the quality that both curves cover.",
        "That range is another one for each codec, so two codecs may stand in another order head to head.",
        "MP/s are means over the whole sweep, several files at once; `mzt bench` measures speed.",
    ]


def test_without_one_number_of_threads_there_are_no_speeds(fake: ModuleType) -> None:
    rows = [row for row in fake.usual() if row.codec != "webp"] + fake.sweep("webp", threads=2)
    assert "MP/s" not in table(assemble(rows))


def test_against_the_anchor(usual: Report) -> None:
    shown = tables.against_anchor(usual)
    ours = next(line for line in shown.lines if line.strong)
    gain = (
        25 * math.log(1 / 0.8) / 6
    )  # fake_rows: one more unit of quality is a 25th of log rate and a sixth of a dB
    assert ours.cells[:4] == ("Mezzotint", "-20.0 %", "100 %", f"{gain:+.2f}")
    assert [line.cells[0] for line in shown.lines][-1] == "JPEG"


def test_all_against_all(usual: Report) -> None:
    shown = tables.matrix(usual, usual.sections[0], usual.measured)
    assert shown.header == ("", "1", "2", "3", "4", "5")
    assert shown.lines[0].cells == (" 1 Mezzotint", "", "-20.0", "-11.1", "+33.3", "+14.3")
    short = tables.matrix(usual, usual.sections[0], tables.strongest(usual, usual.sections[0]))
    assert [line.cells[0] for line in short.lines] == [
        " 1 Mezzotint",
        " 2 JPEG",
        " 3 WebP",
        " 4 AVIF speed 4, 4:4:4",
    ]
    assert short.title.endswith("; of each codec its best settings")


def test_no_overlap_is_a_dash_with_its_reason(fake: ModuleType) -> None:
    rows = fake.usual() + fake.sweep("jxl", psnr=60.0, qualities=(95, 99))
    rows = [
        row if row.codec != "jxl" else fake.row("jxl", row.quality, row.image, psnr=row.quality)
        for row in rows
    ]
    report = assemble(rows)
    line = next(line for line in tables.against_anchor(report).lines if line.cells[0] == "JPEG XL")
    assert line.cells[1:3] == ("-", "-")
    notes = tables.against_anchor(report).notes
    assert any("no overlap, 95.0..99.0 against" in note and "JPEG XL, PSNR" in note for note in notes)
    matrix = tables.matrix(report, report.sections[0], report.measured)
    assert any(note.startswith("- no overlap") and "6 against 1" in note for note in matrix.notes)


def test_a_sliver_is_marked(fake: ModuleType) -> None:
    report = assemble(fake.usual() + fake.sweep("jxl", qualities=(10, 20)))
    line = next(line for line in tables.summary(report).lines if line.cells[0] == "JPEG XL")
    assert line.cells[1] == "0 %*"
    assert "* over less than 50 % of the range of what it is compared with" in tables.summary(report).notes
    assert r"\* over less than" in table(report)


def test_published_curves_are_marked_with_their_source(kodak: Report) -> None:
    shown = tables.published(kodak)
    assert "not measured here" in shown.title
    vtm = next(line for line in shown.lines if line.cells[0].startswith("VTM"))
    assert kodak.ours is not None
    section, (entry, *_) = kodak.sections[0], kodak.published
    assert entry.short == vtm.cells[0]
    assert vtm.cells[1] == percent(tables.compared(section, kodak.ours, entry).rate)
    assert vtm.cells[3] == percent(tables.compared(section, entry, kodak.anchor).rate)
    source = next(note for note in shown.notes if note.startswith(vtm.cells[-1]))
    assert "CompressAI" in source
    assert [line.cells[0] for line in details.sources(kodak).lines] == [
        entry.label for entry in kodak.published
    ]
    assert all(entry.label.endswith(", published") for entry in kodak.published)


def test_worst_images_by_name(usual: Report) -> None:
    shown = image_tables.worst(usual, usual.sections[0])
    assert shown.lines[0].cells[0] == "JPEG (optimize, 4:2:0)"
    assert shown.lines[0].cells[1:] == ("-20.0 %", "-20.0 %", "a.png -20.0 %, b.png -20.0 %, c.png -20.0 %")
    short = image_tables.worst_in_short(usual)
    assert [line.cells[:3] for line in short.lines][:2] == [
        ("PSNR", "JPEG (optimize, 4:2:0)", "-20.0 %"),
        ("PSNR", "AVIF (speed 4, 4:4:4)", "+33.3 %"),
    ]


def test_equal_quality_and_points(usual: Report) -> None:
    shown = details.equal_quality(usual, usual.sections[0])
    ours, jpeg = (
        next(line for line in shown.lines if line.cells[0].startswith(name)) for name in ("Mezz", "JPEG")
    )
    assert float(ours.cells[2]) == pytest.approx(0.8 * float(jpeg.cells[2]), abs=0.001)
    every = details.points(usual, usual.sections[1])
    assert every.header == ("codec", "quality", "bits per pixel", "MS-SSIM", "in dB")
    assert len(every.lines) == 5 * 5
    assert every.lines[0].cells[:2] == ("Mezzotint", "10") and every.lines[0].cells[3:] == ("0.87411", "9.00")


def test_lossless_codecs_have_a_table(fake: ModuleType) -> None:
    report = assemble(fake.usual() + fake.sweep("png-lossless", psnr=100.0, bpp=12.0, qualities=(0,)))
    assert [line.cells[1:] for line in details.lossless(report).lines] == [("0", "12.000")]
    assert "Without loss" in text(report)


def test_text_stands_in_columns() -> None:
    lines = (Line(("a", "-1.0 %*")), Line(("bcd", "+10.0 %"), strong=True))
    shown = grid(Grid("Title", ("word", "one\ntwo"), lines, ("note " * 40,)))
    assert shown.splitlines()[:4] == ["Title", "", "             one", "  word       two"]
    assert shown.splitlines()[4:6] == ["  a      -1.0 %*", "> bcd   +10.0 %"]
    assert max(map(len, shown.splitlines())) <= WIDTH


def test_the_whole_text(kodak: Report) -> None:
    shown = text(kodak)
    titles = (
        "Against JPEG",
        "BD-rate in percent for SSIMULACRA2",
        "Published curves",
        "Mezzotint on single images",
    )
    for title in titles:
        assert title in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_markdown_reads_nothing_into_names() -> None:
    shown = markdown(Grid("a|b", ("x", "*y*"), (Line(("<i> [z](w)", "1_2_3")),)))
    assert shown.splitlines() == [r"| a\|b | \*y\* |", "| --- | ---: |", r"| \<i\> \[z\](w) | 1\_2\_3 |"]
