# SPDX-License-Identifier: Apache-2.0
"""What the pages of docs/ promise is run: commands, Python, links, and what the site makes of code and of results.

`make docs` builds the site itself, with warnings fatal; here nothing is built.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from mezzotint import errors
from mezzotint.cli.program import program, run
from mezzotint.lab.cli import main as lab

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
TOLD = [str(path.relative_to(DOCS)) for path in PAGES]
# Pages about measuring and training name folders of the reader's; their commands are only checked for being ones.
NOT_RUN = {"effort.md", "lab.md", "measuring.md", "systems.md"}
_SHELL = set("|<>;*$'\"&")


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def lines(page: str) -> list[str]:
    found = [line.split(" #")[0].strip() for block in blocks(page, "sh") for line in block.splitlines()]
    return [line for line in found if line and not line.startswith("#")]


@pytest.fixture
def among_photos(tmp_path, root, monkeypatch):
    """A folder with photo.png, and photos in photos/ and below it, as the pages expect."""
    from PIL import Image

    shutil.copy(root / "examples" / "chelsea.png", tmp_path / "photo.png")
    (tmp_path / "photos" / "trip").mkdir(parents=True)
    with Image.open(root / "examples" / "coffee.png") as image:
        image.crop((0, 0, 120, 90)).save(tmp_path / "photos" / "coffee.png")
        image.crop((90, 60, 190, 140)).convert("RGB").save(tmp_path / "photos" / "trip" / "cup.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def by_shell(line: str) -> None:
    """One line, through bash, with the `mzt` beside this Python."""
    if "| jq" in line and shutil.which("jq") is None:
        line = line.split("| jq")[0] + f"| {shlex.quote(sys.executable)} -m json.tool"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", "-euo", "pipefail", "-c", line]
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, timeout=120)
    assert done.returncode == 0, (line, done.stderr.decode())


def slow(page: str) -> bool:
    """Jobs start processes, and every pipe starts a command."""
    return len(lines(page)) > 8 or any("mzt batch" in line for line in lines(page))


RUN = [page for page in TOLD if page not in NOT_RUN and lines(page)]


@pytest.mark.parametrize("page", [pytest.param(page, marks=[pytest.mark.slow] * slow(page)) for page in RUN])
def test_commands(among_photos, page, capfd):
    """Line by line, in the order of the page: here where that does, else in a shell."""
    if not any(line.startswith("mzt encode photo.png photo.mzt") for line in lines(page)):
        assert run(["encode", "photo.png", "photo.mzt"]) == 0
    for line in lines(page):
        if line.startswith("mzt ") and not _SHELL & set(line):
            assert run(shlex.split(line)[1:]) == 0, (line, capfd.readouterr().err)
        else:
            by_shell(line)


def test_commands_of_enough_pages_are_run():
    assert {"quickstart.md", "commands.md", "pictures.md", "archive.md", "comparing.md"} <= set(RUN)
    assert sum(len(lines(page)) for page in RUN) > 40


@pytest.mark.parametrize("page", [page for page in TOLD if blocks(page, "python")])
def test_python(among_photos, page):
    """In order, with shared names; a block that begins with the name of a file is a program of its own."""
    names: dict[str, object] = {}
    for code in blocks(page, "python"):
        if found := re.match(r"# (\w+\.py)\n", code):
            (among_photos / found[1]).write_text(code, encoding="utf-8")
            done = subprocess.run([sys.executable, found[1]], capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
        else:
            exec(compile(code, f"<{page}>", "exec"), names)  # its own assert lines are the test


def mentioned(page: str) -> list[list[str]]:
    """Every command line in code, as words: `mzt encode ...` in a sentence, and those of blocks."""
    text = (DOCS / page).read_text(encoding="utf-8")
    within = re.findall(r"(?<!`)`(mzt(?:-lab)? [^`\n]+)`(?!`)", text)
    blocked = [
        line for kind in ("sh", "console") for block in blocks(page, kind) for line in block.splitlines()
    ]
    whole = [line.removeprefix("$ ").split(" #")[0] for line in blocked]
    calls = [re.sub(r'["()]', " ", part) for line in [*within, *whole] for part in re.split(r"[|;>]", line)]
    return [words for call in calls if (words := call.split()) and words[0] in ("mzt", "mzt-lab")]


@pytest.mark.parametrize("page", [page for page in TOLD if mentioned(page)])
def test_commands_that_are_mentioned_exist(page):
    for name, *words in mentioned(page):
        group = program if name == "mzt" else lab
        if words[0].startswith("-"):
            continue
        assert words[0] in group.commands, (page, words)
        verb = group.commands[words[0]]
        known = {name for option in verb.params for name in (*option.opts, *option.secondary_opts)}
        assert isinstance(verb, click.Command)
        assert {word for word in words if re.match(r"--?[a-z]", word)} <= known | {"--help", "-h"}, (
            page,
            words,
        )


def anchors(path: Path) -> set[str]:
    """Those that GitHub makes of headings, and MyST after it."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", TOLD)
