# SPDX-License-Identifier: Apache-2.0
"""Reports of rows whose answer is known, and of rows that answer nothing."""

from __future__ import annotations

import time
from pathlib import Path
from types import ModuleType

import pytest

from mezzotint.errors import UsageError
from mezzotint.evaluate.published import kodak_digests
from mezzotint.evaluate.report import Report, assemble, image_tables, read, write
from mezzotint.evaluate.report.plots.equal import equal
from mezzotint.evaluate.report.plots.images import images
from mezzotint.evaluate.report.plots.rd import rd
from mezzotint.evaluate.report.tables import compared
from mezzotint.evaluate.report.text import text
from mezzotint.evaluate.report.write import contents
from mezzotint.evaluate.rows import Row


def rates(report: Report, section: int = 0) -> dict[str, float | None]:
    found = report.sections[section]
    return {entry.id: compared(found, entry, report.anchor).rate.value for entry in report.measured}


def test_every_codec_against_jpeg(usual: Report) -> None:
    assert (usual.anchor.codec, usual.ours, usual.count, usual.kodak) == ("jpeg", usual.entries[0], 3, False)
    assert [section.metric.title for section in usual.sections] == ["PSNR", "MS-SSIM", "SSIMULACRA2"]
    expected = {
        "mezzotint:default": -20,
        "jpeg:optimize, 4:2:0": 0,
        "webp:method 6": -10,
        "avif:speed 4, 4:4:4": -40,
        "avif:speed 6, 4:2:0": -30,
    }
    for section in range(3):
        assert rates(usual, section) == pytest.approx(expected)


def test_any_anchor_and_all_against_all(fake: ModuleType, usual: Report) -> None:
    against = assemble(fake.usual(), "avif:speed 4")
    assert rates(against)["mezzotint:default"] == pytest.approx(100 * (0.8 / 0.6 - 1))
    section = usual.sections[0]
    for one in usual.measured:
        for other in usual.measured:
            value, back = (section.compared[pair].rate.value for pair in ((one, other), (other, one)))
            assert value is not None and back is not None
            assert (1 + value / 100) * (1 + back / 100) == pytest.approx(1)


def test_chosen_metrics(fake: ModuleType) -> None:
    report = assemble(fake.usual(), metrics=("ssimulacra2", "psnr"))
    assert [section.metric.column for section in report.sections] == ["psnr", "ssimulacra2"]


def test_two_models_in_one_report(fake: ModuleType) -> None:
    newer = fake.sweep("mezzotint", 0.5, version="mezzotint 0.1.0, model two fedcba9876543210")
    report = assemble([*fake.usual(), *newer], about=fake.about())
    assert [entry.label for entry in report.measured][:2] == ["Mezzotint (one)", "Mezzotint (two)"]
    assert (
        report.ours is not None and report.ours.label == "Mezzotint (one)"
    )  # the last run measured that one
    assert rates(report)["mezzotint:default, two"] == pytest.approx(-50)
    assert {rival.label for rival in report.sections[0].rivals} >= {
        "Mezzotint (two)",
        "JPEG (optimize, 4:2:0)",
    }
    assert "two" not in "".join(line.cells[1] for line in image_tables.worst_in_short(report).lines)
    latest = assemble([*fake.usual(), *newer]).ours
    assert latest is not None and latest.label == "Mezzotint (two)"


def test_images_by_the_bits_they_need_and_the_worst_by_name(fake: ModuleType, usual: Report) -> None:
    rows = [*fake.usual(), *fake.sweep("mezzotint", 0.8, images=("a.png", "c.png"), version="m 2, model two")]
    rows += fake.sweep("mezzotint", 3.0, images=("b.png",), version="m 2, model two")
    section = (report := assemble(rows)).sections[0]
    assert report.ours is not None and report.ours.version == "m 2, model two"
    assert [one.image.name for one in section.per_image] == ["a.png", "b.png", "c.png"]
    assert [one.difficulty for one in section.per_image] == [fake.row("jpeg", 50, i).bpp for i in fake.IMAGES]
    assert [image.name for image, _ in section.worst(report.anchor)] == ["b.png", "a.png", "c.png"]
    assert [rate for _, rate in section.worst(report.anchor)] == pytest.approx([200, -20, -20])
    assert section.mean_of_images(report.anchor) == pytest.approx(100 * ((3 * 0.8 * 0.8) ** (1 / 3) - 1))
    assert images(report, section)


def test_without_ours_there_are_no_images(fake: ModuleType) -> None:
    report = assemble([row for row in fake.usual() if row.codec != "mezzotint"])
    assert report.ours is None
    assert all(not section.per_image for section in report.sections)
    assert "single images" not in text(report)
    assert images(report, report.sections[0]) is None


@pytest.mark.parametrize("qualities", [(50,), (10, 30, 50)])
def test_one_codec_or_one_quality_is_shown_as_it_is(fake: ModuleType, qualities: tuple[float, ...]) -> None:
    alone = assemble(fake.sweep("mezzotint", qualities=qualities))
    assert alone.anchor is alone.ours
    assert "Points of the curves for PSNR" in text(alone)
    assert rd(alone, alone.sections[0]) and rd(alone, alone.sections[0], 1.0)


def test_one_image_needs_no_picture_of_images(fake: ModuleType) -> None:
    report = assemble([row for row in fake.usual() if row.image == "a.png"])
    assert len(report.sections[0].per_image) == 1 and images(report, report.sections[0]) is None


