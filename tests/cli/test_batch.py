# SPDX-License-Identifier: Apache-2.0
"""`mzt batch`: a folder of pictures there and back, what is told of it, and what is deleted."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import mezzotint

KEYS = [
    "source",
    "output",
    "dry_run",
    "files",
    "converted",
    "skipped",
    "left_alone",
    "deleted",
    "bytes_in",
    "bytes_out",
    "pixels",
    "seconds",
    "failed",
    "kept",
    "warnings",
]


@pytest.fixture
def photos(folder, photo):
    """Six pictures of 40x30 pixels in two folders, and a text."""
    source = folder / "photos"
    (source / "sub").mkdir(parents=True)
    for number, name in enumerate(["a.png", "a.jpg", "b.tif", "sub/a.png", "sub/c.PNG", "sub/d.webp"]):
        Image.fromarray(photo[20 * number :][:30, :40]).save(source / name)
    (source / "notes.txt").write_text("not a picture")
    return source


@pytest.fixture
def batch(mzt, tiny_model, folder):
    """`mzt batch SRC DST` with the tiny model and one worker."""

    def run(*arguments: object):
        return mzt("batch", *arguments, "--model", tiny_model, "--jobs", 1)

    return run


def names(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(str(path.relative_to(folder)) for path in found)


def facts(result) -> dict:
    found: dict = json.loads(result.out)
    return found


def test_there_and_back(batch, photos, folder, tiny_model):
    result = batch(photos, folder / "coded", "-q", 60)
    assert (result.status, result.out) == (0, b"")
    assert result.err.startswith(f"{folder / 'coded'}: 6 files, 0 failed, 0 skipped, 0.0 MB -> 0.0 MB (")
    assert ", 1 other files left alone, " in result.err
    coded = ["a.jpg.mzt", "a.png.mzt", "b.mzt", "sub/a.mzt", "sub/c.mzt", "sub/d.mzt"]
    assert names(folder / "coded") == coded
    with Image.open(photos / "sub" / "a.png") as image:
        alone = mezzotint.encode(image, 60, model=tiny_model)
    assert (folder / "coded" / "sub" / "a.mzt").read_bytes() == alone
    assert ", 0 failed, 6 skipped, " in batch(photos, folder / "coded", "-q", 60).err
    assert batch("--decode", folder / "coded", folder / "back").status == 0
    assert names(folder / "back") == ["a.jpg.png", "a.png", "b.png", "sub/a.png", "sub/c.png", "sub/d.png"]
    with Image.open(folder / "back" / "sub" / "a.png") as image:
        assert np.array_equal(np.asarray(image), mezzotint.decode(alone, model=tiny_model))


def test_json(batch, photos, folder):
    (photos / "bad.png").write_bytes(b"no picture")
    result = batch(photos, folder / "coded", "--json")
    found = facts(result)
    assert (result.status, list(found)) == (1, KEYS)
    assert (found["files"], found["converted"], found["skipped"], found["left_alone"]) == (7, 6, 0, 1)
    assert found["pixels"] == 6 * 40 * 30
    assert found["bytes_out"] == sum(
        (folder / "coded" / name).stat().st_size for name in names(folder / "coded")
    )
    error = "the file is not a picture that Pillow can read; give a PNG, JPEG, TIFF, WebP or AVIF file"
    assert found["failed"] == [{"file": "bad.png", "error": error}]
    assert result.err == f"mzt: bad.png: {error}\n"


def test_other_formats_and_their_names(batch, photos, folder):
    batch(photos, folder / "coded", "--include", "a.*")
    assert names(folder / "coded") == ["a.jpg.mzt", "a.png.mzt", "sub/a.mzt"]
    assert batch("--decode", folder / "coded", folder / "back", "--format", "jpeg").status == 0
    assert names(folder / "back") == ["a.jpg", "a.png.jpeg", "sub/a.jpeg"]


def test_one_file(batch, photos, folder):
    assert batch(photos / "b.tif", folder / "coded", "--quiet").err == ""
    assert names(folder / "coded") == ["b.mzt"]


def test_dry_run(batch, photos, folder):
    batch(photos / "b.tif", folder / "coded", "--quiet")
    result = batch(photos, folder / "coded", "-n", "--exclude", "a.*")
    assert result.out.decode().splitlines() == [
        "b.tif -> b.mzt: skip",
        "sub/c.PNG -> sub/c.mzt: convert",
        "sub/d.webp -> sub/d.mzt: convert",
    ]
    assert ": 3 files, 0 failed, 1 skipped, 2 to convert, 4 other files left alone, " in result.err
    assert names(folder / "coded") == ["b.mzt"]
    found = facts(batch(photos, folder / "coded", "-n", "--json", "--include", "b.*"))
    assert list(found) == [*KEYS, "planned"]
    assert found["planned"] == [{"file": "b.tif", "output": "b.mzt", "step": "skip"}]


def test_sources_are_deleted_when_nothing_is_lost(batch, photos, folder, photo):
    Image.fromarray(photo[:30, :40]).convert("CMYK").save(photos / "ink.tif")
    frames = [Image.fromarray(photo[row:][:30, :40]) for row in (0, 50)]
    frames[0].save(photos / "moving.webp", save_all=True, append_images=frames[1:], lossless=True)
    result = batch(photos, folder / "coded", "--delete-source", "--json", "-q", 90)
    found = facts(result)
    assert result.status == 0
    assert names(photos) == ["ink.tif", "moving.webp", "notes.txt"]
    assert (found["deleted"], [each["file"] for each in found["kept"]]) == (6, ["ink.tif", "moving.webp"])
    assert "CMYK" in found["kept"][0]["reason"]
    assert "frames" in found["kept"][1]["reason"]
    assert [each["file"] for each in found["warnings"]] == ["ink.tif", "moving.webp"]
    assert len(names(folder / "coded")) == 8
    back = batch("--decode", folder / "coded", folder / "back", "--delete-source")
    assert (back.status, names(folder / "coded"), len(names(folder / "back"))) == (0, [], 8)


def test_what_people_wrote_into_a_picture_is_not_deleted(batch, folder, photo):
    (folder / "photos").mkdir()
    image = Image.fromarray(photo[:30, :40])
    image.save(folder / "photos" / "a.jpg", comment="a cat")
    text = PngInfo()
    text.add_text("Author", "somebody")
    image.save(folder / "photos" / "b.png", pnginfo=text)
    iptc = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x78\0\x03cat"
    plain = (folder / "photos" / "a.jpg").read_bytes()
    with_iptc = plain[:2] + b"\xff\xed" + (len(iptc) + 2).to_bytes(2, "big") + iptc + plain[2:]
    (folder / "photos" / "c.jpg").write_bytes(with_iptc)
    image.save(folder / "photos" / "d.tif", tiffinfo={33723: b"\x1c\x02\x78\0\x03cat"})
    image.save(folder / "photos" / "e.png")
    found = facts(batch("photos", "coded", "--delete-source", "-q", 90, "--json"))
    assert names(folder / "photos") == ["a.jpg", "b.png", "c.jpg", "d.tif"]
    assert [each["reason"] for each in found["kept"]] == [
        "its comment would be lost",
        "its text 'Author' would be lost",
        "its IPTC data would be lost; its comment would be lost",
        "its IPTC data would be lost",
    ]


def test_lossless_keeps_16_bits_and_transparency(batch, folder, photo):
    (folder / "photos").mkdir()
    deep = np.arange(30 * 40, dtype=np.uint16).reshape(30, 40) * 50
    Image.fromarray(deep).save(folder / "photos" / "deep.png")
    clear = np.dstack([photo[:30, :40], photo[50:80, :40, 0]])
    Image.fromarray(clear).save(folder / "photos" / "clear.png")
    assert batch("photos", "coded", "--lossless", "--delete-source").status == 0
    assert names(folder / "photos") == []
    assert np.array_equal(mezzotint.decode((folder / "coded" / "deep.mzt").read_bytes()), deep)
    assert batch("--decode", "coded", "back", "--delete-source").status == 0
    assert names(folder / "coded") == []
    with Image.open(folder / "back" / "clear.png") as image:
        assert np.array_equal(np.asarray(image), clear)


def test_what_the_format_does_not_hold_is_not_deleted(batch, photos, folder):
    batch(photos, folder / "coded")
    result = batch("--decode", folder / "coded", folder / "back", "--format", "jpg", "--delete-source")
    assert "mzt: not deleted: b.mzt: JPEG does not hold every pixel of it\n" in result.err
    assert (result.status, len(names(folder / "coded"))) == (0, 6)


def test_stripped_sources_are_not_deleted(batch, folder, photo):
    (folder / "photos").mkdir()
    exif = Image.Exif()
    exif[0x010E] = "a cat"
    Image.fromarray(photo[:30, :40]).save(folder / "photos" / "a.png", exif=exif)
    Image.fromarray(photo[:30, :40]).save(folder / "photos" / "b.png")
    result = batch("photos", "coded", "--strip", "exif", "--delete-source", "-q", 90)
    assert names(folder / "photos") == ["a.png"]
    assert "mzt: not deleted: a.png: its EXIF is not kept whole\n" in result.err


def test_what_is_far_from_its_source_is_not_deleted(batch, folder):
    (folder / "photos").mkdir()
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "photos" / "noise.png")
    result = batch("photos", "coded", "-q", 0, "--delete-source")
    assert (
        "mzt: not deleted: noise.png: the decoded picture is far from it; choose a higher quality"
        in result.err
    )
    assert names(folder / "photos") == ["noise.png"]


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["nothing", "out"], 1, "nothing does not exist; check the path"),
        (["photos", "photos/a.png"], 1, "photos/a.png is not a folder; move what stands there, or choose"),
        (["photos", "out", "--format", "png"], 2, "--format is for --decode; add --decode, or leave it out"),
        (
            ["--decode", "photos", "out", "--lossless"],
            2,
            "--lossless is for encoding; leave it out, or leave",
        ),
        (
            ["--decode", "photos", "out", "--format", "xyz"],
            2,
            "no picture can be written as .xyz; let the name",
        ),
        (["photos", "out", "--lossless", "--max-error", "2"], 2, "lossless and max_error contradict"),
        (["photos", "out", "--jobs", "0"], 2, "Invalid value for '--jobs'"),
        (["photos"], 2, "Missing argument 'DST'"),
        (["photos", "out", "--model", "nothing.mztm"], 1, "nothing.mztm does not exist"),
        (["photos", "out", "--model", "photos/notes.txt"], 1, "it is not a Mezzotint model (.mztm)"),
    ],
)
def test_wrong_usage(mzt, photos, folder, arguments, status, error):
    result = mzt("batch", *arguments)
    assert (result.status, result.out) == (status, b"")
    assert result.err.startswith("mzt: ") and result.err.count("\n") == 1
    assert error in result.err
    assert names(folder / "out") == []


def test_names_of_any_bytes_are_told_on_one_line(batch, folder):
    (folder / "photos").mkdir()
    for name in (b"new\nline.png", b"not \xff utf-8.png"):
        with open(os.path.join(os.fsencode(folder / "photos"), name), "wb") as file:
            file.write(b"no picture")
    result = batch("photos", "coded")
    lines = result.err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("mzt: new\\nline.png: the file is not a picture")
    assert lines[1].startswith("mzt: not \\xff utf-8.png: the file is not a picture")
    assert batch("photos", "out\n\x1b[2J").err.splitlines()[-1].startswith(r"out\n\x1b[2J: 2 files, 2 failed")
    assert [each["file"] for each in facts(batch("photos", "coded", "--json"))["failed"]][
        1
    ] == "not \udcff utf-8.png"


def test_help_and_the_parent_load_nothing_heavy(photos, folder, tiny_model):
    """Workers do the work; a parent that holds no network stays small."""
    program = (
        "import sys; from mezzotint.cli.program import run\n"
        "if __name__ == '__main__':\n"
        "    run(['batch', '--help']); light = {'numpy', 'PIL', 'onnxruntime'} & set(sys.modules)\n"
        f"    status = run(['batch', 'photos', 'out', '--model', {str(tiny_model)!r}, '--quiet'])\n"
        "    sys.exit(f'{light} {status} {\"onnxruntime\" in sys.modules}')\n"
    )
    (folder / "program.py").write_text(program)
    found = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True)
    assert found.stderr == "set() 0 False\n"


MZT = [sys.executable, "-m", "mezzotint", "batch", "photos", "out", "--jobs", "2", "--model"]


def start(model: Path, *more: str) -> subprocess.Popen[str]:
    def hear() -> None:  # whoever runs the tests in the background may have closed their ears to Ctrl-C
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    command = [*MZT, str(model), *more]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=hear
    )


def until(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(photos, folder, photo, tiny_model, number, status):
    for index in range(120):  # a second of work, so that a late signal still comes before the end
        Image.fromarray(photo[index % 100 :][:200, :400]).save(photos / f"{index}.png", compress_level=0)
    with start(tiny_model) as run:
        until(lambda: len(names(folder / "out")) > 3)
        os.killpg(run.pid, number)
        _, err = run.communicate(timeout=30)
    assert run.returncode == status
    assert "the same command goes on" in err.splitlines()[0]
    assert "Traceback" not in err
    assert not list((folder / "out").rglob(".mzt-*"))
    assert 3 < len(names(folder / "out")) < 126
    if number == signal.SIGTERM:  # one is enough to see that it goes on
        return
    with start(tiny_model) as run:
        assert ": 126 files, 0 failed, " in run.communicate(timeout=60)[1]
    assert len(names(folder / "out")) == 126


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal of its own")
def test_a_terminal_sees_a_bar(photos, folder, photo, tiny_model):
    import fcntl
    import pty
    import struct
    import termios

    for index in range(24):  # long enough for a bar to move
        Image.fromarray(photo[index:]).save(photos / f"{index}.png", compress_level=0)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    with subprocess.Popen([*MZT, str(tiny_model)], stdout=theirs, stderr=theirs) as run:
        os.close(theirs)
        seen = b""
        while chunk := _from_terminal(ours):
            seen += chunk
    os.close(ours)
    assert run.returncode == 0
    lines = seen.decode().replace("\r", "\n").strip().splitlines()
    rates = re.compile(r"/30 \[.*( files/s|s/ files), .* MP/s, ")  # below one a second it is turned round
    assert any(rates.search(line) for line in lines)
    assert lines[-1].startswith("out: 30 files, 0 failed, 0 skipped, ")


def _from_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 12)
    except OSError:  # all who held the other end are gone
        return b""