def test_links_lead_somewhere_on_github_too(page):
    text = re.sub(
        r"^```.*?^```", "", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            assert link.startswith(("https://", "mailto:")), link
            continue
        path, _, fragment = link.partition("#")
        target = (DOCS / page).parent / path if path else DOCS / page
        assert target.exists(), (page, link)
        assert not fragment or fragment in anchors(target), (page, link)


@pytest.fixture
def maker(monkeypatch):
    """A module of docs/_ext by its name; they import one another as Sphinx has them do."""
    monkeypatch.syspath_prepend(DOCS / "_ext")
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(DOCS)):
            del sys.modules[name]


def test_every_verb_and_option_is_listed(maker):
    text = maker("verbs").markdown()
    for name, verb in program.commands.items():
        assert f"### mzt {name}\n" in text
        for option in verb.params:
            assert not isinstance(option, click.Option) or option.opts[0] in text, (name, option.opts)
    assert "mzt encode photo.png photo.mzt -q" in text and "\b" not in text


def test_every_error_is_listed_with_its_remedy(maker):
    text = maker("failures").markdown()
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    found = [
        each for each in classes if issubclass(each, errors.MezzotintError) and each.__subclasses__() == []
    ]
    assert len(found) >= 14
    for each in found:
        assert f"`{each.__name__}`" in text and each.usual_remedy.split("|")[0] in text


def cells(text: str) -> list[list[str]]:
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return rows[2:]


def test_memory_of_100_megapixels_stays_below_2_gb(maker):
    rows = cells(maker("footprint").totals())
    assert [row[0] for row in rows] == ["1 MP", "12 MP", "24 MP", "100 MP"]
    assert all(int(number.replace(",", "")) < 2000 for row in rows for number in row[2:])


def test_what_the_comparison_says_in_words_is_so(maker):
    """Its sentences have no numbers, but the tables below them must not say the opposite."""
    rivals = maker("rivals")
    rates = {row[0]: [float(cell.split()[0]) for cell in row[1:5]] for row in cells(rivals.rates())}
    tuned = [rates[name] for name in rates if "tune psnr" in name]
    assert len(tuned) == 2 and all(psnr > 0 and ssimulacra2 > 0 for psnr, _, ssimulacra2, _ in tuned)
    untuned = rates["AVIF (speed 4, 4:4:4)"]
    assert abs(untuned[0]) < 5 and untuned[2] > 20
    assert rates["JPEG XL (effort 7)"][2] > 0 > rates["JPEG XL (effort 7)"][0]
    everywhere = {row[0] for row in cells(rivals.rates()) if row[6] == "24 of 24"}
    assert everywhere == {name for name in rates if name.startswith(("WebP", "JPEG", "MozJPEG"))}
    speeds = {row[0].strip("*"): [float(cell) for cell in row[1:]] for row in cells(rivals.speeds())}
    ours = speeds.pop("Mezzotint")
    assert all(1.15 < ours[side] / speeds["AVIF (speed 6, 4:2:0)"][side] < 1.8 for side in (0, 1))  # threads
    assert 20 < speeds["JPEG (optimize, 4:2:0)"][0] / ours[0] < 100
    assert all(row[2] > 4 * ours[2] for row in speeds.values())  # decoding
    assert len(cells(rivals.worst())) == 6 and len(cells(rivals.start())) >= 3