def test_one_quality_of_many_codecs_is_a_table_of_dashes(fake: ModuleType) -> None:
    report = assemble([row for row in fake.usual() if row.quality == 50])
    assert "- one quality is no curve: Mezzotint, PSNR; Mezzotint, MS-SSIM; " in " ".join(
        text(report).split()
    )
    names = dict(
        contents(assemble([row for row in fake.usual() if row.quality == 50], metrics=("psnr",)))
    ).keys()
    assert names == {
        "report.json",
        "table.md",
        "rd-psnr.svg",
        "rd-psnr.png",
        "low-psnr.svg",
        "low-psnr.png",
        "index.html",
    }


def test_everything_beyond_the_zoom(fake: ModuleType) -> None:
    report = assemble(fake.sweep("mezzotint", 50.0) + fake.sweep("jpeg", 60.0))
    assert rd(report, report.sections[0]) and rd(report, report.sections[0], 1.0) is None


def test_a_metric_that_only_rivals_have(fake: ModuleType) -> None:
    rows = [row for row in fake.usual() if row.codec != "mezzotint"] + fake.sweep(
        "mezzotint", ssimulacra2=None
    )
    report = assemble(rows)
    assert [len(section.lines) for section in report.sections] == [5, 5, 4]
    assert "SSIMULACRA2: Mezzotint is left out: SSIMULACRA2 was not measured" in report.notes
    shown = text(report)
    assert "not measured: Mezzotint, SSIMULACRA2" in " ".join(shown.split())
    assert images(report, report.sections[2]) is None and images(report, report.sections[1])


def test_a_metric_that_the_anchor_lacks(fake: ModuleType) -> None:
    rows = [row for row in fake.usual() if row.codec != "jpeg"] + fake.sweep("jpeg", ms_ssim=None)
    report = assemble(rows)
    assert "JPEG has no MS-SSIM" in text(report)
    assert rd(report, report.sections[1]) and equal(report, report.sections[1]) is None


def test_published_curves_come_with_kodak(fake: ModuleType, usual: Report, kodak: Report) -> None:
    rows = fake.kodak(fake.usual(), kodak_digests())
    assert kodak.kodak and len(kodak.published) >= 10 and not usual.published
    assert not assemble(rows, published=False).published
    vtm = next(entry for entry in kodak.published if entry.id == "published:vtm")
    psnr, ms_ssim, ssimulacra2 = kodak.sections
    assert vtm in psnr.lines and vtm in ms_ssim.lines and vtm not in ssimulacra2.lines
    assert kodak.ours is not None
    assert {(kodak.ours, vtm), (vtm, kodak.anchor)} <= psnr.compared.keys()
    assert assemble(rows, "vtm").anchor.label == vtm.label


def test_published_curves_need_all_24_images(fake: ModuleType) -> None:
    rows = fake.kodak(fake.usual(), kodak_digests())
    one_more = [
        Row(**(vars(row) | {"image": "x.png", "digest": "x"})) for row in rows if row.image == "1.png"
    ]
    others = fake.kodak(fake.usual(), (f"digest {number}" for number in range(24)))
    for wrong in ([row for row in rows if row.image != "7.png"], rows + one_more, others):
        assert not assemble(wrong).published
        with pytest.raises(UsageError, match="all 24 Kodak images"):
            assemble(wrong, published=True)


def test_published_curves_agree_with_what_is_known_of_them(kodak: Report, fake: ModuleType) -> None:
    """HM against VTM as others compute it from the same numbers: +23 %."""
    report = assemble(fake.kodak(fake.usual(), kodak_digests()), "published:vtm")
    hm = next(entry for entry in report.published if entry.id == "published:hm")
    assert compared(report.sections[0], hm, report.anchor).rate.value == pytest.approx(23.3, abs=0.2)


@pytest.mark.parametrize(
    ("rows", "arguments", "what"),
    [
        ("nothing", {}, "there is no measurement to report"),
        ("disjoint", {}, "no image was measured with every codec at every quality"),
        ("usual", {"metrics": ("nonsense",)}, "no row has nonsense; choose from psnr, ms_ssim, ssimulacra2"),
        ("usual", {"anchor": "heic"}, "there is no 'heic' in these rows; choose one of 'mezzotint:default'"),
        ("usual", {"published": True}, "published curves are of all 24 Kodak images"),
        ("usual", {"anchor": "vtm"}, "there is no 'vtm' in these rows"),
    ],
)
def test_what_cannot_be_reported(
    fake: ModuleType, rows: str, arguments: dict[str, object], what: str
) -> None:
    made = {
        "nothing": fake.sweep("jpeg", bpp=0.0),
        "disjoint": fake.sweep("jpeg", images=("a.png",)) + fake.sweep("webp", images=("b.png",)),
        "usual": fake.usual(),
    }
    with pytest.raises(UsageError) as caught:
        assemble(made[rows], **arguments)  # type: ignore[arg-type]
    assert str(caught.value).startswith(what)


@pytest.mark.slow
def test_a_large_table_takes_seconds(fake: ModuleType, tmp_path: Path) -> None:
    images = [f"{letter}.png" for letter in "abcdefghijklmnopqrstuvwx"]
    names = ["mezzotint", *(f"rival-{number}" for number in range(11))]
    fake.put(
        tmp_path,
        [row for name in names for row in fake.sweep(name, images=images, qualities=range(5, 101, 8))],
    )
    start = time.process_time()
    write(assemble(read(tmp_path)[0]), tmp_path / "report")
    assert time.process_time() - start < 30
