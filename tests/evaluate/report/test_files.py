# SPDX-License-Identifier: Apache-2.0
"""The files of a report: JSON, page and pictures, the same bytes every time."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from PIL import Image

from mezzotint.errors import DamagedFile, FileAccess
from mezzotint.evaluate import about, rows
from mezzotint.evaluate.failures import Failure, Note
from mezzotint.evaluate.published import kodak_digests
from mezzotint.evaluate.report import Report, assemble, read, table, write
from mezzotint.evaluate.report.document import document, dump
from mezzotint.evaluate.report.plots.rd import rd
from mezzotint.evaluate.report.write import contents

HEAD = ",".join(rows.COLUMNS).encode() + b"\n"
PLOTS = ("low", "rd", "equal", "images")
PICTURES = [f"{plot}-{metric}" for metric in ("psnr", "ssimulacra2") for plot in PLOTS]


@pytest.fixture(scope="module")
def files(kodak: Report) -> dict[str, bytes]:
    """Of two metrics, one with published curves and one without."""
    return dict(contents(replace(kodak, sections=kodak.sections[::2])))


class Page(HTMLParser):
    """Checks that elements close in order, and collects what a page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_there_is(files: dict[str, bytes]) -> None:
    pictures = [name + kind for name in PICTURES for kind in (".svg", ".png")]
    assert list(files) == ["report.json", "table.md", *pictures, "index.html"]


def test_the_same_rows_give_the_same_bytes(fake: ModuleType, files: dict[str, bytes], kodak: Report) -> None:
    made = fake.kodak(fake.usual(), kodak_digests())
    again = assemble(made[::-1], about=fake.about())
    assert dump(document(again)) == dump(document(kodak))
    assert table(again) == table(kodak)
    pictures = contents(assemble(made[::-1], metrics=("psnr",), about=fake.about()))
    assert all(files[name] == data for name, data in pictures if name.endswith(("svg", "png")))


def test_the_settings_of_a_person_do_not_change_pictures(files: dict[str, bytes], kodak: Report) -> None:
    with matplotlib.rc_context({"axes.linewidth": 9, "font.size": 20, "figure.facecolor": "red"}):
        assert rd(kodak, kodak.sections[0]) == (files["rd-psnr.svg"], files["rd-psnr.png"])


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_can_be_read(files: dict[str, bytes], name: str, tmp_path: Path) -> None:
    svg, png = files[f"{name}.svg"], tmp_path / "picture.png"
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert (
        b"<dc:date>" not in svg
        and b"matplotlib.org" not in svg.replace(b"http://matplotlib.org/", b"matplotlib.org")[:0]
    )
    assert len(svg) < 300_000
    png.write_bytes(files[f"{name}.png"])
    with Image.open(png) as image:
        assert image.width == 1152 and 300 < image.height < 1600
        assert "Software" not in image.info
        assert np.asarray(image.convert("L")).std() > 5


def test_names_stand_in_the_pictures(files: dict[str, bytes]) -> None:
    svg = files["low-psnr.svg"].decode()
    for name in ("Mezzotint", "JPEG", "AVIF speed 4, 4:4:4", "VTM 9.1 (VVC), published"):
        assert f"<!-- {name} -->" in svg
    assert "published" not in files["rd-ssimulacra2.svg"].decode()


def test_the_json_has_every_number(kodak: Report, files: dict[str, bytes]) -> None:
    found: dict[str, Any] = json.loads(files["report.json"])
    assert found["codecs"] == json.loads(json.dumps(document(kodak)))["codecs"]
    assert (found["anchor"], found["ours"], found["kodak"], found["images"]) == (
        "jpeg:optimize, 4:2:0",
        "mezzotint:default",
        True,
        24,
    )
    assert found["about"]["command"] == "mzt eval photos -o out"
    psnr = found["metrics"]["psnr"]
    assert psnr["bd"]["mezzotint:default"]["jpeg:optimize, 4:2:0"] == pytest.approx(
        [-20, 1, 0.930, 0.930], abs=0.001
    )
    assert "published:vtm" in psnr["bd"]["mezzotint:default"]
    assert found["codecs"]["published:vtm"]["source"]
    assert psnr["points"]["mezzotint:default"][0][:2] == [10.0, pytest.approx(0.04 * np.exp(0.4), abs=1e-6)]
    assert psnr["bd_rate_by_image"]["1.png"]["jpeg:optimize, 4:2:0"] == pytest.approx(-20, abs=1e-4)
    assert len(files["report.json"]) < 150_000


def test_why_there_is_no_number_stands_in_the_json(fake: ModuleType) -> None:
    found = document(assemble(fake.sweep("jpeg") + fake.sweep("webp", qualities=(50,))))
    assert found["metrics"]["psnr"]["bd"]["webp:default"]["jpeg:default"] == "one quality is no curve"