def test_numbers_in_sentences_are_those_of_the_code():
    from mezzotint import bundle
    from mezzotint.bitstream import EXIF, ICC, MAX_QUALITY
    from mezzotint.bitstream.boxes import KNOWN
    from mezzotint.entropy import TOTAL
    from mezzotint.runtime import encode, tiles

    card = bundle.default().card
    how, memory, pictures = (
        (DOCS / page).read_text(encoding="utf-8") for page in ("how.md", "memory.md", "pictures.md")
    )
    assert TOTAL == 1 << 24
    assert f"{card.latent_channels} numbers for each 16x16 block" in " ".join(how.split())
    assert f"in {card.hyper_channels} numbers for each block of 64x64" in how
    assert f"all of its {MAX_QUALITY + 1} settings" in how and len(card.latent_groups) == 3  # img/layers.svg
    side = 1 << encode.DEFAULT_TILE_LOG2
    assert f"tiles of {side}x{side}" in how and f"{side}x{side} pixels unless" in memory
    assert f"at most {tiles.WINDOW_PIXELS / 1e6:.1f} megapixels" in memory
    assert f"may have {KNOWN[EXIF] >> 20} MiB each, a profile {KNOWN[ICC] >> 20} MiB" in pictures


def test_targets_are_what_was_asked_for(maker):
    """Within 2 % below and never above, in at most 2.5 times one encode, as the sentence is read."""
    text = maker("aims").markdown()
    _, median, worst, least, _, longest = map(float, re.findall(r"\d+(?:\.\d+)?", text))
    assert 0 <= least <= median <= worst <= 2 and longest <= 2.5


def test_parts_are_shown_as_they_were_measured(maker, tmp_path, monkeypatch):
    pieces = maker("pieces")
    row = {
        "width": 9,
        "height": 8,
        "threads": 1,
        "decode_s": 1.26,
        "eighth_s": 0.1,
        "eighth_times_faster": 12.6,
    }
    monkeypatch.setattr(pieces, "FILE", tmp_path / "parts.json")
    assert "still to be measured" in pieces.markdown()
    pieces.FILE.write_text(json.dumps({"rows": [row, {**row, "region_512_s": [0.2, 0.31]}]}))
    assert "| 9x8 | 1 | 1.3 | 0.100 | 12.6 |" in pieces.markdown()
    assert "0.20 to 0.31 s." in pieces.markdown()


def test_what_is_said_of_lossless_coding_is_so(maker):
    rows = {
        row[0]: [float(cell.split()[0]) for cell in row[1:]] for row in cells(maker("exactness").markdown())
    }
    ours, jxl = rows["**Mezzotint**"], next(rows[name] for name in rows if name.startswith("JPEG XL"))
    assert ours[1] < -25 and jxl[0] < ours[0] and jxl[2] < ours[2] and jxl[3] > ours[3]
    others = [rows[name] for name in rows if name.startswith(("PNG", "WebP"))]
    assert len(others) >= 2 and all(row[0] > ours[0] and row[3] > 5 * ours[3] for row in others)


def test_a_drawing_comes_out_about_as_large_as_its_png():
    import io

    from PIL import Image, ImageDraw

    import mezzotint

    drawing = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(drawing)
    for number in range(12):
        draw.rectangle((20 + 30 * number, 20, 45 + 30 * number, 60 + 5 * number), fill=(20 * number, 90, 200))
        draw.text((20, 140 + 12 * number), "a line of text that means nothing " * 2, fill="black")
    sizes = []
    for image in (drawing, drawing.quantize(256)):
        image.save(coded := io.BytesIO(), "PNG", optimize=True)
        sizes.append(len(coded.getvalue()))
    data = mezzotint.encode(drawing)
    assert mezzotint.read_header(data).mode.name == "LOSSLESS"
    assert len(data) < 1.2 * min(sizes)