def test_json_lines_are_worth_a_diff() -> None:
    shown = dump({"a": 1, "b": {}, "c": {"d": {"x": 1, "y": 2}, "e": {"f": [1, 2], "g": {"h": {"i": [1]}}}}})
    assert shown.splitlines() == [
        "{",
        ' "a": 1,',
        ' "b": {},',
        ' "c": {',
        '  "d": {"x":1,"y":2},',
        '  "e": {',
        '   "f": [1,2],',
        '   "g": {',
        '    "h": {"i":[1]}',
        "   }",
        "  }",
        " }",
        "}",
    ]


def test_the_page_stands_alone(files: dict[str, bytes]) -> None:
    page = Page(files["index.html"].decode())
    assert page.links == [f"{name}.svg" for name in PICTURES]
    assert page.tags.isdisjoint({"script", "link", "iframe"})
    for text in (
        "24 Kodak images",
        "VTM 9.1 (VVC), published",
        "not measured here",
        "some processor",
        "0123456789ab",
    ):
        assert text in page.text


def test_names_from_rows_are_only_text(fake: ModuleType) -> None:
    evil = "<script>alert(1)</script> &"
    images = ("a$1$.png", "b<i>.png", "c漢字.png")
    rows = fake.sweep("jpeg", images=images) + fake.sweep("mezzotint", 0.7, images=images)
    rows += fake.sweep("<b>$\\frac$", 0.9, images=images, settings=evil)
    made = dict(contents(assemble(rows, metrics=("psnr",), about=fake.about(set_name="<script>"))))
    page = Page(made["index.html"].decode())
    assert page.tags.isdisjoint({"script", "i", "b"}) and evil in page.text
    assert '"c漢字.png"' in made["report.json"].decode()
    for name, data in made.items():
        if name.endswith(".svg"):
            ElementTree.fromstring(data)


def test_writing_takes_the_place_of_an_earlier_report(fake: ModuleType, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "report"
    target.mkdir(parents=True)
    for name in ("images-ms_ssim.png", "mine.png", "table.md"):
        (target / name).write_text("old")
    paths = write(assemble(fake.sweep("jpeg"), metrics=("psnr",)), target)
    found = {path.name for path in target.iterdir()}
    assert {path.name for path in paths} == found - {"mine.png"}
    assert (target / "mine.png").read_text() == "old"
    assert (target / "table.md").read_text() != "old"
    assert not (target / "images-ms_ssim.png").exists()


def test_reading_a_folder(fake: ModuleType, tmp_path: Path) -> None:
    made = fake.usual()
    fake.put(tmp_path, made)
    found, known = read(tmp_path)
    assert len(found) == len(made) and known is None
    assert "about.json is missing" in assemble(found, about=known).notes[0]
    about.write(tmp_path, fake.about())
    assert read(tmp_path)[1] == fake.about()


def test_what_went_wrong_in_the_run_is_said(fake: ModuleType) -> None:
    failures = tuple(Failure(f"{number}.png", "it is broken") for number in range(12))
    known = fake.about(
        finished=False,
        left_out=("heic is left out: no",),
        failures=failures,
        notes=(Note("a.png", "was grey"),),
    )
    notes = assemble(fake.usual(), about=known).notes
    assert notes[0].startswith("the run is not finished")
    assert notes[1:3] == ("heic is left out: no", "0.png: it is broken")
    assert len(notes) == 2 + 10 + 2
    assert notes[-2:] == ("and 2 more failures, in about.json", "a.png: was grey")


@pytest.mark.parametrize(
    ("name", "data", "error", "what"),
    [
        (None, b"", FileAccess, "rows.csv does not exist; make it with `mzt eval PICTURES -o "),
        (rows.NAME, b"", DamagedFile, "rows.csv is not a table of measurements; make it"),
        (rows.NAME, b"a,b\n1,2\n", DamagedFile, "is not a table of measurements"),
        (rows.NAME, b"\xff\xfe\x00\x01" * 9, DamagedFile, "is not a table of measurements"),
        (rows.NAME, HEAD, FileAccess, "rows.csv holds no measurement; make it"),
        (rows.NAME, HEAD + b'"' + b"x" * 200_000, DamagedFile, "is not a table of measurements"),
        (about.NAME, b"{", DamagedFile, "about.json does not describe measurements; make it"),
    ],
)
def test_folders_without_measurements(
    fake: ModuleType, tmp_path: Path, name: str | None, data: bytes, error: type[Exception], what: str
) -> None:
    if name == about.NAME:
        fake.put(tmp_path, fake.usual())
    if name:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(error) as caught:
        read(tmp_path)
    assert what in str(caught.value)


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileAccess):
        read(tmp_path / "file")
    (tmp_path / "rows.csv").mkdir()
    with pytest.raises(FileAccess, match="cannot be read"):
        read(tmp_path)