def test_broken_links_are_found(maker, tmp_path):
    links = maker("links")
    (tmp_path / "below").mkdir()
    (tmp_path / "index.html").write_text(
        '<h1 id="a">x</h1><a href="below/page.html#b">1</a><a href="#a">2</a><a href="below/">3</a>'
        '<a href="gone.html">4</a><a href="below/page.html#c">5</a><a href="https://example.org/x">6</a>'
        '<a href="ftp://example.org/">7</a><img src="data:image/png;base64,AA">'
    )
    (tmp_path / "below" / "page.html").write_text('<p id="b"></p><p id="b"></p><a href="../index.html">8</a>')
    wrong, leaving = links.check(tmp_path)
    assert len(wrong) == 5
    for part in (
        "'below/' leads nowhere",
        "'gone.html' leads nowhere",
        "#c' leads to a page without",
        "'b'",
        "ftp",
    ):
        assert any(part in fault for fault in wrong), part
    assert "https  https://example.org/x  (index.html)" in links.listing(leaving)


def test_indented_text_of_docstrings_becomes_code(maker):
    literal = maker("docstrings").literal
    assert literal(["One.", "", "    a = 1", "    b = 2", "", "Two."])[2:5] == ["::", "", "    a = 1"]
    assert "::" not in literal(["- one", "  two", "", "    more of it"])


def test_what_the_pictures_of_the_first_page_say(maker, tmp_path):
    text = maker("side").markdown(tmp_path / "made", tmp_path)
    assert len(list((tmp_path / "made").glob("*.png"))) == 3
    jpeg, ours = (
        (int(size.replace(",", "")), float(psnr))
        for size, psnr in re.findall(r"([\d,]+) bytes, ([\d.]+) dB", text)
    )
    assert ours[0] <= jpeg[0] and ours[1] > jpeg[1] + 2


def test_diagrams_are_coloured_by_the_site_too():
    """Each class of a diagram is in its own style, for GitHub, and in the site's."""
    site = (DOCS / "_static" / "site.css").read_text(encoding="utf-8")
    drawings = sorted((DOCS / "img").glob("*.svg"))
    assert len(drawings) >= 4
    ids: list[str] = []
    for drawing in drawings:
        text = drawing.read_text(encoding="utf-8")
        own = re.search(r"<style>.*?</style>", text, re.DOTALL)
        assert own and "prefers-color-scheme:dark" in own[0] and "<title id=" in text
        for name in set(re.findall(r'class="([\w-]+)"', text)):
            assert f".{name}{{" in own[0] and f".diagram .{name} " in site, (drawing.name, name)
        ids += re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))  # several stand on one page


def test_json_of_the_pages_is_json(among_photos, capfd):
    """The keys that recipes pick out are there."""
    assert run(["encode", "photo.png", "photo.mzt", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["bytes"] == (among_photos / "photo.mzt").stat().st_size
    assert run(["info", "photo.mzt", "--json"]) == 0
    assert {"width", "height", "bits_per_pixel", "layers"} <= set(json.loads(capfd.readouterr().out))


def test_attacks_are_shown_as_they_were_counted(maker, tmp_path, monkeypatch):
    found = {"tried": 1234, "refused": 1200, "wrong": 7, "slowest_s": 0.0123, "peak_bytes": 5_600_000}
    rows = {
        "7": {**found, "left_out": []},
        "13": {**found, "peak_bytes": None, "left_out": ["no such machine"]},
    }
    (tmp_path / "hostile.json").write_text(json.dumps({"rows": rows}))
    module = maker("outcomes")
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    shown = module.markdown()
    assert (
        "| 7 | small files that declare large things | 1,234 | 1,200 | 7 | 12.3 ms | 5.6 MB | all |" in shown
    )
    assert "row 13: no such machine" in shown


def test_the_page_of_attacks_knows_every_row(maker, root):
    rows = json.loads((root / "results" / "hostile.json").read_text("utf-8"))["rows"]
    assert set(map(int, rows)) <= set(maker("outcomes").WHAT) == set(maker("outcomes").PART)
